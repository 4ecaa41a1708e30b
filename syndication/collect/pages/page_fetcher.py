"""Fetch and read the pages of a source's lists, and decide what to remember of each for the next time."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syndication.collect.article.article_page import PageParser
from syndication.collect.article.choice import Facts
from syndication.collect.http.answer import Fetched
from syndication.collect.http.fetch import Fetcher
from syndication.collect.identity import keys
from syndication.collect.pages.page_plan import Listing, plan_pages
from syndication.collect.text.links import is_of_site, shown
from syndication.domain.article import ParsedArticle, Source, SourceKind
from syndication.domain.page import TRIES, KnownPage, ListedPage
from syndication.domain.publication import Publication
from syndication.domain.text import counted
from syndication.errors import CollectError
from syndication.logs import logger

log = logger(__name__)

PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
_LATER = "Nothing is lost; the next run tries again."


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """The outcome of one page. `failure` is a sentence, `refusal` a clause; all three empty: it did not change."""

    page: KnownPage
    article: ParsedArticle | None = None
    failure: str = ""
    refusal: str = ""
    remarks: tuple[str, ...] = ()


class PageFetcher:
    """Reads the listed pages of one source. `known` is what was remembered, by address."""

    def __init__(
        self,
        source: Source,
        publication: Publication,
        fetcher: Fetcher,
        known: Mapping[str, KnownPage],
        *,
        now: datetime,
        reading: asyncio.Lock,
    ) -> None:
        self._source = source
        self._publication = publication
        self._fetcher = fetcher
        self._known = known
        self._now = now
        self._reading = reading  # held while a page is read
        self._parser = PageParser(source, publication, now=now)
        self._in_memory = asyncio.Semaphore(fetcher.limits.total)  # reading is slower than fetching
        self._strict = source.kind is SourceKind.SITEMAP  # its pages were not chosen by the operator
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.articles: tuple[ParsedArticle, ...] = ()
        self.remembered: dict[str, KnownPage] = {}
        self.unfinished: frozenset[str] = frozenset()  # lists with pages that are due again next time

    async def read(self, listings: Sequence[Listing]) -> None:
        """Fetch what is due of `listings`. Raises CollectError when no page could ever be read."""
        listings = [self._own(listing) for listing in listings]
        plan = plan_pages(
            listings, self._known, now=self._now, limit=self._source.limit, all_ages=not self._strict
        )
        listed = {page.url for listing in listings for page in listing.pages}
        self.remembered = {url: page for url, page in self._known.items() if url in listed}
        results = await asyncio.gather(*(self._page(page, by) for page, by in plan.chosen))
        self.remembered.update((result.page.url, result.page) for result in results)
        failed = [result for result in results if result.failure]
        if failed and len(failed) == len(results) and not any(page.read for page in self.remembered.values()):
            raise CollectError(
                f"None of its {counted(len(results), 'page')} could be read: {failed[0].failure}", _LATER
            )
        self.articles = tuple(self._distinct([result for result in results if result.article]))
        self.unfinished = plan.short | {result.page.listed_by for result in failed}
        self._warn(results, plan.left)
        if not listed:
            self.warnings.append(f"{shown(self._source.location)} lists no page of its site.")
        if plan.old:
            self.notes.append(f"{counted(plan.old, 'page')} not changed for 28 days left alone")

    def _own(self, listing: Listing) -> Listing:
        """Leave out pages of other sites: a sitemap may only list its own."""
        if not self._strict:
            return listing
        kept = tuple(page for page in listing.pages if is_of_site(page.url, self._source.location))
        if other := len(listing.pages) - len(kept):
            self.warnings.append(
                f"{counted(other, 'page')} of another site {'is' if other == 1 else 'are'} listed in {shown(listing.url)}; left out."
            )
        return replace(listing, pages=kept)

    async def _page(self, page: ListedPage, by: str) -> PageOutcome:
        async with self._in_memory:
            try:
                return await self._fetched(page, by)
            except Exception as error:  # noqa: BLE001 - what one page contains must not cost the others
                log.fault("a page cannot be read", error, url=shown(page.url))
                known = self._known.get(page.url) or KnownPage(url=page.url, listed_by=by)
                failure = f"{shown(page.url)} contains something that this version cannot read ({type(error).__name__})."
                return PageOutcome(replace(known, listed_by=by).failed(page.stamp), failure=failure)

    async def _fetched(self, page: ListedPage, by: str) -> PageOutcome:
        known = self._known.get(page.url) or KnownPage(url=page.url, listed_by=by)
        known = replace(known, listed_by=by)
        try:
            fetched = await self._fetcher.fetch(
                page.url,
                now=self._now,
                known=known.validators,
                accept=PAGE_TYPES,
                allow_private=self._source.allow_private,
                found=True,
            )
        except CollectError as error:
            return PageOutcome(known.failed(page.stamp), failure=error.message)
        read = replace(known, stamp=page.stamp, read=known.read or self._now, failures=0)
        if fetched.unchanged:
            return PageOutcome(read)
        if fetched.gone:
            return PageOutcome(replace(read, published=None))
        return await self._article(replace(read, validators=fetched.validators), page, fetched)

    async def _article(self, read: KnownPage, page: ListedPage, fetched: Fetched) -> PageOutcome:
        listed = Facts(title=page.title, published=page.published, language=page.language)
        async with self._reading:
            found = await asyncio.to_thread(
                self._parser.read, fetched.body, fetched.content_type, fetched.url, listed
            )
        refusal = found.refusal or (found.doubt if self._strict else "")
        if refusal or found.article is None:
            return PageOutcome(replace(read, published=None), refusal=refusal)
        return PageOutcome(
            replace(read, published=found.article.published or self._now),
            found.article,
            remarks=found.remarks,
        )

    def _distinct(self, read: Sequence[PageOutcome]) -> list[ParsedArticle]:
        """Return the articles. If different ones claim the same address, each gets the one it was fetched from."""
        titles: defaultdict[str, set[str]] = defaultdict(set)
        for each in read:
            if each.article:
                titles[each.article.url].add(each.article.title)
        return [
            each.article
            if len(titles[each.article.url]) == 1
            else self._at_own_address(each.article, each.page.url)
            for each in read
            if each.article
        ]

    def _at_own_address(self, article: ParsedArticle, url: str) -> ParsedArticle:
        zone = self._publication.timezone
        day = article.published.astimezone(zone).date() if article.published else None
        own = keys(url=url, guid="", title=article.title, day=day, source=self._source.name)
        return replace(article, url=url, keys=own)

    def _warn(self, results: Sequence[PageOutcome], left: int) -> None:
        refused: defaultdict[str, list[PageOutcome]] = defaultdict(list)
        for each in results:
            if each.refusal:
                refused[each.refusal].append(each)
        for reason, reads in refused.items():
            whose = "it" if len(reads) == 1 else "each"
            self.warnings.append(
                f"{counted(len(reads), 'page')} left out because {whose} {reason}, the first: {shown(reads[0].page.url)}"
            )
        remarked: defaultdict[str, list[str]] = defaultdict(list)
        for each in results:
            for remark in each.remarks:
                remarked[remark].append(each.page.url)
        for remark, urls in remarked.items():
            self.warnings.append(f"{counted(len(urls), 'page')} {remark}, the first: {shown(urls[0])}")
        failures = [each.failure for each in results if each.failure]
        if failures:
            self.warnings.append(
                f"{counted(len(failures), 'page')} could not be read (asked again, {TRIES} times in all), the first: {failures[0]}"
            )
        if left:
            self.warnings.append(
                f"{counted(left, 'page')} left for the next collect: the source's limit is {self._source.limit} pages in one."
            )
