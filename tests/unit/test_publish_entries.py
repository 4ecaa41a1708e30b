"""Articles and places of the hot list as entries, with absolute addresses."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import syndication
from syndication.domain.article import Image, ResolvedArticle
from syndication.domain.hotlist import HotEntry, Movement, Trend
from syndication.publish.addresses import local_images, resolve
from syndication.publish.channel import FeedEntry
from syndication.publish.entries import article_entry, hot_entries
from tests.unit.publish_samples import NOON, PUBLICATION, article

FEEDS = PUBLICATION.feeds_url


def resolved(number: int = 1, **changes: Any) -> ResolvedArticle:
    return resolve(article(number, **changes), PUBLICATION)


def hot(*places: HotEntry, **articles: object) -> tuple[FeedEntry, ...]:
    known = {one.id: one for one in (resolved(1), resolved(2))}
    return hot_entries(places, publication=PUBLICATION, edition_key="2026-W47", articles=known, at=NOON)


def test_an_article_becomes_an_entry_with_its_own_id_and_absolute_addresses() -> None:
    content = '<p>Look:</p><img src="media/0a1b.jpg" alt="x">'
    one = article_entry(resolved(content=content), publication=PUBLICATION, content="full")
    assert one.id == article().id
    assert one.url == "https://harbour.example/1"
    assert one.content == f'<p>Look:</p><img src="{FEEDS}media/0a1b.jpg" alt="x">'
    assert one.image == Image(f"{FEEDS}media/0a1b.jpg", "A ferry", 640, 360, "image/jpeg", 1234)
    assert (one.section, one.tags, one.credit) == ("Quay", ("ferry", "fog"), "Nari Ok")
    assert one.published is not None
    assert one.published.isoformat() == "2026-11-18T11:00:00+09:00"


def test_an_article_without_url_leads_to_its_own_page() -> None:
    one = article_entry(resolved(url="", slug="안개-fog"), publication=PUBLICATION, content="full")
    assert one.url == f"{FEEDS}articles/%EC%95%88%EA%B0%9C-fog.html"


def test_a_link_that_is_not_of_the_web_is_no_link() -> None:
    one = article_entry(resolved(url="javascript:alert(1)"), publication=PUBLICATION, content="full")
    assert one.url == ""


def test_excerpts_have_the_summary_and_no_content() -> None:
    one = article_entry(resolved(), publication=PUBLICATION, content="excerpt")
    assert (one.summary, one.content) == ("It waits for the fog.", "")


def test_an_article_without_summary_is_summed_up_by_its_first_words() -> None:
    content = "<h2>Fog</h2><p>It <b>waits</b>, &amp; waits.</p>" + "<p>안개가 짙다.</p>" * 200
    one = article_entry(resolved(summary="", content=content), publication=PUBLICATION, content="full")
    assert one.summary.startswith("Fog It waits, & waits. 안개가 짙다.")
    assert len(one.summary) <= 400


def test_an_article_that_never_changed_was_updated_when_it_was_published() -> None:
    one = article_entry(resolved(), publication=PUBLICATION, content="full")
    assert one.updated == one.published


def test_a_change_of_the_content_is_its_time_of_update() -> None:
    changed = NOON + timedelta(days=2, microseconds=5)
    one = article_entry(resolved(changed=changed), publication=PUBLICATION, content="full")
    assert one.updated == changed.replace(microsecond=0)
    assert one.published == article().published


def test_an_undated_article_was_updated_when_it_was_first_seen() -> None:
    undated = article(published=None)
    one = article_entry(resolve(undated, PUBLICATION), publication=PUBLICATION, content="full")
    assert one.published is None
    assert one.updated == undated.first_seen


def test_a_time_whose_zone_had_an_offset_of_odd_seconds_is_given_in_utc() -> None:
    old = datetime(1900, 1, 1, tzinfo=UTC)  # Seoul was 8:27:52 ahead
    one = article_entry(resolved(published=old), publication=PUBLICATION, content="full")
    assert one.published is not None
    assert one.published.isoformat() == "1900-01-01T00:00:00+00:00"


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 18)  # noqa: DTZ001 - the naive time is what is refused
    with pytest.raises(ValueError, match="has no zone"):
        hot_entries(
            [HotEntry(1, "Fog")],
            publication=PUBLICATION,
            edition_key="2026-W47",
            articles={},
            at=naive,
        )


def test_every_local_address_is_made_absolute_and_text_that_looks_like_one_is_not() -> None:
    content = (
        '<p title="src=">write src="media/a.jpg" here</p>'
        '<img alt="a > b" src="media/a.jpg" srcset="media/a.jpg 1x, https://x.example/b.jpg 2x, media/c.jpg 3x">'
        '<video poster="media/d.jpg"></video><a href="media/e.pdf">e</a><a href="https://x.example/media/f">f</a>'
    )
    shown = resolved(content=content).content
    assert shown == (
        '<p title="src=">write src="media/a.jpg" here</p>'
        f'<img alt="a > b" src="{FEEDS}media/a.jpg" '
        f'srcset="{FEEDS}media/a.jpg 1x, https://x.example/b.jpg 2x, {FEEDS}media/c.jpg 3x">'
        f'<video poster="{FEEDS}media/d.jpg"></video><a href="{FEEDS}media/e.pdf">e</a>'
        '<a href="https://x.example/media/f">f</a>'
    )
    assert local_images(article(content=content)) == {"0a1b.jpg", "a.jpg", "c.jpg", "d.jpg", "e.pdf"}


def test_nothing_but_resolve_makes_a_resolved_article() -> None:
    modules = Path(syndication.__file__).parent.rglob("*.py")
    assert [path.name for path in modules if "ResolvedArticle(" in path.read_text("utf-8")] == [
        "addresses.py"
    ]


def test_resolving_twice_changes_nothing() -> None:
    once = resolve(article(url="", slug="fog", content='<img src="media/a.jpg">'), PUBLICATION)
    assert resolve(once, PUBLICATION) == once
    assert local_images(once) == set()


@given(st.text(st.sampled_from('<>="/ ma&srcedi.,x'), max_size=60))
def test_resolving_keeps_everything_but_the_local_addresses(text: str) -> None:
    shown = resolved(content=text).content
    assert shown.replace(FEEDS, "") == text


def test_an_odd_content_costs_no_more_than_its_length() -> None:
    content = "media/<a" + ' b="c"' * 50_000 + "<a " + "b " * 50_000
    assert resolve(article(content=content), PUBLICATION).content == content


def test_places_stand_in_rank_order_also_for_readers_that_sort_by_time() -> None:
    entries = hot(HotEntry(2, "Second"), HotEntry(1, "First"), HotEntry(3, "Third"))
    assert [one.title for one in entries] == ["First", "Second", "Third"]
    by_time = sorted(entries, key=lambda one: one.updated, reverse=True)
    assert by_time == list(entries)
    assert len({one.updated for one in entries}) == 3
    assert all(one.updated <= NOON for one in entries)


def test_a_place_has_an_id_of_its_own_for_each_week_that_knowing_its_article_does_not_change() -> None:
    (unknown,) = hot(HotEntry(1, "Fog"))
    (known,) = hot(HotEntry(1, "Fog", article=article(1).id))
    assert known.id == unknown.id
    assert re.fullmatch(r"tag:harbour\.example,2026:hot:2026-W47:[0-9a-f]{16}", known.id)
    (next_week,) = hot_entries(
        [HotEntry(1, "Fog")], publication=PUBLICATION, edition_key="2026-W48", articles={}, at=NOON
    )
    assert next_week.id != known.id


def test_a_place_with_an_article_links_to_it_and_one_without_has_content_and_no_link() -> None:
    known, unknown = hot(HotEntry(1, "Fog", article=article(1).id), HotEntry(2, "<Rain>"))
    assert known.url == "https://harbour.example/1"
    assert known.image is not None
    assert known.summary == "1 — It waits for the fog."
    assert unknown.url == ""
    assert (unknown.title, unknown.content) == ("<Rain>", "<p><strong>2</strong></p>")


@pytest.mark.parametrize(
    ("movement", "mark"),
    [
        (None, "1"),
        (Movement(Trend.UP, 2), "1 ▲2"),
        (Movement(Trend.DOWN, 3), "1 ▼3"),
        (Movement(Trend.NEW), "1 NEW"),
        (Movement(Trend.SAME), "1 –"),  # noqa: RUF001 - the mark is an en dash
    ],
)
def test_a_place_says_how_it_moved(movement: Movement | None, mark: str) -> None:
    (one,) = hot(HotEntry(1, "Fog", movement=movement))
    assert one.summary == mark
    assert one.content == f"<p><strong>{mark}</strong></p>"


def test_an_article_that_stands_twice_is_given_at_its_better_place() -> None:
    known = article(1).id
    entries = hot(
        HotEntry(3, "Fog again", article=known), HotEntry(1, "Fog", article=known), HotEntry(2, "Fog")
    )
    assert [one.title for one in entries] == ["Fog"]


def test_places_at_the_hour_when_the_clocks_change_stay_in_order() -> None:
    berlin = replace(PUBLICATION, timezone=ZoneInfo("Europe/Berlin"))
    at = datetime(2026, 10, 25, 1, tzinfo=UTC)  # 2:00 comes for the second time
    places = [HotEntry(rank, f"Story {rank}") for rank in range(1, 4)]
    entries = hot_entries(places, publication=berlin, edition_key="2026-W43", articles={}, at=at)
    assert [one.updated.astimezone(UTC) for one in entries] == [at - timedelta(seconds=n) for n in range(3)]


def test_addresses_in_content_are_uris_and_its_words_stay() -> None:
    content = (
        '<p title="[x]">[1] href="[2]"</p><a href="https://x.example/?a[]=1&amp;b=2">[3]</a>'
        '<blockquote cite="https://x.example/a|b">x</blockquote><img src="media/a.jpg" alt="[4]">'
    )
    once = resolve(article(content=content), PUBLICATION)
    assert once.content == content.replace("a[]", "a%5B%5D").replace("a|b", "a%7Cb").replace(
        "media/", PUBLICATION.feeds_url + "media/"
    )
    assert resolve(once, PUBLICATION) == once
