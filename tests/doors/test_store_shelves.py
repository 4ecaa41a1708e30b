"""Publishing's part of the store: what is due, shelves, the history, the manifest, and what was taken back."""

from datetime import datetime

from syndication.domain.article import Image, ParsedArticle
from syndication.domain.published import FileKind, Filing, Label, PublishedFile, Shelf, ShelfKind
from syndication.store.database import Store
from syndication.store.publishing.shelves import MOST
from tests.doors.store_samples import DAY, HOUR, NOW, collect, piece

pytest_plugins = ("tests.doors.databases",)

FOG = Label(ShelfKind.TAG, "Fog")
CITY = Label(ShelfKind.SECTION, "City")


async def filed(store: Store, *labels: Label, now: datetime = NOW) -> tuple[Filing, ...]:
    """File all that is due with these labels."""
    due = await store.shelves.due(now, 500)
    await store.shelves.file([(filing, labels) for filing in due], now=now)
    return due


def titles(filings: tuple[Filing, ...]) -> list[str]:
    return [filing.article.title for filing in filings]


async def shelf(store: Store, slug: str) -> Shelf:
    return next(each for each in await store.shelves.open() if each.slug == slug)


async def test_what_is_new_or_edited_is_due_until_it_is_filed_the_oldest_first(store: Store) -> None:
    await collect(store, piece("b", NOW - HOUR), piece("a", NOW - DAY))
    assert titles(await filed(store, CITY)) == ["About a", "About b"]
    assert await store.shelves.due(NOW, 9) == ()
    await collect(store, piece("a", NOW - DAY))
    assert await store.shelves.count_due(NOW) == 0
    await collect(store, piece("a", NOW - DAY, summary="More"))
    assert titles(await store.shelves.due(NOW, 9)) == ["About a"]


async def test_an_article_of_the_future_is_due_again_when_its_time_comes(store: Store) -> None:
    await collect(store, piece("later", NOW + DAY))
    assert titles(await filed(store, CITY)) == ["About later"]
    await store.shelves.open_and_close()
    assert await store.shelves.open() == ()
    assert await store.shelves.due(NOW + HOUR, 9) == ()
    assert titles(await filed(store, CITY, now=NOW + DAY)) == ["About later"]
    await store.shelves.open_and_close()
    assert [each.slug for each in await store.shelves.stale()] == ["city", "1"]


async def test_everything_is_due_when_what_files_depend_on_has_changed(store: Store) -> None:
    await collect(store, piece("a"))
    assert await store.shelves.renew("one", theme="plain", now=NOW)
    await filed(store, CITY)
    assert not await store.shelves.renew("one", theme="plain", now=NOW)
    assert await store.shelves.count_due(NOW) == 0
    assert await store.shelves.renew("two", theme="plain", now=NOW)
    assert await store.shelves.renew("two", theme="plain", now=NOW, anyway=True)
    assert await store.shelves.count_due(NOW) == 1


async def test_names_that_are_read_alike_are_one_shelf_and_names_with_one_slug_are_two(store: Store) -> None:
    await collect(store, piece("a"))
    names = ("Film", " film", "FILM", "C++", "C#", "c")
    await filed(store, *(Label(ShelfKind.SECTION, name) for name in names))
    await store.shelves.open_and_close()
    found = [(each.title, each.slug) for each in await store.shelves.open() if each.kind is ShelfKind.SECTION]
    assert len(found) == 4
    assert ("Film", "film") in found
    assert {slug.partition("-")[0] for _, slug in found} == {"film", "c"}


async def test_a_tag_has_feeds_from_three_articles_on_and_keeps_them(store: Store) -> None:
    await collect(store, piece("a"), piece("b"))
    await filed(store, FOG)
    await store.shelves.open_and_close()
    assert [each.slug for each in await store.shelves.open()] == ["1"]
    await collect(store, piece("c", NOW))
    await filed(store, FOG)
    await store.shelves.open_and_close()
    fog = await shelf(store, "fog")
    assert [each.title for each in await store.shelves.newest(fog, 2)] == ["About c", "About a"]
    for name in "abc":
        await collect(store, piece(name, summary="No fog"))
        await filed(store)
        assert await store.shelves.empty() == ((fog,) if name == "c" else ())
        await store.shelves.open_and_close()
        assert (fog in await store.shelves.open()) == (name != "c")


async def test_of_articles_with_one_time_the_ids_decide_in_every_feed(store: Store) -> None:
    await collect(store, *(piece(name, NOW - DAY) for name in "cab"), piece("old", NOW - 2 * DAY))
    await filed(store, CITY)
    await store.shelves.open_and_close()
    shown = [each.id for each in await store.shelves.newest(await shelf(store, "city"), 9)]
    assert shown[:3] == sorted(shown[:3])
    assert tuple(shown) == await store.archive.latest(9, until=NOW)


async def test_no_more_than_two_hundred_of_a_kind_and_the_fullest_first(store: Store) -> None:
    labels = [Label(ShelfKind.AUTHOR, f"Author {number}") for number in range(MOST + 5)]
    await collect(store, *(piece(f"a{number}") for number in range(4)))
    due = await store.shelves.due(NOW, 9)
    await store.shelves.file(
        [(filing, labels[: 10 if number == 3 else None]) for number, filing in enumerate(due)], now=NOW
    )
    await store.shelves.open_and_close()
    opened = [each for each in await store.shelves.open() if each.kind is ShelfKind.AUTHOR]
    assert len(opened) == MOST == 200
    assert {f"author-{number}" for number in range(10)} <= {each.slug for each in opened}


