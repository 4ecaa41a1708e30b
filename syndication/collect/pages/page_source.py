"""Sources that consist of article pages: a sitemap, a section page, or one page."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import lxml.cssselect
import lxml.html

from syndication.collect.article.article_page import PageParser
from syndication.collect.http.answer import Fetched
from syndication.collect.http.fetch import Fetcher
from syndication.collect.pages.page_fetcher import PAGE_TYPES, PageFetcher
from syndication.collect.pages.page_plan import Listing
from syndication.collect.pages.sitemap import Listings, Sitemap, remembered
from syndication.collect.pages.sitemap_file import MAX_URL
from syndication.collect.source_result import SourceResult
from syndication.collect.text.charset import decoded
from syndication.collect.text.links import absolute, shown
from syndication.collect.text.page_tree import base_address, page_tree
from syndication.collect.text.words import printable
from syndication.domain.article import Source, SourceKind, Validators
from syndication.domain.page import KnownPage, ListedPage
from syndication.domain.publication import Publication
from syndication.errors import CollectError


class PageSource:
    """Reads one source. `known` are the validators of its own address, `pages` what was remembered of the others."""

    def __init__(
        self,
        source: Source,
        publication: Publication,
        fetcher: Fetcher,
        known: Validators,
        pages: Iterable[KnownPage],
        *,
        now: datetime,
        reading: asyncio.Lock,
    ) -> None:
        self._source = source
        self._publication = publication
        self._fetcher = fetcher
        self._validators = known
        self._pages: Mapping[str, KnownPage] = {page.url: page for page in pages}
        self._now = now
        self._reading = reading

    async def read(self) -> SourceResult:
        """Return everything new or changed. Raises CollectError when the source cannot be read."""
        if self._source.kind is SourceKind.SITEMAP:
            sitemap = Sitemap(
                self._source,
                self._fetcher,
                self._pages,
                zone=self._publication.timezone,
                now=self._now,
            )
            return await self._listed_pages(await sitemap.read(self._validators))
        return await (self._section() if self._source.selector else self._single())

    async def _listed_pages(self, lists: Listings) -> SourceResult:
        """Read the pages of the lists. A list with pages still due loses its validators, to be read in full next time."""
        if lists.retired:
            return SourceResult(self._source, retired=True)
        pages = PageFetcher(
            self._source, self._publication, self._fetcher, self._pages, now=self._now, reading=self._reading
        )
        await pages.read(lists.found)
        files = [
            replace(file, stamp="", validators=Validators()) if file.url in pages.unfinished else file
            for file in lists.files.values()
        ]
        whole = self._source.location not in pages.unfinished
        return SourceResult(
            self._source,
            articles=pages.articles,
            validators=lists.validators if whole else Validators(),
            pages=(*files, *pages.remembered.values()),
            unchanged=not pages.articles,
            moved=lists.moved,
            warnings=(*lists.warnings, *pages.warnings),
            notes=tuple(pages.notes),
            listed=sum(page.published is not None for page in pages.remembered.values()),
        )

    async def _section(self) -> SourceResult:
        url = self._source.location
        fetched = await self._page()
        lists = Listings(validators=fetched.validators, retired=fetched.gone, moved=fetched.moved)
        if fetched.unchanged:
            lists.validators = self._validators
            lists.found.append(Listing(url, remembered(self._pages, url, self._publication.timezone).pages))
        elif not lists.retired:
            links = await asyncio.to_thread(
                read_section_page, fetched.body, fetched.content_type, fetched.url, self._source.selector
            )
            lists.found.append(Listing(url, links))
        return await self._listed_pages(lists)

    async def _single(self) -> SourceResult:
        fetched = await self._page()
        if fetched.unchanged:
            return SourceResult(
                self._source, validators=self._validators, unchanged=True, moved=fetched.moved
            )
        if fetched.gone:
            return SourceResult(self._source, retired=True)
        parser = PageParser(self._source, self._publication, now=self._now)
        page = await asyncio.to_thread(parser.read, fetched.body, fetched.content_type, fetched.url)
        if page.article is None or page.doubt:
            raise CollectError(
                f"{shown(fetched.url)} {page.refusal or page.doubt}.",
                "Give the address of an article, or set selector to what holds the links of a section page.",
            )
        return SourceResult(
            self._source,
            articles=(page.article,),
            validators=fetched.validators,
            moved=fetched.moved,
            listed=1,
            warnings=tuple(f"1 page {remark}: {shown(fetched.url)}" for remark in page.remarks),
        )

    async def _page(self) -> Fetched:
        """Fetch the page at the source's own address, if it changed."""
        return await self._fetcher.fetch(
            self._source.location,
            now=self._now,
            known=self._validators,
            accept=PAGE_TYPES,
            allow_private=self._source.allow_private,
        )


def read_section_page(data: bytes, content_type: str, url: str, selector: str) -> tuple[ListedPage, ...]:
    """Return the pages that the elements of `selector` link to, in order, each once.

    Such an element is a link, is inside one, or contains some. Raises CollectError when there is none: sites change
    their pages.
    """
    hint = "Look at the HTML of the page, and correct the source's selector."
    root = page_tree(printable(decoded(data, content_type)))
    if root is None:
        raise CollectError(f"{shown(url)} is empty.", "Check the source's url.")
    base = base_address(root, url)
    picked = lxml.cssselect.CSSSelector(selector, translator="html")(root)
    links = (absolute(link.get("href"), base).partition("#")[0] for each in picked for link in _links(each))
    pages = dict.fromkeys(link for link in links if link and link != url and len(link) <= MAX_URL)
    if not pages:
        raise CollectError(f"The selector finds no link on {shown(url)}.", hint)
    return tuple(ListedPage(url=page) for page in pages)


def _links(picked: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    inside = [each for each in picked.iter("a") if each.get("href")]
    above = (each for each in picked.iterancestors("a") if each.get("href"))
    yield from inside or above
