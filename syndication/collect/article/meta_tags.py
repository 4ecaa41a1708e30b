"""Facts from the elements of a page: OpenGraph, microdata, `<time>`, `<meta>` and headings."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import lxml.html

from syndication.collect.article.choice import FactOrigin, Facts
from syndication.collect.text.links import absolute
from syndication.domain.article import Image
from syndication.domain.hotlist import normalise_title

# The names of each field, the best first: the first that the page has is used.
_OPEN_GRAPH = {
    "kind": ("og:type",),
    "title": ("og:title",),
    "authors": ("article:author", "og:article:author", "book:author"),
    "published": (
        "article:published_time",
        "og:article:published_time",
        "og:published_time",
        "article:published",
    ),
    "updated": ("article:modified_time", "og:article:modified_time", "og:updated_time", "article:modified"),
    "section": ("article:section", "og:article:section", "og:section"),
    "tags": ("article:tag", "og:article:tag"),
    "language": ("og:locale",),
    "url": ("og:url",),
    "site": ("og:site_name",),
    "summary": ("og:description",),
}
_META = {
    "title": ("headline", "parsely-title", "sailthru.title", "dc.title", "dcterms.title", "twitter:title"),
    "authors": (
        "author",
        "byl",
        "parsely-author",
        "sailthru.author",
        "dc.creator",
        "dcterms.creator",
        "byline",
    ),
    "published": (
        "parsely-pub-date",
        "sailthru.date",
        "pubdate",
        "publishdate",
        "publish-date",
        "publish_date",
        "date_published",
        "dc.date.issued",
        "dcterms.created",
        "dcterms.date",
        "dc.date",
        "dc.date.created",
        "originalpublicationdate",
        "article_date_original",
        "datepublished",
        "ptime",
        "pdate",
        "cxenseparse:recs:publishtime",
        "rnews:datepublished",
        "date",
    ),
    "updated": (
        "last-modified",
        "lastmod",
        "dcterms.modified",
        "dc.date.modified",
        "revised",
        "utime",
        "datemodified",
    ),
    "section": ("section", "parsely-section", "cg", "article.section", "category"),
    "tags": ("news_keywords", "parsely-tags", "sailthru.tags", "keywords"),
    "language": ("content-language", "language", "dc.language"),
    "site": ("application-name", "publisher", "dc.publisher", "cre"),
    "summary": ("description", "dc.description", "twitter:description", "sailthru.description"),
}
_MICRODATA = {
    "title": ("headline",),
    "authors": ("author", "creator"),
    "published": ("datepublished", "datecreated"),
    "updated": ("datemodified",),
    "section": ("articlesection",),
    "tags": ("keywords",),
    "language": ("inlanguage",),
    "summary": ("description",),
}
_SEVERAL = {"authors", "tags"}
_HEADLINE = 8  # characters: shorter ones are names of sections
_LONG_NAME = 100  # characters
_MAX_VALUES = 50  # of one name
_MAX_TEXT = 2_000  # characters of one
_MAX_ELEMENTS = 2_000  # of one kind that are examined
_TIME_MARKS = re.compile(r"publi|date|posted|entry|article|dateline|timestamp", re.IGNORECASE)
_ASIDE = frozenset({"aside", "nav", "footer"})
_ARTICLE_TYPE = re.compile(r"schema\.org/(\w*(?:Article|BlogPosting))\b", re.IGNORECASE)


def read_elements(root: lxml.html.HtmlElement, url: str) -> dict[FactOrigin, Facts]:
    """Return the facts of each origin in the page `root`. Addresses are resolved against `url`."""
    named = _named(root)
    return {
        FactOrigin.OPEN_GRAPH: _facts(
            named, _OPEN_GRAPH, url, ("og:image:secure_url", "og:image:url", "og:image"), "og:image"
        ),
        FactOrigin.MICRODATA: _microdata(root, url),
        FactOrigin.TIME: Facts(published=_time(root)),
        FactOrigin.META: _meta(root, named, url),
        FactOrigin.HEADING: Facts(title=_heading(root), authors=tuple(_signed(root))),
    }


def _named(root: lxml.html.HtmlElement) -> dict[str, list[str]]:
    """Return the contents of every `<meta>`, by its lower-case name."""
    found: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("http-equiv") or "").strip().lower()
        content = (meta.get("content") or meta.get("value") or "").strip()
        content = content[:_MAX_TEXT]
        if name and content and len(values := found.setdefault(name, [])) < _MAX_VALUES:
            values.append(content)
    return found


def _facts(
    named: dict[str, list[str]],
    names: dict[str, tuple[str, ...]],
    url: str,
    images: tuple[str, ...] = (),
    image: str = "",
) -> Facts:
    values: dict[str, object] = {}
    for field, spellings in names.items():
        found = next((named[name] for name in spellings if name in named), [])
        if field == "authors":
            found = [value for value in found if not re.match(r"(?:https?:)?//|www\.", value)]
        elif field == "tags" and len(found) == 1:
            found = re.split(r"[,;]", found[0])
        if found:
            values[field] = tuple(found) if field in _SEVERAL else found[0]
    if isinstance(kind := values.get("kind"), str):
        values["kind"] = kind.lower()
    if isinstance(address := values.get("url"), str):
        values["url"] = absolute(address, url)
    src = next((named[name][0] for name in images if name in named), "")
    if src:
        width, height = (_pixels(named.get(f"{image}:{side}", [""])[0]) for side in ("width", "height"))
        values["image"] = Image(src, named.get(f"{image}:alt", [""])[0], width, height)
    return Facts(**values)  # type: ignore[arg-type] # by the names of the tables above


def _meta(root: lxml.html.HtmlElement, named: dict[str, list[str]], url: str) -> Facts:
    facts = _facts(
        named, _META, url, ("twitter:image", "twitter:image:src", "parsely-image-url", "thumbnail")
    )
    links = {link.get("rel", "").strip().lower(): link.get("href", "") for link in root.iter("link")}
    image = facts.image or (Image(links["image_src"]) if links.get("image_src") else None)
    language = (
        root.get("lang")
        or root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or root.get("xml:lang")
        or ""
    ).strip()
    return replace(
        facts, url=absolute(links.get("canonical", ""), url), image=image, language=language or facts.language
    )


def _microdata(root: lxml.html.HtmlElement, url: str) -> Facts:
    """Read the `itemprop` of the first schema.org article in the page, or of the whole page when there is none."""
    scope, kind = root, ""
    for element in islice(root.iterfind(".//*[@itemtype]"), _MAX_ELEMENTS):
        if found := _ARTICLE_TYPE.search(element.get("itemtype", "")):
            scope, kind = element, found[1].lower()
            break
    named: dict[str, list[str]] = {}
    for element in islice(scope.iterfind(".//*[@itemprop]"), _MAX_ELEMENTS):
        if not _is_of(element, scope):
            continue
        for name in element.get("itemprop", "").lower().split():
            if (value := _value(element)) and len(values := named.setdefault(name, [])) < _MAX_VALUES:
                values.append(value)
    facts = _facts(named, _MICRODATA, url, ("image",))
    return (
        replace(facts, kind=kind) if kind or named.get("headline") or named.get("datepublished") else Facts()
    )


def _is_of(element: lxml.html.HtmlElement, scope: lxml.html.HtmlElement) -> bool:
    """Return whether no other item is in between: a comment's author is not the article's."""
    for above in element.iterancestors():
        if above is scope:
            return True
        if "itemscope" in above.attrib:
            return False
    return True


def _value(element: lxml.html.HtmlElement) -> str:
    if "itemscope" in element.attrib:  # a Person or an ImageObject
        inner = element.find(".//*[@itemprop='name']")
        if inner is None:
            inner = element.find(".//*[@itemprop='url']")
        if inner is not None:
            element = inner
    for name in ("content", "datetime", "src", "href"):
        if (value := element.get(name)) and not (
            name == "href" and element.get("itemprop") in {"author", "name", "creator"}
        ):
            return str(value).strip()[:_MAX_TEXT]
    return " ".join(str(element.text_content()).split())[:500]


def _time(root: lxml.html.HtmlElement) -> str:
    """Return the `<time>` marked as publication time, else the first in an `<article>`, else the page's only one."""
    times = [time for time in islice(root.iter("time"), _MAX_ELEMENTS) if _when(time) and not _in_aside(time)]
    for time in times:
        marks = " ".join((time.get("itemprop", ""), time.get("class", ""), time.get("id", "")))
        if "pubdate" in time.attrib or re.search(r"publi", marks, re.IGNORECASE):
            return _when(time)
    inside = [time for time in times if any(above.tag == "article" for above in time.iterancestors())]
    marked = [time for time in times if _TIME_MARKS.search(time.get("class", ""))]
    best = inside or marked or (times if len(times) == 1 else [])
    return _when(best[0]) if best else ""