async def test_sitemaps_take_a_thousand_each_and_an_article_stays_in_its_own(store: Store) -> None:
    await collect(store, *(piece(f"a{number}", NOW - DAY) for number in range(1_001)))
    while await store.shelves.count_due(NOW):
        await filed(store)
    assert [each.slug for each in await store.shelves.open()] == ["1", "2"]
    await store.shelves.mark_written(await store.shelves.open())
    first = (await store.shelves.newest(await shelf(store, "1"), 1))[0]
    await collect(store, piece(first.title.removeprefix("About "), NOW - DAY, summary="Edited"))
    await filed(store)
    assert [each.slug for each in await store.shelves.stale()] == ["1"]


async def test_the_history_keeps_what_is_sealed_and_one_state_of_what_is_not(store: Store) -> None:
    await collect(store, piece("a"), piece("b"))
    await filed(store)
    states = await store.older.unsealed(9)
    await store.older.seal(1, states[:1], {"rss.xml": b"packed"})
    sealed = states[0].article.id
    assert (await store.older.last(), await store.older.waiting()) == (1, 1)
    assert await store.older.documents_of(sealed) == (1,)
    for summary in ("One", "Two"):
        await collect(store, piece("a", summary=summary), piece("b", summary=summary))
        await filed(store)
    assert sorted(state.article.summary for state in await store.older.unsealed(9)) == ["Two", "Two"]
    await store.older.replace(1, {"rss.xml": b"cut"}, without=sealed)
    assert await store.older.files(1) == {"rss.xml": b"cut"}
    assert await store.older.documents_of(sealed) == ()


async def test_the_manifest_knows_what_is_there_what_is_to_go_and_what_the_hubs_have_not_heard(
    store: Store,
) -> None:
    def file(path: str, hash_: str, kind: FileKind = FileKind.FEED) -> PublishedFile:
        return PublishedFile(path, kind, 3, hash_)

    one, two, page = (
        file("tags/a_b/rss.xml", "1"),
        file("tags/axb/rss.xml", "1"),
        file("p.html", "1", FileKind.PAGE),
    )
    await store.manifest.note([one, two, page], announce=True)
    assert await store.manifest.known("tags/a_b/") == {one.path}
    assert await store.manifest.to_announce() == {one.path: "1", two.path: "1"}
    await store.manifest.announced({one.path: "0", two.path: "1"})
    assert list(await store.manifest.to_announce()) == [one.path], "it changed while the hubs were told"
    await store.manifest.announced({one.path: "1"})
    assert await store.manifest.to_announce() == {}
    await store.manifest.note([one, file(two.path, "2")], announce=True)
    assert await store.manifest.to_announce() == {two.path: "2"}
    await store.manifest.note([file(two.path, "2")], announce=True)
    assert await store.manifest.to_announce() == {two.path: "2"}
    await store.manifest.unwant([one.path])
    assert await store.manifest.unwanted(9) == (one.path,)
    assert one not in await store.manifest.page("", 9)
    assert await store.manifest.known("tags/") == {two.path}
    await store.manifest.note([one], announce=False)
    assert await store.manifest.unwanted(9) == ()
    await store.manifest.forget([one.path])
    assert await store.manifest.page("", 9) == (page, file(two.path, "2"))
    await store.manifest.clear()
    assert await store.manifest.page("", 9) == ()


async def test_what_is_taken_back_is_on_no_shelf_has_a_tombstone_for_thirty_days_and_can_come_again(
    store: Store,
) -> None:
    await collect(
        store, piece("a", image=Image("media/1a.png")), piece("b", content='<img src="media/2b.png">')
    )
    await filed(store, CITY)
    await store.shelves.open_and_close()
    (found,) = await store.withdrawals.find("https://hanok.example/a", slug="a")
    article = found.article.id
    assert await store.withdrawals.still_shown("media/1a.png")
    assert await store.withdrawals.withdraw(article, at=NOW, reason="A court")
    assert not await store.withdrawals.withdraw(article, at=NOW + HOUR)
    assert [(one.article, one.title, one.at) for one in await store.withdrawals.all()] == [
        (article, "About a", NOW)
    ]
    assert not await store.withdrawals.still_shown("media/1a.png")
    assert await store.withdrawals.still_shown("media/2b.png")
    await filed(store, CITY)
    city = await shelf(store, "city")
    assert [each.title for each in await store.shelves.newest(city, 9)] == ["About b"]
    assert await store.shelves.withdrawn(city) == ((article, NOW),)
    assert await store.shelves.due(NOW + 29 * DAY, 9) == ()
    await filed(store, CITY, now=NOW + 30 * DAY)
    assert await store.shelves.withdrawn(city) == ()
    assert await store.withdrawals.restore(article, at=NOW + 31 * DAY)
    await filed(store, CITY, now=NOW + 31 * DAY)
    assert len(await store.shelves.newest(city, 9)) == 2
    assert await store.withdrawals.all() == ()


def fresh(name: str, published: datetime | None) -> ParsedArticle:
    return piece(name, published, content="<p>Heavy</p>")


async def test_what_is_fresh_says_when_it_was_published_and_comes_without_its_content(store: Store) -> None:
    await collect(store, fresh("new", NOW - HOUR), fresh("old", NOW - 3 * DAY), fresh("undated", None))
    found = await store.archive.recent_news(9, since=NOW - 2 * DAY, until=NOW)
    assert [(article.title, article.content) for article in found] == [("About new", "")]
