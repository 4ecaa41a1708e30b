"""Read the ranked list on a page, found by a CSS selector or below its heading."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

import lxml.html
from cssselect import SelectorError
from lxml.cssselect import CSSSelector

from syndication.collect.hot.ranked_lines import is_heading, plain_rank, ranked_lines
from syndication.collect.http.fetch import Fetcher
from syndication.collect.text.charset import decoded
from syndication.collect.text.links import absolute, shown
from syndication.collect.text.page_tree import base_address, page_tree
from syndication.collect.text.shallow import shallow
from syndication.collect.text.words import fold
from syndication.domain.hotlist import HotLine, HotList
from syndication.errors import CollectError

# The likeliest headings first: the last ones may be menu entries that lead to a page with the list.
_HEADINGS = (
    ("h1", "h2", "h3", "h4", "h5", "h6", "caption", "legend", "dt"),
    ("strong", "b", "em", "span", "p", "div", "summary", "th"),
    ("button", "label", "li", "a"),
)
_LISTS = ("ol", "ul", "dl", "table")
_ITEMS = ("li", "tr", "dd")
_AT_LEAST = 2  # links that make a list
_AT_MOST = 100  # lines
_HINT = 'Name its list in [hot] selector, like "ol.most-read".'


async def fetch_hot_page(
    fetcher: Fetcher, url: str, selector: str, *, now: datetime, allow_private: bool
) -> HotList:
    """Fetch the page at `url` and read its list. Raises CollectError when the page cannot be fetched, or has no list."""
    fetched = await fetcher.fetch(url, now=now, accept="text/html, */*;q=0.5", allow_private=allow_private)
    if not fetched.body:
        raise CollectError(f"{shown(url)} is empty or gone.", "Check [hot] url.")
    html = decoded(fetched.body, fetched.content_type)
    lines = await asyncio.to_thread(read_hot_page, html, fetched.url, selector)
    return HotList("page", shown(fetched.url), lines)


def read_hot_page(html: str, url: str, selector: str = "") -> tuple[HotLine, ...]:
    """Read the list on the page that came from `url`: in the elements of `selector`, or the first list below a heading
    like "Most read".

    The first rank is 1. Ranks in the text are read by position (see `ranked_lines`), links are made absolute. Raises
    CollectError when there is no such list.
    """
    root = page_tree(shallow(html, drawings=False))
    if root is None:
        raise CollectError(f"{shown(url)} is empty.", "Check [hot] url.")
    for hidden in list(root.iter("script", "style", "template", "noscript")):
        hidden.drop_tree()
    if selector:
        found = _selected(root, selector)
        items = found if len(found) > 1 else [item for element in found for item in _items(element)]
        missing = f"The selector of [hot] finds no list on {shown(url)}."
    else:
        items = _below_heading(root)
        missing = f"There is no ranked list below a heading like “Most read” on {shown(url)}."
    lines = _lines(items, base_address(root, url))
    if not lines:
        raise CollectError(missing, _HINT)
    return lines


def _selected(root: lxml.html.HtmlElement, selector: str) -> list[lxml.html.HtmlElement]:
    try:
        return list(CSSSelector(selector, translator="html")(root))
    except SelectorError as error:
        raise CollectError(f"[hot] selector is not a CSS selector: {error}.", _HINT) from None


def _below_heading(root: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    for tags in _HEADINGS:
        for heading in root.iter(*tags):
            if is_heading(_own_text(heading)):
                for element in _following(heading):
                    if items := _list_in(element):
                        return items
    return []


def _own_text(element: lxml.html.HtmlElement) -> str:
    """Return the text of an element, empty if longer than a heading: a page's text is not built for each element."""
    text = ""
    for part in element.itertext():
        text += part
        if len(text.strip()) > 200:  # noqa: PLR2004 - including white space
            return ""
    return fold(text)


def _following(heading: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    """Yield the elements after the heading, the nearest first: its siblings, then those of its ancestors."""
    element = heading
    while element is not None:
        yield from element.itersiblings()
        element = element.getparent()


def _list_in(element: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """Return the items of the first list in `element`, or else of the first block with several links."""
    for found in element.iter(*_LISTS):
        items = _items(found)
        if len(items) >= _AT_LEAST:
            return items
    block = element
    while len(links := _links(block)) >= _AT_LEAST:
        inner = next((child for child in block if len(_links(child)) >= _AT_LEAST), None)
        if inner is None:
            return links
        block = inner
    return []


def _items(element: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """Return the items of a list: `<li>` and the like, else its links. If most items have a link, one without is a
    heading or an advertisement and is left out.
    """
    marked = [item for item in element.iter(*_ITEMS) if fold(item.text_content())]
    known = set(marked)
    outermost = [item for item in marked if known.isdisjoint(item.iterancestors())]
    linked = [item for item in outermost if _links(item)]
    return (linked if len(linked) * 2 >= len(outermost) else outermost) or _links(element)


def _links(element: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """Return the links in an element. Of several to one address (a picture, a title) the one with the longest text."""
    links: dict[str, lxml.html.HtmlElement] = {}
    for link in element.iter("a"):
        address = link.get("href") or ""
        if address and (address not in links or _length(link) > _length(links[address])):
            links[address] = link
    return list(links.values())


def _length(element: lxml.html.HtmlElement) -> int:
    return len(fold(element.text_content()))


def _lines(items: Sequence[lxml.html.HtmlElement], url: str) -> tuple[HotLine, ...]:
    titled = [(title, item) for item in items if (title := _title(item))][:_AT_MOST]
    titles = [title for title, _ in titled]
    # As on a saved page, ranks in the text are read by position. Two titles that happen to begin with numbers are not ranks.
    if all(plain_rank(title).startswith(str(rank)) for rank, title in enumerate(titles, start=1)):
        ranked = ranked_lines(titles)
        titles = [line.title for line in ranked] if len(ranked) == len(titles) else titles
    return tuple(
        HotLine(rank, title, _address(item, url))
        for rank, (title, (_, item)) in enumerate(zip(titles, titled, strict=True), start=1)
    )


def _title(item: lxml.html.HtmlElement) -> str:
    """Return a heading in the item, else its longest link, else its text, else the `alt` of its picture."""
    for heading in item.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        if text := fold(heading.text_content()):
            return text
    longest = max((fold(link.text_content()) for link in _links(item) or [item]), key=len)
    pictured = (fold(picture.get("alt") or "") for picture in item.iter("img"))
    return longest if any(map(str.isalpha, longest)) else next(filter(None, pictured), longest)


def _address(item: lxml.html.HtmlElement, url: str) -> str:
    around = [link for link in item.iterancestors("a") if link.get("href")]
    links = _links(item) or around
    return absolute(max(links, key=_length).get("href"), url) if links else ""
