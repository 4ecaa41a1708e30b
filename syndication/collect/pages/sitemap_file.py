"""Parse one file of a sitemap (sitemaps.org 0.9): pages or further files, with Google's news tags, or plain lines of URLs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import lxml.etree

from syndication.collect.article.choice import day_in
from syndication.collect.text.charset import decoded
from syndication.collect.text.dates import read_time
from syndication.collect.text.links import absolute
from syndication.collect.text.words import fold
from syndication.collect.text.xml import check_xml, repaired_xml
from syndication.domain.page import ListedPage
from syndication.errors import CollectError

MAX_PAGES = 50_000  # per file (sitemaps.org)
MAX_URL = 2_047  # characters (sitemaps.org)
_LINE = re.compile(rb"\s*https?://\S+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SitemapFile:
    """What a file lists: `files` if it is an index, else `pages`. `broken` is a clause on why it was only read in part."""

    pages: tuple[ListedPage, ...] = ()
    files: tuple[ListedPage, ...] = ()
    broken: str = ""


def read_sitemap_file(data: bytes, url: str, name: str, zone: ZoneInfo) -> SitemapFile:
    """Read the file `data`, which came from `url`, called `name` in errors. Times without a zone are in `zone`.

    Of a broken file the well-formed part is read. Raises CollectError when it is not a sitemap, declares entities or
    nests too deep.
    """
    if _LINE.match(data.removeprefix(b"\xef\xbb\xbf")):
        lines = data.decode("utf-8-sig", errors="replace").splitlines()[:MAX_PAGES]
        return SitemapFile(_pages([{"loc": line} for line in lines], url, zone))
    # Also for lxml, which fails at a numeric reference to half a surrogate pair.
    data = repaired_xml(decoded(data)).encode()
    check_xml(data, name)
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = lxml.etree.fromstring(data, parser)
    except lxml.etree.XMLSyntaxError:
        root = None
    kind = "" if root is None else _local(root)
    if kind not in {"urlset", "sitemapindex"}:
        raise CollectError(
            f"{name} is not a sitemap.", "Give the address of a sitemap; robots.txt often names it."
        )
    child = "url" if kind == "urlset" else "sitemap"
    entries = [_values(each) for each in root[:MAX_PAGES] if _local(each) == child]
    listed = _pages(entries, url, zone)
    broken = _broken(root, parser)
    return (
        SitemapFile(listed, broken=broken) if kind == "urlset" else SitemapFile(files=listed, broken=broken)
    )


def _broken(root: lxml.etree._Element, parser: lxml.etree.XMLParser) -> str:
    if len(root) > MAX_PAGES:
        return f"it lists more than {MAX_PAGES:,}"
    first = next(iter(parser.error_log), None)
    return f"line {first.line}: {first.message.rstrip('.')}" if first else ""


def _local(element: lxml.etree._Element) -> str:
    """Return the name without its namespace: sites use several for the same thing, or none."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _values(entry: lxml.etree._Element) -> dict[str, str]:
    """Return the texts of an entry by name, the first of each. `loc` is the entry's own, not an image's."""
    found: dict[str, str] = {}
    for element in entry.iter():
        name, above = _local(element), element.getparent()
        if name in {"loc", "lastmod"} and above is not entry:
            continue
        if name == "name" and _local(above) != "publication":
            continue
        if text := fold(element.text or ""):
            found.setdefault(name, text)
    return found


def _pages(entries: Iterable[Mapping[str, str]], base: str, zone: ZoneInfo) -> tuple[ListedPage, ...]:
    located = ((absolute(entry.get("loc", ""), base), entry) for entry in entries)
    return tuple(_page(url, entry, zone) for url, entry in located if url and len(url) <= MAX_URL)


def _page(url: str, values: Mapping[str, str], zone: ZoneInfo) -> ListedPage:
    stamp, published = values.get("lastmod", ""), values.get("publication_date", "")
    return ListedPage(
        url=url,
        stamp=stamp or published,
        dated=read_time(stamp or published or day_in(url), zone),
        title=values.get("title", "") if published else "",  # an image has a title, too
        published=published,
        language=values.get("language", ""),
    )
