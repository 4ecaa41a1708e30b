"""What a site offers to be collected, found from its address alone: its WordPress API, its feeds, its sitemap; and its own facts."""

import asyncio
import json
import re
import zlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from syndication.collect.feeds.entry import FeedArticles
from syndication.collect.feeds.feed import read_feed
from syndication.collect.http.fetch import Fetched, Fetcher
from syndication.collect.http.guard import PrivateAddressError
from syndication.collect.text.links import shown
from syndication.collect.text.site_head import SiteHead, read_head
from syndication.collect.text.words import fold
from syndication.collect.wordpress.api import posts_address
from syndication.domain.article import ParsedArticle, Source, SourceKind
from syndication.domain.publication import Publication
from syndication.domain.text import counted, plain
from syndication.errors import CollectError

__all__ = ["Offer", "SiteOffers", "site_offers"]

_FEEDS = (
    "feed/",
    "rss.xml",
    "atom.xml",
    "feed.xml",
    "feed.json",
    "rss/",
    "index.xml",
)  # where they often are
_SITEMAPS = ("sitemap.xml", "sitemap_index.xml", "news-sitemap.xml")
_MOST = 5  # of each kind that are looked at
_LONG = 600  # characters of an article that is more than its beginning
_SITEMAP_LINE = re.compile(rb"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_SITEMAP_ROOT = re.compile(rb"<(?:\w+:)?(urlset|sitemapindex)[\s/>]")
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to collect the site. `said` is what it holds, in a few words; `full`: whole articles rather than beginnings."""

    kind: SourceKind
    url: str
    said: str
    full: bool = True


@dataclass(frozen=True, slots=True)
class SiteOffers:
    """`url` is the site's front page. `timezone` is empty when the site does not say. `offers` are there, the best first."""

    url: str
    title: str
    language: str = ""
    timezone: str = ""
    logo: str = ""
    offers: tuple[Offer, ...] = ()


async def site_offers(url: str, fetcher: Fetcher, *, now: datetime, allow_private: bool) -> SiteOffers:
    """What the site at `url` (a page of it, or a feed) offers. Raises CollectError when it cannot be had or offers nothing."""
    survey = _Survey(fetcher, now, allow_private=allow_private)
    first = await survey.first(url if "://" in url else f"https://{url}")
    own = await survey.feed(first)
    page = first if own is None else await survey.get(urljoin(first.url, "/"))
    home = page.url if page else urljoin(first.url, "/")
    head = read_head(page.body, page.url, page.headers) if page else SiteHead(home)
    api = await survey.wordpress(head, page.body if page else b"")
    feeds = [own] if own else await survey.feeds(head)
    sitemap = await survey.sitemap(home)
    offers = [
        offer for offer in (api.offer, *sorted(feeds, key=lambda each: not each.full), sitemap) if offer
    ]
    if not offers:
        raise CollectError(
            f"{shown(url)} names no feed, no sitemap and no WordPress API.",
            "If it has a feed, give the feed's own address.",
        )
    return SiteOffers(
        home,
        api.title or head.title or urlsplit(home).hostname or "",
        head.language,
        api.timezone,
        head.logo,
        tuple(dict.fromkeys(offers)),
    )


@dataclass(frozen=True, slots=True)
class _Api:
    offer: Offer | None = None
    title: str = ""
    timezone: str = ""


class _Survey:
    """Asks a site. What cannot be had is not offered."""

    def __init__(self, fetcher: Fetcher, now: datetime, *, allow_private: bool) -> None:
        self._fetcher = fetcher
        self._now = now
        self._allow_private = allow_private

    async def first(self, url: str) -> Fetched:
        """The address that somebody gave. Raises CollectError."""
        try:
            return await self._fetcher.fetch(url, now=self._now, allow_private=self._allow_private)
        except PrivateAddressError as error:
            hint = "Add --allow-private if it is meant to be inside your network."
            raise CollectError(error.message, hint) from error
        except CollectError as error:
            raise CollectError(error.message, "Check the address, and try again.") from error

    async def get(self, url: str) -> Fetched | None:
        """An address that was found or guessed."""
        try:
            fetched = await self._fetcher.fetch(
                url, now=self._now, allow_private=self._allow_private, found=True
            )
        except CollectError:
            return None
        return fetched if fetched.body else None

    async def feed(self, fetched: Fetched) -> Offer | None:
        """The feed that was fetched, if it is one and holds anything."""
        source = Source("site", SourceKind.FEED, fetched.url)
        nobody = Publication("", "", "", _UTC, "", "", "")
        found = FeedArticles(source, nobody, now=self._now)
        try:
            await asyncio.to_thread(read_feed, fetched.body, fetched.content_type, fetched.url, found)
        except CollectError:
            return None
        articles = found.articles
        if not articles:
            return None
        full = sum(len(plain(each.content)) > _LONG for each in articles) * 2 > len(articles)
        said = f"{counted(len(articles), 'entry', 'entries')}{_newest(articles)}, {'whole texts' if full else 'beginnings only'}"
        return Offer(SourceKind.FEED, fetched.url, said, full)

    async def feeds(self, head: SiteHead) -> list[Offer]:
        """The feeds that the page links to, else those at the usual places."""
        linked = [link.url for link in head.feeds if "comments" not in link.url][:_MOST]
        for addresses in (linked, [urljoin(head.url, path) for path in _FEEDS]):
            found = [offer async for offer in self._read_all(addresses)]
            if found:
                return list({offer.url: offer for offer in found}.values())
        return []

    async def _read_all(self, addresses: Iterable[str]) -> AsyncIterator[Offer]:
        for fetched in await asyncio.gather(*map(self.get, addresses)):
            if fetched and (offer := await self.feed(fetched)):
                yield offer

    async def wordpress(self, head: SiteHead, body: bytes) -> _Api:
        """The site's WordPress API; it is guessed only for a page that looks like WordPress's."""
        root = head.api or (urljoin(head.url, "wp-json/") if b"/wp-content/" in body else "")
        posts = (
            await self.get(f"{posts_address(root)}{'&' if '?' in root else '?'}per_page=1") if root else None
        )
        if posts is None or not isinstance(_json(posts), list):
            return _Api()
        index = await self.get(root)
        told = _json(index) if index else None
        facts = told if isinstance(told, dict) else {}
        total = posts.headers.get("x-wp-total", "")
        said = counted(int(total), "post") if total.isascii() and total.isdigit() else "posts"
        offer = Offer(SourceKind.WORDPRESS, head.url, f"{said}, with authors, categories and pictures")
        return _Api(offer, fold(plain(str(facts.get("name") or ""))), _timezone(facts))

    async def sitemap(self, home: str) -> Offer | None:
        """The first sitemap that robots.txt names, else at the usual places; one for news goes first."""
        try:
            rules = await self._fetcher.fetch(
                urljoin(home, "/robots.txt"), now=self._now, allow_private=self._allow_private
            )
            named = [
                urljoin(home, found.decode(errors="replace")) for found in _SITEMAP_LINE.findall(rules.body)
            ]
        except CollectError:
            named = []
        named.sort(key=lambda url: "news" not in url)
        for url in (*named[:_MOST], *(urljoin(home, f"/{name}") for name in _SITEMAPS)):
            fetched = await self.get(url)
            root = _SITEMAP_ROOT.search(_unpacked(fetched.body)) if fetched else None
            if fetched and root:
                said = "an index of sitemaps" if root[1] == b"sitemapindex" else "a list of pages"
                return Offer(SourceKind.SITEMAP, fetched.url, said)
        return None


def _newest(articles: Iterable[ParsedArticle]) -> str:
    times = [article.published for article in articles if article.published]
    return f", the newest of {max(times):%Y-%m-%d}" if times else ""


def _json(fetched: Fetched) -> Any:
    try:
        return json.loads(fetched.body)
    except (ValueError, RecursionError):
        return None


def _timezone(facts: dict[str, Any]) -> str:
    """The site's zone by its name; one that is only so many hours from UTC by a name that means that (in `Etc` the sign is turned)."""
    name, offset = str(facts.get("timezone_string") or ""), str(facts.get("gmt_offset") or "")
    if not name and re.fullmatch(r"-?\d{1,2}(?:\.0)?", offset):
        name = f"Etc/GMT{-int(float(offset)):+d}"
    try:
        return ZoneInfo(name).key if name else ""
    except (KeyError, ValueError, OSError):
        return ""


def _unpacked(body: bytes) -> bytes:
    """The beginning of a sitemap, which may be a gzip file."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:4096]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, 4096)
    except zlib.error:
        return b""
