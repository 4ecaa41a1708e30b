"""Sitemaps (https://www.sitemaps.org/protocol.html) and the news sitemap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from syndication.publish.characters import printable, uri

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_MOST_NEWS = 1_000  # articles (Google)
_LONGEST = 2_047  # characters of an address (sitemaps.org)
_TRADITIONAL = frozenset({"hant", "hk", "mo", "tw"})  # subtags of Chinese


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a sitemap. `changed` is zone-aware, or None if unknown."""

    url: str
    changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """One article of the news sitemap. `language` is BCP 47."""

    url: str
    title: str
    published: datetime
    language: str


def same_site(url: str, *homes: str) -> bool:
    """Return whether `url` is on the host of one of `homes`: a sitemap is valid for its own site only."""
    return _host(url) in {_host(home) for home in homes}


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def sitemap(pages: Sequence[Page]) -> bytes:
    """Write the pages in their order, without addresses that are too long for a sitemap; empty if none is left, as XML without one is invalid."""
    return _written("urlset", "url", pages)


def sitemap_index(sitemaps: Sequence[Page]) -> bytes:
    """Write the index of sitemaps, in their order."""
    return _written("sitemapindex", "sitemap", sitemaps)


def _written(root_name: str, name: str, pages: Sequence[Page]) -> bytes:
    from lxml import etree

    root = etree.Element(f"{{{_SITEMAP}}}{root_name}", nsmap={None: _SITEMAP})
    for page in pages:
        if len(address := uri(page.url)) > _LONGEST:
            continue
        element = etree.SubElement(root, f"{{{_SITEMAP}}}{name}")
        etree.SubElement(element, f"{{{_SITEMAP}}}loc").text = address
        if page.changed:
            etree.SubElement(element, f"{{{_SITEMAP}}}lastmod").text = _time(page.changed)
    return _bytes(root)


def news_sitemap(articles: Sequence[News], *, publication: str, language: str) -> bytes:
    """Write the articles in their order, 1,000 at most. The caller passes those of the last 48 hours. Addresses as in `sitemap`, empty as there."""
    from lxml import etree

    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP, "news": _NEWS})
    for article in articles[:_MOST_NEWS]:
        if len(address := uri(article.url)) > _LONGEST:
            continue
        element = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        etree.SubElement(element, f"{{{_SITEMAP}}}loc").text = address
        news = etree.SubElement(element, f"{{{_NEWS}}}news")
        paper = etree.SubElement(news, f"{{{_NEWS}}}publication")
        etree.SubElement(paper, f"{{{_NEWS}}}name").text = printable(publication)
        etree.SubElement(paper, f"{{{_NEWS}}}language").text = _iso_639(article.language or language)
        etree.SubElement(news, f"{{{_NEWS}}}publication_date").text = _time(article.published)
        etree.SubElement(news, f"{{{_NEWS}}}title").text = printable(article.title).strip() or address
    return _bytes(root)


def _iso_639(language: str) -> str:
    """Return a BCP 47 tag as the news sitemap writes it: two or three letters, and two names for the scripts of Chinese."""
    first, *others = language.lower().split("-")
    if first == "zh":
        return "zh-tw" if _TRADITIONAL & set(others) else "zh-cn"
    return first


def _time(time: datetime) -> str:
    return time.replace(microsecond=0).isoformat()


def _bytes(root: Any) -> bytes:
    from lxml import etree

    if not len(root):
        return b""
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return data + b"\n"
