"""What an HTML file of a folder says about itself, in the fields that front matter has."""

import re

import lxml.etree
import lxml.html

from syndication.collect.folder.front_matter import FrontMatter
from syndication.collect.text.shallow import shallow

__all__ = ["page_body", "page_fields", "page_tree"]

_META = {
    "og:title": "title",
    "article:published_time": "published",
    "date": "published",
    "dcterms.date": "published",
    "article:modified_time": "updated",
    "author": "authors",
    "article:section": "section",
    "description": "summary",
    "og:description": "summary",
    "article:tag": "tags",
    "keywords": "tags",
    "og:url": "url",
    "og:image": "image",
    "og:image:alt": "image_alt",
}
_WHOLE_PAGE = re.compile(r"<(?:html|body|head)\b", re.IGNORECASE)


def page_fields(html: str) -> FrontMatter:
    """Title, times, authors and the rest from `<head>`, `<time>` and `<h1>`; empty for a fragment that says nothing."""
    root = page_tree(html)
    if root is None:
        return FrontMatter({})
    fields: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        name = _META.get((meta.get("property") or meta.get("name") or "").strip().lower())
        content = (meta.get("content") or "").strip()
        if name and content:
            values = fields.setdefault(name, [])
            if not values or name in {"tags", "authors"}:
                values.append(content)
    for name, path, attribute in (
        ("title", ".//h1", ""),
        ("title", ".//title", ""),
        ("published", ".//time[@datetime]", "datetime"),
        ("url", ".//link[@rel='canonical'][@href]", "href"),
    ):
        element = root.find(path)
        if name not in fields and element is not None:
            fields[name] = [element.get(attribute) if attribute else element.text_content()]
    if root.get("lang"):
        fields["language"] = [root.get("lang")]
    return FrontMatter({name: tuple(values) for name, values in fields.items()})


def page_body(html: str) -> str:
    """The article of a page: `<article>`, else `<main>`, else the body; a fragment is its own body."""
    if not _WHOLE_PAGE.search(html):
        return html
    root = page_tree(shallow(html))
    if root is None:
        return html
    for path in (".//article", ".//main", ".//body"):
        element = root.find(path)
        if element is not None:
            return str(lxml.html.tostring(element, encoding="unicode", with_tail=False))
    return html


def page_tree(html: str) -> lxml.html.HtmlElement | None:
    """The whole page as a tree, None when there is nothing in it. What nests deeper than 256 elements is lost."""
    try:  # as bytes: an XHTML page may declare an encoding that it no longer has
        return lxml.html.document_fromstring(html.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    except lxml.etree.ParserError:  # nothing in it
        return None
