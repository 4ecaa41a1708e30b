"""Read a whole sitemap: its index, and the files that may list something new.

An index of itself or of a hundred thousand files does no harm: each address is read once, up to a depth and a number.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from syndication.collect.article.choice import day_in
from syndication.collect.http.answer import Fetched
from syndication.collect.http.body import unpack
from syndication.collect.http.fetch import Fetcher
from syndication.collect.pages.page_plan import Listing
from syndication.collect.pages.sitemap_file import SitemapFile, read_sitemap_file
from syndication.collect.text.dates import read_time
from syndication.collect.text.links import is_of_site, shown
from syndication.domain.article import Source, Validators
from syndication.domain.page import EDITED_WITHIN, KnownPage, ListedPage
from syndication.domain.text import counted
from syndication.errors import CollectError

MAX_FILES = 100  # besides the first, in one collect
MAX_LEVEL = 3  # the files of an index in an index in an index
_TYPES = "application/xml, text/xml;q=0.9, */*;q=0.5"
_GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Listings:
    """Filled while lists are read. `validators` and `moved` are those of the source's own address, `files` is what to
    remember of the files below it.
    """

    found: list[Listing] = field(default_factory=list)
    files: dict[str, KnownPage] = field(default_factory=dict)
    validators: Validators = field(default_factory=Validators)
    retired: bool = False
    moved: str = ""
    warnings: list[str] = field(default_factory=list)


class Sitemap:
    """Reads the sitemap of one source. `known` is what was remembered, by address; times without a zone are in `zone`."""

    def __init__(
        self,
        source: Source,
        fetcher: Fetcher,
        known: Mapping[str, KnownPage],
        *,
        zone: ZoneInfo,
        now: datetime,
    ) -> None:
        self._source = source
        self._fetcher = fetcher
        self._known = known
        self._zone = zone
        self._now = now
        self._seen = {source.location}
        self._failed: list[str] = []
        self._unread = 0
        self._result = Listings()

    async def read(self, validators: Validators) -> Listings:
        """Return every list with possibly new or changed pages. Raises CollectError when the first file cannot be read."""
        url, result = self._source.location, self._result
        fetched = await self._fetch(url, validators)
        result.validators, result.moved = fetched.validators, fetched.moved
        if fetched.gone:
            result.retired = True
            return result
        if fetched.unchanged:
            result.validators = validators
            below = self._listed(remembered(self._known, url, self._zone), url)
        else:
            below = self._listed(await self._parsed(fetched), url)
        for _ in range(MAX_LEVEL):
            lists = await asyncio.gather(*(self._file(page, by) for page, by in self._allowed(below)))
            below = [each for one in lists for each in one]
        self._unread += len(below)
        self._warn()
        return result

    async def _file(self, page: ListedPage, by: str) -> Sequence[tuple[ListedPage, str]]:
        """Read one file of an index, or recall it; return the files that it lists itself."""
        known = self._known.get(page.url) or KnownPage(url=page.url, listed_by=by, is_list=True)
        before = remembered(self._known, page.url, self._zone)
        self._result.files[page.url] = known
        if known.read and page.stamp and page.stamp == known.stamp:
            return self._listed(before, page.url)
        try:
            fetched = await self._fetch(page.url, known.validators)
            if fetched.unchanged or fetched.gone:
                file = before if fetched.unchanged else SitemapFile()
            else:
                file = await self._parsed(fetched)
        except CollectError as error:
            self._failed.append(str(error))
            return self._listed(before, page.url)
        kept = known.validators if fetched.unchanged else fetched.validators
        self._result.files[page.url] = replace(
            known, listed_by=by, stamp=page.stamp, validators=kept, read=known.read or self._now
        )
        return self._listed(file, page.url)

    def _listed(self, file: SitemapFile, url: str) -> Sequence[tuple[ListedPage, str]]:
        self._result.found.append(Listing(url, file.pages))
        return [(page, url) for page in file.files]

    def _allowed(self, files: Sequence[tuple[ListedPage, str]]) -> Sequence[tuple[ListedPage, str]]:
        """Choose the newest files, up to the limit: none twice, none that is too old, none of another site."""
        fresh: list[tuple[ListedPage, str]] = []
        for page, by in files:
            old = page.dated is not None and page.dated <= self._now - EDITED_WITHIN
            if page.url not in self._seen and not old and is_of_site(page.url, self._source.location):
                fresh.append((page, by))
            self._seen.add(page.url)
        fresh.sort(key=lambda each: each[0].dated or self._now, reverse=True)
        room = MAX_FILES - len(self._result.files)
        self._unread += len(fresh[room:])
        return fresh[:room]

    async def _fetch(self, url: str, known: Validators) -> Fetched:
        return await self._fetcher.fetch(
            url,
            now=self._now,
            known=known,
            accept=_TYPES,
            allow_private=self._source.allow_private,
            found=url != self._source.location,
        )

    async def _parsed(self, fetched: Fetched) -> SitemapFile:
        name = shown(fetched.url)
        body = fetched.body
        if body.startswith(_GZIP):
            body = unpack(body, limit=self._fetcher.limits.body_bytes, name=name)
        file = await asyncio.to_thread(read_sitemap_file, body, fetched.url, name, self._zone)
        if file.broken:
            self._result.warnings.append(f"{name} was only read in part: {file.broken}.")
        return file

    def _warn(self) -> None:
        if self._failed:
            self._result.warnings.append(
                f"{counted(len(self._failed), 'file')} of the sitemap could not be read, the first: {self._failed[0]}"
            )
        if self._unread:
            self._result.warnings.append(
                f"{counted(self._unread, 'file')} of the sitemap {'was' if self._unread == 1 else 'were'} not read: "
                f"at most {MAX_FILES} are, {MAX_LEVEL} levels deep, the newest first."
            )


def remembered(known: Mapping[str, KnownPage], url: str, zone: ZoneInfo) -> SitemapFile:
    """Return what the list at `url` showed when it was last read, as far as it was remembered."""
    pages: dict[bool, list[ListedPage]] = {False: [], True: []}
    for each in known.values():
        if each.listed_by == url:
            dated = read_time(each.stamp or day_in(each.url), zone)
            pages[each.is_list].append(ListedPage(url=each.url, stamp=each.stamp, dated=dated))
    return SitemapFile(pages=tuple(pages[False]), files=tuple(pages[True]))
