"""Whatever a feed repeats, shares or leaves out: nothing is lost, nothing is new twice, and an edit is no new article."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from syndication.collect.identity import distinct, keys
from syndication.domain.article import Merged, ParsedArticle, Source, SourceKind
from syndication.store.articles.merge import merge
from syndication.store.tables.core import metadata

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENGINE = create_engine("sqlite://")
metadata.create_all(ENGINE)
CONNECTION = ENGINE.connect()
WIRE = Source("wire", SourceKind.FEED, "https://wire.example/feed")
DESK = Source("desk", SourceKind.FEED, "https://desk.example/feed")


def piece(  # noqa: PLR0917 - the facts that tell articles apart
    url: str, guid: str, title: str, day: int, text: str, source: str = "wire"
) -> ParsedArticle:
    published = datetime(2026, 11, day, 9, tzinfo=UTC) if day else None
    return ParsedArticle(
        title=title,
        url=url,
        keys=keys(url=url, guid=guid, title=title, day=published and published.date(), source=source),
        published=published,
        content=text,
    )


URLS = st.sampled_from(["", "https://wire.example/", "https://wire.example/a", "https://wire.example/b"])
PIECES = st.builds(
    piece,
    URLS,
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["Letters", "Fog"]),
    st.sampled_from([0, 16, 17]),
    st.sampled_from(["one", "two"]),
)
FEEDS = st.lists(PIECES, max_size=6)


class Kept:
    """A store in memory, empty."""

    def __init__(self) -> None:
        CONNECTION.rollback()
        self.connection = CONNECTION
        self.numbers = count(1)

    def collect(self, pieces: Sequence[ParsedArticle], source: Source = WIRE) -> Merged:
        found, _ = distinct(pieces, source.name)
        return merge(
            self.connection,
            source,
            found,
            others={"wire", "desk"} - {source.name},
            now=NOW,
            mint=lambda: f"tag:{next(self.numbers)}",
            backlog=lambda _: "",
        )


@given(FEEDS)
def test_every_article_of_a_feed_is_kept_or_counted_and_none_is_new_twice(feed: list[ParsedArticle]) -> None:
    kept = Kept()
    found, twice = distinct(feed, "wire")
    assert len(found) + twice == len(feed)
    assert {(each.title, each.content) for each in found} <= {(each.title, each.content) for each in feed}
    strongest = [each.keys[0] for each in found]
    assert len(set(strongest)) == len(strongest)
    assert kept.collect(feed) == Merged(new=len(found), updated=0, same=0)
    assert kept.collect(feed) == Merged(new=0, updated=0, same=len(found))
    assert kept.collect(feed[::-1]).new == 0


@settings(max_examples=40)
@given(st.permutations(range(5)), st.sets(st.integers(0, 4)))
def test_an_edit_is_an_update_and_never_new(order: list[int], edited: set[int]) -> None:
    feed = [piece(f"https://wire.example/{n}", f"g{n}", f"Title {n}", 16, "one") for n in range(5)]
    kept = Kept()
    kept.collect(feed)
    again = [replace(feed[n], title="Edited", content="two") if n in edited else feed[n] for n in order]
    assert kept.collect(again) == Merged(new=0, updated=len(edited), same=5 - len(edited))


@settings(max_examples=25)
@given(st.sampled_from(["url", "title"]), st.text("abc", max_size=3))
def test_a_piece_that_two_sources_carry_is_one(by: str, tracking: str) -> None:
    kept = Kept()
    kept.collect([piece("https://desk.example/fog", "d1", "Fog", 16, "one", "desk")], DESK)
    url = f"https://www.desk.example/fog/?utm_source={tracking}" if by == "url" else "https://wire.example/9"
    assert kept.collect([piece(url, "w1", "Fog", 16, "two")]) == Merged(new=0, updated=0, same=1)
