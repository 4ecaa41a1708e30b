"""Which article a request of a log asks for, however its address is written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from syndication.collect.text.links import without_tracking
from syndication.domain.article import ResolvedArticle
from syndication.domain.audience import LeftOut

__all__ = ["ArticlePaths"]

_BOUND = 2**16  # remembered paths
_INDEX = re.compile(r"/(?:(?:index|default)\.(?:html?|php|aspx?|jsp))?$", re.IGNORECASE)
_ASSET = re.compile(
    r"\.(?:css|m?js|map|json|xml|rss|atom|txt|ico|png|jpe?g|gif|webp|avif|svgz?|bmp|woff2?|ttf|otf|eot|mp[34]|m4[av]|webm|og[gv]|pdf|zip|gz|webmanifest)$",
    re.IGNORECASE,
)
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")  # nginx writes so what is no printable ASCII


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    host: str
    asked: frozenset[tuple[str, str]]  # the parameters that make it this page and no other


class ArticlePaths:
    """The pages of `articles` by their paths. `ids[n]` is the article with the number n; of two with one address the newer."""

    def __init__(self, articles: Iterable[ResolvedArticle]) -> None:
        self.ids: list[str] = []
        self._pages: dict[str, list[_Page]] = {}
        self._plain: dict[bytes, int | LeftOut] = {}
        for article in sorted(articles, key=lambda article: (article.dated, article.tie), reverse=True):
            if article.url:
                self._add(article)

    def _add(self, article: ResolvedArticle) -> None:
        parts = urlsplit(without_tracking(article.url))
        path, asked = _path(parts.path), frozenset(parse_qsl(parts.query, keep_blank_values=True))
        page = _Page(len(self.ids), _host(parts), asked)
        pages = self._pages.setdefault(path, [])
        # A site's front page is nobody's article, whatever a source says.
        if (path or asked) and not any(
            (other.host, other.asked) == (page.host, page.asked) for other in pages
        ):
            pages.append(page)
            self.ids.append(article.id)

    def find(self, target: bytes, host: str | None = None) -> int | LeftOut:
        """The number of the article that the request target (RFC 9112 §3.2) means, or why there is none.

        `host` is the one that the log names, None where it names none: then the path alone decides.
        """
        if host is None and (known := self._plain.get(target.partition(b"?")[0])) is not None:
            return known
        text = _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), target).decode("utf-8", "replace")
        try:
            parts = urlsplit(f"/{text.lstrip('/')}" if text.startswith("//") else text)
        except ValueError:
            return LeftOut.NO_ARTICLE
        path = _path(parts.path)
        pages = self._pages.get(path, [])
        found = self._one_of(pages, parts.query, _bare(host) if host is not None else _host(parts) or None)
        if isinstance(found, LeftOut) and not pages and _ASSET.search(path):
            found = LeftOut.ASSET
        if host is None and not parts.netloc and not any(page.asked for page in pages):
            if len(self._plain) >= _BOUND:
                self._plain.clear()
            self._plain[target.partition(b"?")[0]] = found
        return found

    def _one_of(self, pages: list[_Page], query: str, host: str | None) -> int | LeftOut:
        asked = (
            frozenset(parse_qsl(query, keep_blank_values=True))
            if any(page.asked for page in pages)
            else frozenset()
        )
        meant = [page for page in pages if page.asked <= asked]
        if not meant:
            return LeftOut.NO_ARTICLE
        here = [page for page in meant if host is None or page.host == host]
        return max(here, key=lambda page: len(page.asked)).number if here else LeftOut.HOST


def _path(path: str) -> str:
    """A path as it is compared: percent-encoding undone, in one Unicode form, without `index.html`, closing and double slashes."""
    plain = re.sub(r"/{2,}", "/", normalize("NFC", unquote(path)))
    return _INDEX.sub("", plain)


def _host(parts: SplitResult) -> str:
    return _bare(parts.hostname or "")


def _bare(host: str) -> str:
    """A host as it is compared: without `www.` and port."""
    name = host.lower().strip(".")
    name = name.partition("]")[0].lstrip("[") if name.startswith("[") else name.partition(":")[0]
    return name.removeprefix("www.")
