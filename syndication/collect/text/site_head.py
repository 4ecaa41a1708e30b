"""What the head of a page says about its site: name, language, logo, feeds, WordPress API."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import lxml.html

from syndication.collect.text.charset import decoded
from syndication.collect.text.links import absolute
from syndication.collect.text.page_tree import base_address, page_tree
from syndication.collect.text.words import fold, language_tag

WORDPRESS = "https://api.w.org/"  # the link relation of its REST API
_FEEDS = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/json"}
)
_HEAD = 2**19  # bytes that are searched for the head; nothing after it is parsed
_LINK = re.compile(r"<([^<>]*)>([^<]*)")  # of a Link header (RFC 8288 §3)
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))", re.IGNORECASE)
_END = re.compile(rb"</head\s*>|<body\b", re.IGNORECASE)
_PUBLISHERS = frozenset({"Organization", "NewsMediaOrganization", "WebSite", "Corporation"})
_NOT_SHOWN = (".svg", ".ico")  # in mail programs


@dataclass(frozen=True, slots=True)
class SiteHead:
    """`url` is the page's own. `api` is the root of the WordPress API. Every field but `url` may be empty."""

    url: str
    title: str = ""
    language: str = ""
    logo: str = ""
    feeds: tuple[str, ...] = ()
    api: str = ""


def read_head(data: bytes, url: str, headers: Mapping[str, str]) -> SiteHead:
    """Read the head of the page `data`, which came from `url` with `headers` (lower-case names). Empty when it is not HTML."""
    api = _linked(headers.get("link", ""), url)
    root = _tree(data, headers.get("content-type", ""))
    if root is None:
        return SiteHead(url, api=api)
    base = base_address(root, url)
    links = [
        (each.get("rel", "").lower().split(), absolute(each.get("href", ""), base), each)
        for each in root.iter("link")
    ]
    metas = {
        (each.get("property") or each.get("name") or "").lower(): each.get("content", "")
        for each in root.iter("meta")
    }
    named = metas.get("og:site_name") or metas.get("application-name") or root.findtext(".//title") or ""
    logo = next(_logos(root, base), "") or next(
        (href for rel, href, _ in links if "apple-touch-icon" in rel and _is_picture(href)), ""
    )
    return SiteHead(
        url,
        title=fold(named),
        language=language_tag(root.get("lang", "")),
        logo=logo,
        feeds=tuple(
            dict.fromkeys(href for rel, href, each in links if href and "alternate" in rel and _is_feed(each))
        ),
        api=api or next((href for rel, href, _ in links if WORDPRESS in rel), ""),
    )


def _is_feed(link: Any) -> bool:
    """Return whether a link is a feed's. WordPress also links pages of its API as `application/json`."""
    kind = link.get("type", "").partition(";")[0].strip().lower()
    return kind in _FEEDS and (kind != "application/json" or "wp-json" not in link.get("href", ""))


def _linked(header: str, url: str) -> str:
    """Return the WordPress API that a Link header names, or an empty string."""
    for target, parameters in _LINK.findall(header):
        found = _REL.search(parameters)
        if found and WORDPRESS in (found[1] or found[2] or "").split():
            return absolute(target, url)
    return ""


def _tree(data: bytes, content_type: str) -> lxml.html.HtmlElement | None:
    end = _END.search(data, 0, _HEAD)
    return page_tree(decoded(data[: end.start() if end else _HEAD], content_type))


def _logos(root: lxml.html.HtmlElement, base: str) -> Iterator[str]:
    """Yield the logos named in schema.org descriptions of the site."""
    for script in root.iter("script"):
        if script.get("type", "").strip().lower() != "application/ld+json":
            continue
        try:
            data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        graph = data.get("@graph", [data]) if isinstance(data, dict) else data
        for thing in graph if isinstance(graph, list) else ():
            if isinstance(thing, dict) and _kinds(thing) & _PUBLISHERS:
                logo = thing.get("logo")
                src = logo.get("url") or logo.get("contentUrl") if isinstance(logo, dict) else logo
                if isinstance(src, str) and _is_picture(href := absolute(src, base)):
                    yield href


def _kinds(thing: dict[str, Any]) -> set[str]:
    kinds = thing.get("@type")
    return {kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)}


def _is_picture(url: str) -> bool:
    return bool(url) and not url.lower().partition("?")[0].endswith(_NOT_SHOWN)
