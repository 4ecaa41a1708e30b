"""Parse HTML pages into lxml trees, and find their base address and body."""

import re

import lxml.etree
import lxml.html

from syndication.collect.text.foreign import ATTRIBUTES
from syndication.collect.text.links import absolute
from syndication.collect.text.shallow import shallow

# Elements that never hold anything, but that libxml2 does not know: it would take all that follows for their content.
_VOID = re.compile(rf"<(bgsound|embed|keygen|source|track|wbr)(?=[\s/>]){ATTRIBUTES}>", re.IGNORECASE)
_WHOLE_PAGE = re.compile(r"<(?:html|body|head)\b", re.IGNORECASE)


def closed(html: str) -> str:
    """Return `html` with an end tag for each void element that libxml2 does not know."""
    return _VOID.sub(r"\g<0></\1>", html)


def page_tree(html: str) -> lxml.html.HtmlElement | None:
    """Return the whole page as a tree, or None when it is empty. What nests deeper than 256 elements is lost."""
    try:  # as bytes: an XHTML page may declare an encoding that it no longer has
        return lxml.html.document_fromstring(
            closed(html).encode("utf-8", "replace"), parser=lxml.html.HTMLParser(encoding="utf-8")
        )
    except lxml.etree.ParserError:  # empty
        return None


def base_address(root: lxml.html.HtmlElement, url: str) -> str:
    """Return the address that the links of the page at `url` are relative to: its `<base>`, or `url`."""
    return absolute(next((base.get("href") for base in root.iterfind(".//base[@href]")), ""), url) or url


def page_body(html: str) -> str:
    """Return the article of a page: its `<article>`, else its `<main>`, else its body. A fragment is returned as it is."""
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