def _when(time: lxml.html.HtmlElement) -> str:
    return (time.get("datetime") or time.get("content") or "").strip()


def _in_aside(element: lxml.html.HtmlElement) -> bool:
    return any(
        above.tag in _ASIDE or "comment" in (above.get("class") or "").lower()
        for above in element.iterancestors()
    )


def _heading(root: lxml.html.HtmlElement) -> str:
    """Return the first heading that is in the `<title>`, else the only `<h1>`, else the `<title>`."""
    title = (root.findtext(".//title") or "")[:_MAX_TEXT]
    whole = normalise_title(title)
    headings = [
        (each.tag, text)
        for each in islice(root.iter("h1", "h2", "h3"), _MAX_VALUES)
        if (text := " ".join(each.text_content().split())[:_MAX_TEXT])
    ]
    repeated = [text for _, text in headings if len(text) >= _HEADLINE and normalise_title(text) in whole]
    firsts = {text for tag, text in headings if tag == "h1"}
    return repeated[0] if repeated else firsts.pop() if len(firsts) == 1 else title


def _signed(root: lxml.html.HtmlElement) -> Iterator[str]:
    """Yield the names of the links to the authors' pages (`rel="author"`)."""
    for link in islice(root.iterfind(".//a[@rel]"), _MAX_ELEMENTS):
        name = " ".join(link.text_content().split())
        if "author" in link.get("rel", "").lower().split() and len(name) < _LONG_NAME and not _in_aside(link):
            yield name


def _pixels(text: str) -> int:
    digits = re.match(r"\s*(\d{1,6})", text)
    return int(digits[1]) if digits else 0
