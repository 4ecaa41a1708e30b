"""Sanitise HTML from outside: the result is HTML that `nh3.clean` leaves unchanged, with absolute links.

The first pass (nh3, html5ever) makes a balanced tree of allowed tags, in which links, images and embeds are then
rewritten; the last pass sanitises the result.
"""

import re
from collections.abc import Callable
from html import escape

import lxml.html
import nh3

from syndication.collect.text.links import absolute
from syndication.collect.text.page_tree import closed
from syndication.collect.text.pictures import best_candidate
from syndication.collect.text.shallow import shallow
from syndication.collect.text.words import printable
from syndication.domain.text import plain

MAX_CHARACTERS = 1_000_000  # of one article, without inline images (`data:`)

ImageAddress = Callable[[str], str]
"""Maps an image's `src` to an absolute URL or `media/NAME`, or to an empty string to leave the image out."""

_TAGS = frozenset(nh3.ALLOWED_TAGS - {"area", "map"})
_LAZY = (
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-lazy",
    "data-actualsrc",
    "data-hires",
    "data-url",
)
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "data-original-set")
_EMBEDS = frozenset({"audio", "embed", "iframe", "object", "video"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt")
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
_UNREAD = {
    "script",
    "style",
    "noscript",
    "noembed",
    "noframes",
    "title",
    "textarea",
    "template",
    "select",
    "datalist",
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_FIRST_ATTRIBUTES: dict[str, set[str]] = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "img": {
        "src",
        "srcset",
        "alt",
        "width",
        "height",
        "style",
        "hidden",
        "data-noscript",
        *_LAZY,
        *_LAZY_SETS,
    },
    "source": {"src", "srcset", *_LAZY, *_LAZY_SETS},
    **{tag: {"src", "data", "poster", "title", "aria-label", "type", *_LAZY} for tag in _EMBEDS},
}
_FIRST = nh3.Cleaner(
    tags=set(_TAGS | _EMBEDS | {"button", "picture", "source"}),
    clean_content_tags=_UNREAD,
    attributes=_FIRST_ATTRIBUTES,
    url_schemes=_SCHEMES,
    link_rel=None,
)
_LAST = nh3.Cleaner(tags=set(_TAGS), url_schemes=_SCHEMES)
_DATA_URI = re.compile(r"data:[a-z0-9/+.-]+;base64,[A-Za-z0-9+/=\s]{200,}", re.IGNORECASE)
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TRACKERS = re.compile(
    r"^https?://(?:pixel\.wp\.com/|stats\.wordpress\.com/|feeds\.feedburner\.com/~|feeds\.wordpress\.com/1\.0/"
    r"|[^/]*\.doubleclick\.net/|www\.google-analytics\.com/|www\.facebook\.com/tr\b|sb\.scorecardresearch\.com/"
    r"|b\.scorecardresearch\.com/|counter\.theconversation\.com/|rss\.buysellads\.com/|pi\.feedsportal\.com/)",
    re.IGNORECASE,
)


def clean(html: str, base: str = "", image_address: ImageAddress | None = None) -> str:
    """Return `html` sanitised, with links absolute against `base`.

    `nh3.clean(result) == result`. Scripts, handlers, `javascript:`, forms and tracking pixels are removed, embeds
    become links, and lazy images normal ones. Text beyond `MAX_CHARACTERS` is cut off. `image_address` maps the images; by
    default they become absolute, too.
    """
    text = _DATA_URI.sub("", printable(html)) if ";base64," in html else printable(html)
    safe = _FIRST.clean(shallow(text[:MAX_CHARACTERS]))
    if "<" in safe:
        safe = _rewritten(printable(safe), base, image_address or (lambda src: absolute(src, base)))
    return _settled(safe)


def words_of(html: str) -> str:
    """Return the text of a line of HTML from outside, such as a title, without its markup."""
    return plain(nh3.clean(printable(html[:MAX_CHARACTERS]), tags=set()))


def first_image(content: str) -> tuple[str, str]:
    """Return `src` and `alt` of the first image in cleaned HTML, or two empty strings."""
    if "<img" not in content:
        return "", ""
    image = lxml.html.fragment_fromstring(content, create_parent="div").find(".//img[@src]")
    return ("", "") if image is None else (image.get("src", ""), image.get("alt", ""))


def _rewritten(safe: str, base: str, image_address: ImageAddress) -> str:
    root = lxml.html.fragment_fromstring(closed(safe), create_parent="div")
    for element in list(root.iter("button", "picture", *_EMBEDS)):
        if any(above is root for above in element.iterancestors()):  # else removed with its parent
            _unwrap(element, base)
    _place_images(root, image_address)
    for element in root.iter():
        if element.tag == "pre" and element.text:
            element.text = element.text.lstrip("\n")  # HTML drops one at each parse
        for name in ("href", "cite"):
            if name in element.attrib:
                _absolute_attribute(element, name, base)
    return "".join([escape(root.text or "", quote=False), *(_markup(child) for child in root)])


def _place_images(root: lxml.html.HtmlElement, image_address: ImageAddress) -> None:
    """Give each image its address, and remove those that nobody sees."""
    for image in list(root.iter("img")):
        _without_stand_in(image)
    previous = ""
    for image in list(root.iter("img")):
        source = "" if _is_pixel(image) else image_address(_source(image))
        if not source or source == previous or _TRACKERS.match(source):
            image.drop_tree()
            continue
        previous = source
        image.set("src", source)
        for name in ("srcset", "style", "hidden", "data-noscript", *_LAZY, *_LAZY_SETS):
            image.attrib.pop(name, None)


def _unwrap(element: lxml.html.HtmlElement, base: str) -> None:
    """Replace what a mail cannot show: a `<picture>` by its `<img>`, a button in a heading by its words, an embed by a link."""
    if element.tag == "button":
        heads = next(element.iterancestors(*_HEADINGS), None) is not None
        element.drop_tag() if heads else element.drop_tree()
    elif element.tag == "picture":
        image = element.find(".//img")
        sources = list(element.iter("source"))
        if image is not None and not _source(image):
            image.set("src", next(filter(None, map(_source, sources)), ""))
        for each in sources:
            each.drop_tree()
        element.drop_tag()
    else:
        _link_instead(element, base)


def _without_stand_in(image: lxml.html.HtmlElement) -> None:
    """Remove the picture before one of a `<noscript>`: it only holds the place until a script has loaded that one."""
    before = image.getprevious()
    if (
        "data-noscript" in image.attrib
        and before is not None
        and before.tag == "img"
        and not (before.tail or "").strip()
    ):
        if not image.get("alt"):
            image.set("alt", before.get("alt", ""))
        before.drop_tree()


def _markup(element: lxml.html.HtmlElement) -> str:
    return str(lxml.html.tostring(element, encoding="unicode"))


def _absolute_attribute(element: lxml.html.HtmlElement, name: str, base: str) -> None:
    schemes = ("http", "https", "mailto", "tel") if name == "href" else ("http", "https")
    if url := absolute(element.get(name), base, schemes=schemes):
        element.set(name, url)
    else:
        del element.attrib[name]


def _source(image: lxml.html.HtmlElement) -> str:
    """Return the address of the picture that a visitor would see: lazy loading keeps it in another attribute than `src`."""
    for name in _LAZY:
        if value := image.get(name, "").strip():
            return str(value)
    for name in _LAZY_SETS:
        if value := best_candidate(image.get(name, "")):
            return value
    value = str(image.get("src", "").strip())
    return best_candidate(image.get("srcset", "")) if not value or value.startswith("data:") else value


def _is_pixel(image: lxml.html.HtmlElement) -> bool:
    sizes = [image.get(name, "").strip().removesuffix("px") for name in ("width", "height")]
    return (
        any(size in {"0", "1"} for size in sizes)
        or "hidden" in image.attrib
        or _UNSEEN.search(image.get("style", "")) is not None
    )


def _link_instead(element: lxml.html.HtmlElement, base: str) -> None:
    """Replace an iframe, video or player by a link to what it would show, an `<object>` without address by its content."""
    target = ""
    for candidate in (element, *element.iter("source")):
        for name in (*_LAZY, "src", "data"):
            target = target or absolute(candidate.get(name, ""), base)
    if not target:
        element.drop_tag() if element.tag == "object" else element.drop_tree()
        return
    poster = absolute(element.get("poster", ""), base)
    title = (element.get("title") or element.get("aria-label") or "").strip()
    kind, tail = element.get("type", ""), element.tail
    element.clear()
    element.tail = tail
    if element.tag in {"embed", "object"} and (kind.startswith("image/") or _PICTURE_FILE.search(target)):
        element.tag = "img"
        element.set("src", target)
        element.set("alt", title)
        return
    element.tag = "a"
    element.set("href", target)
    if poster:
        lxml.html.etree.SubElement(element, "img", {"src": poster, "alt": title})
    else:
        element.text = title or target.split("/")[2]


def _settled(html: str) -> str:
    """Sanitise until nothing changes: some markup only becomes dangerous at the second parse (mutation XSS)."""
    for _ in range(4):
        html = printable(_LAST.clean(html))
        if nh3.clean(html) == html:
            return html
    return f"<p>{nh3.clean(nh3.clean(html, tags=set()))}</p>"
