"""Collect one source: fetch or open it, read it, and return what it gave as a `SourceResult`.

The table `_by_kind` maps each kind of source to its method: a new kind needs a member of `SourceKind` (see
`has_pages`), a method, a line here, and its keys in `SourceTable` of `settings/tables.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from syndication.collect.article.article_page import ArticlePage, PageParser
from syndication.collect.feeds.entry import FeedArticles
from syndication.collect.feeds.feed import read_feed
from syndication.collect.folder.read import read_folder
from syndication.collect.http.answer import Fetched
from syndication.collect.http.fetch import Fetcher
from syndication.collect.identity import distinct
from syndication.collect.local_images import NO_IMAGE, keep_image
from syndication.collect.pages.page_fetcher import PAGE_TYPES
from syndication.collect.pages.page_source import PageSource
from syndication.collect.source_result import SourceResult
from syndication.collect.text.links import shown
from syndication.collect.wordpress.api import NoApiError, api_root, read_posts
from syndication.domain.article import Image, Source, SourceKind, Validators
from syndication.domain.page import KnownPage
from syndication.domain.publication import Publication
from syndication.domain.text import counted
from syndication.errors import CollectError
from syndication.logs import logger

log = logger(__name__)

_FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What the last collect of the source left behind, and the time of this one."""

    validators: Validators
    pages: Sequence[KnownPage]
    now: datetime


class Collector:
    """Reads sources for one publication. Local images go to `media`, the published folder's `media/`."""

    def __init__(self, *, publication: Publication, media: Path, fetcher: Fetcher) -> None:
        self._by_kind: Mapping[SourceKind, Callable[[Source, _Remembered], Awaitable[SourceResult]]] = {
            SourceKind.FEED: self._feed,
            SourceKind.WORDPRESS: self._wordpress,
            SourceKind.SITEMAP: self._pages,
            SourceKind.PAGE: self._pages,
            SourceKind.FOLDER: self._folder,
        }
        self._publication = publication
        self._media = media
        self._fetcher = fetcher
        self._reading = asyncio.Lock()  # one page at a time: more threads would starve the fetches of the GIL
        self._copied: dict[str, Image] = {}  # by address: a preview asks at every save of a template

    async def collect(
        self, source: Source, known: Validators, *, now: datetime, pages: Sequence[KnownPage] = ()
    ) -> SourceResult:
        """Return everything that `source` has; `known` and `pages` are those of its last result.

        Raises CollectError, one sentence that names the source, when it cannot be read.
        """
        try:
            result = await self._by_kind[source.kind](source, _Remembered(known, pages, now))
            articles, twice = await asyncio.to_thread(distinct, result.articles, source.name)
        except CollectError as error:
            raise CollectError(f"Source {source.name!r}: {error.message}", error.hint) from error
        except Exception as error:
            # What one site sends must not end the run for the others, not even by a fault of ours or of a parser.
            log.fault("a source cannot be read", error, source=source.name)
            message = f"Source {source.name!r}: it contains something that this version cannot read ({type(error).__name__})."
            raise CollectError(
                message, "Its earlier articles are kept. Please report this, with the source's address."
            ) from error
        warnings = (
            *result.warnings,
            *([f"{counted(twice, 'article')} appeared twice; taken once."] if twice else []),
        )
        return replace(result, articles=articles, warnings=warnings)

    async def explain(self, source: Source, url: str, *, now: datetime) -> ArticlePage:
        """Return the fields of an article page of `source`, with their origins. Raises CollectError if it cannot be fetched."""
        fetched = await self._fetcher.fetch(
            url, now=now, accept=PAGE_TYPES, allow_private=source.allow_private
        )
        if fetched.gone:
            raise CollectError(f"{shown(url)} is gone (410).", "Give the address of another page.")
        parser = PageParser(source, self._publication, now=now)
        return await asyncio.to_thread(parser.read, fetched.body, fetched.content_type, fetched.url)

    async def copy_image(self, image: Image, *, now: datetime, allow_private: bool) -> Image:
        """Copy a remote image to `media`, keeping its `alt`. Raises CollectError if it cannot be fetched or is no image."""
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

    async def _pages(self, source: Source, last: _Remembered) -> SourceResult:
        pages = PageSource(
            source,
            self._publication,
            self._fetcher,
            last.validators,
            last.pages,
            now=last.now,
            reading=self._reading,
        )
        return await pages.read()

    async def _folder(self, source: Source, last: _Remembered) -> SourceResult:
        folder = await asyncio.to_thread(
            read_folder, source, publication=self._publication, media=self._media
        )
        return replace(folder, validators=last.validators)

    async def _feed(self, source: Source, last: _Remembered, *, found: bool = False) -> SourceResult:
        fetched = await self._fetcher.fetch(
            source.location,
            now=last.now,
            known=last.validators,
            accept=_FEED_TYPES,
            allow_private=source.allow_private,
            found=found,
        )
        if fetched.unchanged:
            return SourceResult(
                source, validators=last.validators, unchanged=True, whole=True, moved=fetched.moved
            )
        if fetched.gone:
            return SourceResult(source, validators=last.validators, retired=True)
        articles = FeedArticles(source, self._publication, now=last.now)
        await asyncio.to_thread(read_feed, fetched.body, fetched.content_type, fetched.url, articles)
        return SourceResult(
            source,
            articles=tuple(articles.articles),
            validators=fetched.validators,
            whole=True,
            moved=fetched.moved,
            warnings=tuple(articles.warnings),
        )

    async def _wordpress(self, source: Source, last: _Remembered) -> SourceResult:
        articles = FeedArticles(source, self._publication, now=last.now)
        configured = bool(api_root(source.location))

        async def get(url: str) -> Fetched:
            found = not configured and url != source.location
            return await self._fetcher.fetch(
                url, now=last.now, allow_private=source.allow_private, found=found
            )

        try:
            posts = await read_posts(source.location, last.validators, articles, get, now=last.now)
        except NoApiError as error:
            return await self._feed_instead(source, last, error)
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

    async def _feed_instead(self, source: Source, last: _Remembered, closed: NoApiError) -> SourceResult:
        """Read the feed of a site whose API is closed. The API's validators are kept for when it is back."""
        feed = replace(source, kind=SourceKind.FEED, location=closed.feed)
        try:
            result = await self._feed(feed, replace(last, validators=Validators()), found=True)
        except CollectError as error:
            message = f"the WordPress API cannot be used ({closed.message.rstrip('.')}), and neither can the site's feed: {error.message}"
            raise CollectError(message, error.hint) from error
        if result.retired:
            raise CollectError(
                f"the WordPress API cannot be used, and the site's feed is gone: {closed.message}",
                closed.hint,
            )
        warning = f"The WordPress API cannot be used, so the site's feed was read instead: {closed.message}"
        return replace(
            result,
            source=source,
            validators=last.validators,
            whole=False,
            moved="",
            warnings=(warning, *result.warnings),
        )
