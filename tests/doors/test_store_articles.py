"""One article once, however often and from however many sources it comes."""

from dataclasses import replace

import pytest

from syndication.domain.article import Image, Merged, Source, SourceKind
from syndication.store.database import Store
from tests.doors.store_samples import (
    DAY,
    DESK,
    HOUR,
    MINUTE,
    NOW,
    WIRE,
    collect,
    edition,
    freeze,
    latest,
    piece,
    titles,
)

pytest_plugins = ("tests.doors.databases",)

OTHER = Source("other", SourceKind.FEED, "https://other.example/feed")

FULL = piece(
    "ferry",
    authors=("Ann Lee", "이서"),
    updated=NOW - HOUR,
    section="City",
    summary="It sails.",
    content="<p>It <em>sails</em>.</p>",
    image=Image("media/ferry.png", "A ferry", 640, 480, "image/png", 1234),
    credit="Harbour office",
    tags=("sea", "winter"),
    language="en",
)


async def test_an_article_comes_back_as_it_was_parsed(store: Store) -> None:
    await collect(store, FULL)
    (article,) = await latest(store, 9, until=NOW)
    for name in ("title", "url", "authors", "published", "updated", "section", "summary", "content"):
        assert getattr(article, name) == getattr(FULL, name)
    for name in ("image", "credit", "tags", "language", "keys"):
        assert getattr(article, name) == getattr(FULL, name)
    assert (article.source, article.first_seen, article.changed, article.backlog) == ("desk", NOW, NOW, "")
    assert await store.articles.get([article.id, "tag:unknown"]) == {article.id: article}


async def test_merging_again_changes_nothing(store: Store) -> None:
    assert await collect(store, FULL, piece("winter")) == Merged(new=2, updated=0, same=0)
    before = await latest(store, 9, until=NOW)
    assert await collect(store, FULL, piece("winter"), now=NOW + DAY) == Merged(new=0, updated=0, same=2)
    assert await latest(store, 9, until=NOW) == before


async def test_an_edit_updates_and_never_makes_it_new(store: Store) -> None:
    await collect(store, FULL)
    edited = replace(FULL, title="The ferry sails again", keys=(FULL.keys[0], "title ferry again"))
    assert await collect(store, edited, now=NOW + DAY) == Merged(new=0, updated=1, same=0)
    (article,) = await latest(store, 9, until=NOW)
    assert (article.title, article.first_seen, article.changed) == (edited.title, NOW, NOW + DAY)
    assert set(article.keys) == {*FULL.keys, "title ferry again"}


async def test_an_edit_keeps_the_reason_for_the_backlog(store: Store) -> None:
    await store.articles.merge(
        DESK, [FULL], others=(), now=NOW, mint=lambda: "tag:1", backlog=lambda parsed: f"old: {parsed.title}"
    )
    await collect(store, replace(FULL, title="Another"), now=NOW + DAY)
    assert (await store.articles.get(["tag:1"]))["tag:1"].backlog == "old: About ferry"


async def test_a_second_source_adds_its_keys_but_the_first_keeps_the_content(store: Store) -> None:
    await collect(store, FULL)
    carried = replace(
        FULL, url="https://wire.example/9", keys=("https://wire.example/9", FULL.keys[1]), title="Wire: ferry"
    )
    assert await collect(store, carried, source=WIRE) == Merged(new=0, updated=0, same=1)
    (article,) = await latest(store, 9, until=NOW)
    assert article.title == FULL.title
    # The wire drops the key it was matched by: its own was learnt.
    assert await collect(store, replace(carried, keys=carried.keys[:1]), source=WIRE) == Merged(0, 0, 1)
    assert await collect(store, replace(FULL, title="New title")) == Merged(new=0, updated=1, same=0)


async def test_a_source_that_was_renamed_goes_on_with_its_articles(store: Store) -> None:
    await collect(store, FULL)
    renamed = replace(DESK, name="newsroom")
    edited = replace(FULL, title="Edited")  # desk is no longer among the others
    assert await store.articles.merge(
        renamed, [edited], others={"wire"}, now=NOW + DAY, mint=lambda: "tag:no", backlog=lambda parsed: ""
    ) == Merged(new=0, updated=1, same=0)
    (article,) = await latest(store, 1, until=NOW)
    assert (article.title, article.source) == ("Edited", "newsroom")


async def test_two_articles_of_one_fetch_with_one_title_stay_two(store: Store) -> None:
    one = piece("a", keys=("https://hanok.example/a", "title obituaries 2026-11-19"))
    two = piece("b", keys=("https://hanok.example/b", "title obituaries 2026-11-19"))
    assert await collect(store, one, two) == Merged(new=2, updated=0, same=0)
    assert await collect(store, two, one) == Merged(new=0, updated=0, same=2)


TITLE = "title:letters:2026-11-19"
FIRST = piece("first", title="Letters", keys=("url:https://wire.example/1", "guid:wire:1", TITLE))


@pytest.mark.parametrize(
    ("keys", "source"),
    [
        (("url:https://wire.example/2", "guid:wire:2", TITLE), WIRE),
        (("guid:wire:2", TITLE), WIRE),
        (("url:https://wire.example/2", TITLE), WIRE),
    ],
)
async def test_a_feed_that_shows_one_title_under_another_guid_or_url_has_two_articles(
    store: Store, keys: tuple[str, ...], source: Source
) -> None:
    await collect(store, FIRST, source=WIRE)
    second = replace(FIRST, keys=keys)
    assert await collect(store, second, source=source) == Merged(new=1, updated=0, same=0)
    assert await collect(store, second, FIRST, source=source) == Merged(new=0, updated=0, same=2)


