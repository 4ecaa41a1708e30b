"""Article pages as content systems make them, in our own words."""

import json

__all__ = ["PARAGRAPHS", "article", "index", "news_sitemap", "sitemap"]

PARAGRAPHS = (
    "The ferry that ties the two halves of the harbour together will run through the night from the first of December, the port said on Friday.",
    "Bakers, nurses and the crews of the fish market had asked for it for years: the last boat leaves at ten, and the bridge is a walk of an hour.",
    "Two of the older boats get heated cabins. A ticket stays at one coin by day and becomes two after midnight, and dogs travel free as before.",
)


def article(
    title: str,
    *,
    published: str = "2026-11-18T09:30:00+09:00",
    head: str = "",
    body: str = "",
    **more: object,
) -> bytes:
    """A page with JSON-LD, a menu, a text and a foot. `more` goes into the JSON-LD."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title,
        "datePublished": published,
        **more,
    }
    text = body or "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{title} | Harbour Paper</title>"
        f"<script type='application/ld+json'>{json.dumps(data)}</script>{head}</head>"
        f"<body><nav><ul><li><a href='/'>Home</a></li><li><a href='/city'>City</a></li></ul></nav>"
        f"<main><article><h1>{title}</h1>{text}</article></main><footer>All rights reserved. Imprint. Contact.</footer></body></html>"
    ).encode()


def sitemap(*entries: tuple[str, str] | tuple[str, str, str]) -> bytes:
    """A urlset of (address, lastmod or nothing, further elements)."""
    rows = "".join(_entry("url", *each) for each in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {_SPACES}>{rows}</urlset>'.encode()


def index(*entries: tuple[str, str]) -> bytes:
    """A sitemap index of (address, lastmod or nothing)."""
    rows = "".join(_entry("sitemap", *each) for each in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?><sitemapindex {_SPACES}>{rows}</sitemapindex>'.encode()


def news_sitemap(address: str, title: str, published: str, language: str) -> bytes:
    """A news sitemap of one article."""
    news = (
        f"<news:news><news:publication><news:name>Harbour Paper</news:name><news:language>{language}</news:language></news:publication>"
        f"<news:publication_date>{published}</news:publication_date><news:title>{title}</news:title></news:news>"
    )
    return sitemap((address, "", news))


_SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def _entry(name: str, address: str, changed: str, more: str = "") -> str:
    stamp = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<{name}><loc>{address}</loc>{stamp}{more}</{name}>"
