"""Collect one source: fetch or open it, read it, and hand back everything it said.

The table `_BY_KIND` says which kind is read by what; a new kind is one function and one line there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from syndication.collect.article.article_page import ArticlePage, PageParser
from syndication.collect.feeds.entry import FeedArticles
from syndication.collect.feeds.feed import read_feed
from syndication.collect.folder.read import read_folder
from syndication.collect.http.fetch import Fetched, Fetcher
from syndication.collect.identity import distinct
from syndication.collect.local_images import NO_IMAGE, keep_image
from syndication.collect.pages.page_source import PageSource
from syndication.collect.pages.pages import PAGE_TYPES
from syndication.collect.text.links import shown
from syndication.collect.wordpress.api import NoApiError, api_root, read_posts
from syndication.domain.article import Image, ParsedArticle, Source, SourceKind, Validators
from syndication.domain.hotlist import HotList
from syndication.domain.page import KnownPage
from syndication.domain.publication import Publication
from syndication.domain.text import counted
from syndication.errors import CollectError

__all__ = ["Collector", "SourceResult"]

_FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
)
_NOT_MODIFIED, _GONE = 304, 410


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What one source gave this time.

    `hot` is every page's list, with the page's file name as origin. `unchanged` (304): nothing was read and nothing is lost.
    `whole`: the articles are all that the source shows, not what is new alone. `retired` (410): the source is gone for good. `moved`:
    its new URL after a permanent redirect. `warnings`: one sentence for each entry or file that was refused. `notes`: what a person
    may want to know all the same. `pages`: all that is to be remembered of a source of pages from now on; `listed`: how many articles it
    lists, new or not, None for the other kinds.
    """

    source: Source
    articles: tuple[ParsedArticle, ...] = ()
    hot: tuple[HotList, ...] = ()
    validators: Validators = field(default_factory=Validators)
    unchanged: bool = False
    whole: bool = False
    retired: bool = False
    moved: str = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pages: tuple[KnownPage, ...] = ()
    listed: int | None = None


