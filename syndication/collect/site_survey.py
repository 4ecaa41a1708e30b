"""Find out from a site's address how it can be collected (WordPress API, feeds, sitemap) and what it says about itself."""

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
from syndication.collect.http.answer import Fetched
from syndication.collect.http.fetch import Fetcher
from syndication.collect.http.guard import PrivateAddressError
from syndication.collect.offers import Offer, SiteOffers
from syndication.collect.text.links import shown
from syndication.collect.text.site_head import SiteHead, read_head
from syndication.collect.text.words import fold
from syndication.collect.wordpress.api import posts_address
from syndication.domain.article import ParsedArticle, Source, SourceKind
from syndication.domain.publication import Publication
from syndication.domain.text import counted, plain
from syndication.errors import CollectError

# Where feeds and sitemaps usually are.
_FEEDS = ("feed/", "rss.xml", "atom.xml", "feed.xml", "feed.json", "rss/", "index.xml")
_SITEMAPS = ("sitemap.xml", "sitemap_index.xml", "news-sitemap.xml")
_MOST = 5  # addresses of each kind that are tried
_LONG = 600  # characters: a longer text is more than the beginning of an article
_SITEMAP_LINE = re.compile(rb"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_SITEMAP_ROOT = re.compile(rb"<(?:\w+:)?(urlset|sitemapindex)[\s/>]")
_UTC = ZoneInfo("UTC")


async def site_offers(url: str, fetcher: Fetcher, *, now: datetime, allow_private: bool) -> SiteOffers:
    """Return what the site at `url` (a page or a feed) offers. Raises CollectError if that is nothing, or cannot be fetched."""
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
    """The requests to one site. What fails is not offered."""

    def __init__(self, fetcher: Fetcher, now: datetime, *, allow_private: bool) -> None:
        self._fetcher = fetcher
        self._now = now
        self._allow_private = allow_private

    async def first(self, url: str) -> Fetched:
        """Fetch the address that the user gave. Raises CollectError."""
        try:
            return await self._fetcher.fetch(url, now=self._now, allow_private=self._allow_private)
        except PrivateAddressError as error:
            hint = "Add --allow-private if it is meant to be inside your network."
            raise CollectError(error.message, hint) from error
        except CollectError as error:
            raise CollectError(error.message, "Check the address, and try again.") from error

    async def get(self, url: str) -> Fetched | None:
        """Fetch an address that was found or guessed; None when there is nothing."""
        try:
            fetched = await self._fetcher.fetch(
                url, now=self._now, allow_private=self._allow_private, found=True
            )
        except CollectError:
            return None
        return fetched if fetched.body else None

    async def feed(self, fetched: Fetched) -> Offer | None:
        """Return `fetched` as an offer, if it is a feed with entries."""
        source = Source("site", SourceKind.FEED, fetched.url)
        unknown = Publication("", "", "", _UTC, "", "", "")
        found = FeedArticles(source, unknown, now=self._now)
        try:
            await asyncio.to_thread(read_feed, fetched.body, fetched.content_type, fetched.url, found)
        except CollectError:
            return None
        articles = found.articles
        if not articles:
            return None
        full = sum(len(plain(each.content)) > _LONG for each in articles) * 2 > len(articles)
        description = f"{counted(len(articles), 'entry', 'entries')}{_newest(articles)}, {'whole texts' if full else 'beginnings only'}"
        return Offer(SourceKind.FEED, fetched.url, description, full)

    async def feeds(self, head: SiteHead) -> list[Offer]:
        """Return the feeds that the page links to, else those at the usual addresses."""
        linked = [url for url in head.feeds if "comments" not in url][:_MOST]
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
        """Return the site's WordPress API. Its address is guessed only for a page that looks like WordPress."""
        root = head.api or (urljoin(head.url, "wp-json/") if b"/wp-content/" in body else "")
        posts = (
            await self.get(f"{posts_address(root)}{'&' if '?' in root else '?'}per_page=1") if root else None
        )
        if posts is None or not isinstance(_json(posts), list):
            return _Api()
        index = await self.get(root)
        described = _json(index) if index else None
        facts = described if isinstance(described, dict) else {}
        total = posts.headers.get("x-wp-total", "")
        posts_found = counted(int(total), "post") if total.isascii() and total.isdigit() else "posts"
        offer = Offer(SourceKind.WORDPRESS, head.url, f"{posts_found}, with authors, categories and pictures")
        return _Api(offer, fold(plain(str(facts.get("name") or ""))), _timezone(facts))

    async def sitemap(self, home: str) -> Offer | None:
        """Return the first sitemap of those that robots.txt names (news sitemaps first) and those at the usual addresses."""
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
                description = "an index of sitemaps" if root[1] == b"sitemapindex" else "a list of pages"
                return Offer(SourceKind.SITEMAP, fetched.url, description)
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
    """Return the site's IANA time zone. A mere offset in hours becomes a zone of `Etc`, whose signs are reversed."""
    name, offset = str(facts.get("timezone_string") or ""), str(facts.get("gmt_offset") or "")
    if not name and re.fullmatch(r"-?\d{1,2}(?:\.0)?", offset):
        name = f"Etc/GMT{-int(float(offset)):+d}"
    try:
        return ZoneInfo(name).key if name else ""
    except (KeyError, ValueError, OSError):
        return ""


def _unpacked(body: bytes) -> bytes:
    """Return the first bytes of a sitemap, which may be a gzip file."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:4096]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, 4096)
    except zlib.error:
        return b""