@pytest.mark.parametrize(
    ("keys", "source"),
    [
        (("url:https://wire.example/moved", "guid:wire:1", TITLE), WIRE),  # the guid says so
        (("url:https://other.example/1", "guid:other:9", TITLE), OTHER),  # another source carries it
        ((TITLE,), WIRE),
    ],
)
async def test_one_title_on_one_day_is_one_article_where_nothing_else_tells_them_apart(
    store: Store, keys: tuple[str, ...], source: Source
) -> None:
    await collect(store, FIRST, source=WIRE)
    assert (await collect(store, replace(FIRST, keys=keys), source=source)).new == 0


async def test_a_file_that_was_renamed_is_the_article_it_was(store: Store) -> None:
    page = piece("page", url="", keys=("guid:desk:old.md", TITLE))
    await collect(store, page)
    assert await collect(store, replace(page, keys=("guid:desk:new.md", TITLE))) == Merged(0, 0, 1)


async def test_the_same_article_twice_in_one_fetch_is_one(store: Store) -> None:
    assert await collect(store, FULL, FULL) == Merged(new=1, updated=0, same=1)
    shorter = replace(FULL, content="<p>Shorter.</p>")
    assert await collect(store, FULL, shorter) == Merged(new=0, updated=0, same=2)


async def test_articles_without_a_url_get_different_slugs_that_stay(store: Store) -> None:
    pages = [piece(name, url="", title="A quiet winter") for name in "abc"]
    await collect(store, *pages)
    slugs = {article.id: article.slug for article in await latest(store, 99, until=NOW)}
    assert len(set(slugs.values())) == 3
    assert "a-quiet-winter" in slugs.values()
    await collect(store, *(replace(page, content="<p>edited</p>") for page in pages), now=NOW + HOUR)
    assert {article.id: article.slug for article in await latest(store, 99, until=NOW)} == slugs


async def test_a_source_corrects_a_date_but_cannot_lift_an_article_that_was_out(store: Store) -> None:
    await collect(store, piece("typo", NOW - 1000 * DAY), piece("lifted", NOW - HOUR), piece("undated", None))
    later = NOW + DAY
    await collect(
        store,
        piece("typo", NOW - DAY),
        piece("lifted", later - MINUTE),
        piece("undated", NOW - HOUR),
        now=later,
    )
    dated = {article.title: article.dated for article in await latest(store, 9, until=later)}
    assert dated == {"About typo": NOW - DAY, "About lifted": NOW - HOUR, "About undated": NOW - HOUR}


async def test_lists_are_newest_first_and_end_at_their_time(store: Store) -> None:
    await collect(
        store,
        piece("old", NOW - 9 * DAY),
        piece("new", NOW),
        piece("later", NOW + HOUR),
        piece("undated", None),
    )
    assert titles(await latest(store, 9, until=NOW)) == ["new", "undated", "old"]
    assert titles(await latest(store, 1, until=NOW)) == ["new"]
    assert titles(await store.articles.recent(since=NOW, until=NOW + HOUR)) == ["later", "new", "undated"]
    assert await store.articles.waiting(NOW) == 1


async def test_unassigned_leaves_out_what_an_edition_holds_and_what_was_withdrawn(store: Store) -> None:
    await collect(
        store,
        *(piece(name, NOW - age * DAY) for age, name in enumerate(["now", "held", "gone", "free", "old"])),
    )
    by_title = {article.title: article for article in await latest(store, 9, until=NOW)}
    await freeze(store, edition([by_title["About held"]]))
    assert await store.withdrawals.withdraw(by_title["About gone"].id, at=NOW)
    assert not await store.withdrawals.withdraw(by_title["About gone"].id, at=NOW)
    assert titles(await store.articles.unassigned(since=NOW - 9 * DAY, until=NOW)) == ["now", "free", "old"]
    assert titles(await store.articles.unassigned(since=NOW - 3 * DAY, until=NOW - DAY)) == ["free"]


async def test_what_is_older_or_still_to_come_is_only_counted(store: Store) -> None:
    await collect(store, piece("in time"), piece("old", NOW - 9 * DAY), piece("ahead", NOW + DAY))
    await store.articles.merge(
        WIRE,
        [piece("new source", NOW - 8 * DAY)],
        others=(),
        now=NOW,
        mint=lambda: "tag:w",
        backlog=lambda parsed: "it was old",
    )
    await freeze(store, edition((await latest(store, 9, until=NOW))[:1]))
    assert await store.articles.older(NOW - 9 * DAY) == {}
    assert await store.articles.older(NOW) == {"": 1, "it was old": 1}
    assert await store.articles.waiting(NOW) == 1


async def test_a_thousand_articles_merge_in_sets(store: Store) -> None:
    many = [piece(f"n{number}") for number in range(1200)]
    assert await collect(store, *many) == Merged(new=1200, updated=0, same=0)
    assert await collect(store, *many, piece("one more")) == Merged(new=1, updated=0, same=1200)


@pytest.mark.parametrize("title", ["a\0b", "half \ud83d", "한국어 \U0001f6a2"])
async def test_text_that_a_database_cannot_hold_is_kept_readable(store: Store, title: str) -> None:
    await collect(store, piece("odd", title=title))
    (article,) = await latest(store, 1, until=NOW)
    assert article.title == title.replace("\0", "").replace("\ud83d", "?")