class Collector:
    """Reads sources for one publication. `media` is the published folder's `media/`, where local images go."""

    def __init__(self, *, publication: Publication, media: Path, fetcher: Fetcher) -> None:
        self._publication = publication
        self._media = media
        self._fetcher = fetcher
        self._reading = (
            asyncio.Lock()
        )  # one page after the other: several threads would starve the fetches of the interpreter
        self._copied: dict[str, Image] = {}  # by address: a preview asks at every save of a template

    async def collect(
        self, source: Source, known: Validators, *, now: datetime, pages: Sequence[KnownPage] = ()
    ) -> SourceResult:
        """Everything `source` has; `known` and `pages` are what the last harvest said.

        Raises CollectError, one sentence that names the source, when it cannot be had.
        """
        try:
            harvest = await (
                self._paged(source, known, pages, now)
                if source.kind.has_pages
                else self._BY_KIND[source.kind](self, source, known, now)
            )
        except CollectError as error:
            raise CollectError(f"Source {source.name!r}: {error.message}", error.hint) from error
        except Exception as error:
            # What one site sends must not end the run for the others, not even by a fault of ours or of a parser.
            message = f"Source {source.name!r}: it holds something that this version cannot read ({type(error).__name__})."
            raise CollectError(
                message, "What it gave before stays. Please report it, with the source's address."
            ) from error
        articles, twice = await asyncio.to_thread(distinct, harvest.articles, source.name)
        warnings = (
            *harvest.warnings,
            *([f"{counted(twice, 'article')} stood there twice; taken once."] if twice else []),
        )
        return replace(harvest, articles=articles, warnings=warnings)

    async def explain(self, source: Source, url: str, *, now: datetime) -> ArticlePage:
        """What an article page of `source` gives, and where each field comes from. Raises CollectError when it cannot be had."""
        fetched = await self._fetcher.fetch(
            url, now=now, accept=PAGE_TYPES, allow_private=source.allow_private
        )
        if fetched.status == _GONE:
            raise CollectError(f"{shown(url)} is gone for good (410).", "Give the address of another page.")
        parser = PageParser(source, self._publication, now=now)
        return await asyncio.to_thread(parser.read, fetched.body, fetched.content_type, fetched.url)

    async def copy_image(self, image: Image, *, now: datetime, allow_private: bool) -> Image:
        """A copy of a remote image in `media`, called as it was. Raises CollectError when it cannot be had or is no image."""
        known = self._copied.get(image.src)
        if known is None:
            fetched = await self._fetcher.fetch(
                image.src, now=now, accept="image/*", allow_private=allow_private, found=True
            )
            known = await asyncio.to_thread(keep_image, fetched.body, self._media)
            if known is None:
                raise CollectError(f"{shown(image.src)} {NO_IMAGE}.", "Its own address is shown instead.")
            self._copied[image.src] = known
        return replace(known, alt=image.alt)

    async def _paged(
        self, source: Source, known: Validators, pages: Sequence[KnownPage], now: datetime
    ) -> SourceResult:
        reading = PageSource(
            source, self._publication, self._fetcher, known, pages, now=now, reading=self._reading
        )
        found = await reading.read()
        return SourceResult(
            source,
            articles=found.articles,
            validators=found.validators,
            unchanged=found.unchanged,
            retired=found.retired,
            moved=found.moved,
            warnings=found.warnings,
            notes=found.notes,
            pages=found.pages,
            listed=found.listed,
        )

    async def _folder(self, source: Source, known: Validators, _now: datetime) -> SourceResult:
        reading = await asyncio.to_thread(
            read_folder, source, publication=self._publication, media=self._media
        )
        return SourceResult(
            source,
            articles=tuple(reading.articles),
            hot=tuple(reading.hot),
            validators=known,
            whole=True,
            warnings=tuple(reading.warnings),
        )

    async def _feed(
        self, source: Source, known: Validators, now: datetime, *, found: bool = False
    ) -> SourceResult:
        fetched = await self._fetcher.fetch(
            source.location,
            now=now,
            known=known,
            accept=_FEED_TYPES,
            allow_private=source.allow_private,
            found=found,
        )
        if fetched.status == _NOT_MODIFIED:
            return SourceResult(source, validators=known, unchanged=True, whole=True, moved=fetched.moved)
        if fetched.status == _GONE:
            return SourceResult(source, validators=known, retired=True)
        articles = FeedArticles(source, self._publication, now=now)
        await asyncio.to_thread(read_feed, fetched.body, fetched.content_type, fetched.url, articles)
        return SourceResult(
            source,
            articles=tuple(articles.articles),
            validators=fetched.validators,
            whole=True,
            moved=fetched.moved,
            warnings=tuple(articles.warnings),
        )

    async def _wordpress(self, source: Source, known: Validators, now: datetime) -> SourceResult:
        articles = FeedArticles(source, self._publication, now=now)
        written = bool(api_root(source.location))

        async def get(url: str) -> Fetched:
            found = not written and url != source.location
            return await self._fetcher.fetch(url, now=now, allow_private=source.allow_private, found=found)

        try:
            posts = await read_posts(source.location, known, articles, get, now=now)
        except NoApiError as error:
            return await self._feed_instead(source, known, now, error)
        return SourceResult(
            source,
            articles=tuple(articles.articles),
            validators=posts.validators,
            unchanged=not (posts.asked_all or articles.articles),
            whole=posts.asked_all,
            retired=posts.retired,
            moved=posts.moved,
            warnings=tuple(articles.warnings),
        )

    async def _feed_instead(
        self, source: Source, known: Validators, now: datetime, closed: NoApiError
    ) -> SourceResult:
        """The feed of a site whose API is closed. What was seen of the API stays `known`: nothing is missed once it is back."""
        feed = replace(source, kind=SourceKind.FEED, location=closed.feed)
        try:
            found = await self._feed(feed, Validators(), now, found=True)
        except CollectError as error:
            message = f"the WordPress API cannot be used ({closed.message.rstrip('.')}), and neither can the site's feed: {error.message}"
            raise CollectError(message, error.hint) from error
        if found.retired:
            raise CollectError(
                f"the WordPress API cannot be used, and the site's feed is gone: {closed.message}",
                closed.hint,
            )
        said = f"The WordPress API cannot be used, so the site's feed was read instead: {closed.message}"
        warnings = (said, *found.warnings)
        return replace(found, source=source, validators=known, whole=False, moved="", warnings=warnings)

    _BY_KIND: ClassVar[
        dict[SourceKind, Callable[["Collector", Source, Validators, datetime], Awaitable[SourceResult]]]
    ] = {SourceKind.FOLDER: _folder, SourceKind.FEED: _feed, SourceKind.WORDPRESS: _wordpress}
