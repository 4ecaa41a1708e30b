"""What is remembered of pages, in both databases."""

from dataclasses import replace
from datetime import UTC, datetime

from syndication.domain.article import Source, SourceKind, Validators
from syndication.domain.page import KnownPage
from syndication.store.database import Store

pytest_plugins = ("tests.doors.databases",)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HARBOUR = Source("harbour", SourceKind.SITEMAP, "https://paper.example/sitemap.xml")
FILE = KnownPage(url="https://paper.example/a.xml", listed_by=HARBOUR.location, is_list=True)
PAGE = KnownPage(
    url="https://paper.example/one",
    listed_by=FILE.url,
    stamp="2026-11-18",
    validators=Validators('"1"', "Fri, 20 Nov 2026 00:00:00 GMT"),
    read=NOW,
    published=NOW,
    failures=2,
)


async def test_pages_come_back_as_they_were_saved(store: Store) -> None:
    await store.pages.save(HARBOUR, [PAGE, FILE])
    assert await store.pages.known(HARBOUR) == (FILE, PAGE)


async def test_what_is_not_saved_again_is_forgotten_and_other_sources_keep_theirs(store: Store) -> None:
    other = replace(HARBOUR, name="other")
    await store.pages.save(HARBOUR, [PAGE, FILE])
    await store.pages.save(other, [PAGE])
    edited = replace(PAGE, stamp="2026-11-19", failures=0)
    third = replace(PAGE, url="https://paper.example/three", published=None)
    await store.pages.save(HARBOUR, [edited, third])
    assert await store.pages.known(HARBOUR) == (edited, third)
    assert await store.pages.known(other) == (PAGE,)


async def test_thousands_of_pages_are_written_in_sets(store: Store) -> None:
    many = [replace(PAGE, url=f"https://paper.example/{number:05}") for number in range(2_500)]
    await store.pages.save(HARBOUR, many)
    await store.pages.save(HARBOUR, many[1_200:])
    assert await store.pages.known(HARBOUR) == tuple(many[1_200:])
