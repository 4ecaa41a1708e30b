"""Find the article that a request in a log is for, however its address is written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from syndication.collect.text.links import without_tracking
from syndication.domain.article import ResolvedArticle
from syndication.domain.audience import LeftOut

_BOUND = 2**16  # cached paths
_INDEX = re.compile(r"/(?:(?:index|default)\.(?:html?|php|aspx?|jsp))?$", re.IGNORECASE)
_ASSET = re.compile(
    r"\.(?:css|m?js|map|json|xml|rss|atom|txt|ico|png|jpe?g|gif|webp|avif|svgz?|bmp|woff2?|ttf|otf|eot|mp[34]|m4[av]|webm|og[gv]|pdf|zip|gz|webmanifest)$",
    re.IGNORECASE,
)
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")  # how nginx writes what is not printable ASCII


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    host: str
    query: frozenset[tuple[str, str]]  # the parameters of its address, which a request must have


class ArticlePaths:
    """The pages of `articles` by path. `ids[n]` is the article number n; of two with the same address it is the newer."""

    def __init__(self, articles: Iterable[ResolvedArticle]) -> None:
        self.ids: list[str] = []
        self._pages: dict[str, list[_Page]] = {}
        self._plain: dict[bytes, int | LeftOut] = {}
        for article in sorted(articles, key=lambda article: (article.dated, article.tie), reverse=True):
            if article.url:
                self._add(article)

    def _add(self, article: ResolvedArticle) -> None:
        parts = urlsplit(without_tracking(article.url))
        path, query = _path(parts.path), frozenset(parse_qsl(parts.query, keep_blank_values=True))
        page = _Page(len(self.ids), _host(parts), query)
        pages = self._pages.setdefault(path, [])
        # A site's front page is not an article, whatever a source says.
        if (path or query) and not any(
            (other.host, other.query) == (page.host, page.query) for other in pages
        ):
            pages.append(page)
            self.ids.append(article.id)

    def find(self, target: bytes, host: str | None = None) -> int | LeftOut:
        """Return the number of the article that the request target (RFC 9112 §3.2) is for, or why there is none.

        `host` is the one that the log names. None: it names none, and the path alone decides.
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
        found = self._one_of(
            pages, parts.query, _host_name(host) if host is not None else _host(parts) or None
        )
        if isinstance(found, LeftOut) and not pages and _ASSET.search(path):
            found = LeftOut.ASSET
        if host is None and not parts.netloc and not any(page.query for page in pages):
            if len(self._plain) >= _BOUND:
                self._plain.clear()
            self._plain[target.partition(b"?")[0]] = found
        return found

    def _one_of(self, pages: list[_Page], query: str, host: str | None) -> int | LeftOut:
        parameters = (
            frozenset(parse_qsl(query, keep_blank_values=True))
            if any(page.query for page in pages)
            else frozenset()
        )
        meant = [page for page in pages if page.query <= parameters]
        if not meant:
            return LeftOut.NO_ARTICLE
        here = [page for page in meant if host is None or page.host == host]
        return max(here, key=lambda page: len(page.query)).number if here else LeftOut.HOST


def _path(path: str) -> str:
    """Normalise a path for comparison: percent-decoded, NFC, without `index.html`, trailing and double slashes."""
    plain = re.sub(r"/{2,}", "/", normalize("NFC", unquote(path)))
    return _INDEX.sub("", plain)


def _host(parts: SplitResult) -> str:
    return _host_name(parts.hostname or "")


def _host_name(host: str) -> str:
    """Normalise a host for comparison: without `www.` and port."""
    name = host.lower().strip(".")
    name = name.partition("]")[0].lstrip("[") if name.startswith("[") else name.partition(":")[0]
    return name.removeprefix("www.")
