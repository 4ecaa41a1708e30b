"""The links of a section page that a CSS selector picks."""

from collections.abc import Iterator

import lxml.cssselect
import lxml.html

from syndication.collect.charset import decoded
from syndication.collect.folder.html_page import page_tree
from syndication.collect.links import absolute, shown
from syndication.collect.sitemap_file import MAX_URL
from syndication.collect.words import printable
from syndication.domain.page import ListedPage
from syndication.errors import CollectError

__all__ = ["read_section_page"]


def read_section_page(data: bytes, content_type: str, url: str, selector: str) -> tuple[ListedPage, ...]:
    """The pages that what `selector` picks leads to, in their order, each once.

    A picked element is a link, stands in one, or holds some. Raises CollectError when there is none: sites change their pages.
    """
    hint = "Look at the page's source and mend the source's selector."
    root = page_tree(printable(decoded(data, content_type)))
    if root is None:
        raise CollectError(f"{shown(url)} is empty.", "Check the source's url.")
    base = absolute(next((each.get("href") for each in root.iterfind(".//base[@href]")), ""), url) or url
    picked = lxml.cssselect.CSSSelector(selector, translator="html")(root)
    links = (absolute(link.get("href"), base).partition("#")[0] for each in picked for link in _links(each))
    pages = dict.fromkeys(link for link in links if link and link != url and len(link) <= MAX_URL)
    if not pages:
        raise CollectError(f"The selector finds no link on {shown(url)}.", hint)
    return tuple(ListedPage(url=page) for page in pages)


def _links(picked: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    inside = [each for each in picked.iter("a") if each.get("href")]
    above = (each for each in picked.iterancestors("a") if each.get("href"))
    yield from inside or above
