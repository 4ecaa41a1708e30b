"""Which pages of a list are asked, and in which order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syndication.collect.pages.page_plan import Listing, plan_pages
from syndication.domain.page import TRIES, KnownPage, ListedPage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAGES = st.builds(
    ListedPage,
    url=st.integers(0, 30).map("https://paper.example/{}".format),
    stamp=st.sampled_from(["", "a", "b"]),
    dated=st.none() | st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
)


@given(st.lists(PAGES, max_size=40), st.integers(1, 20))
def test_every_page_is_asked_or_counted_and_none_is_asked_twice(pages: list[ListedPage], limit: int) -> None:
    plan = plan_pages([Listing("list", tuple(pages))], {}, now=NOW, limit=limit, all_ages=False)
    asked = [page.url for page, _ in plan.chosen]
    assert len(asked) == len(set(asked)) <= limit
    assert len(asked) + plan.old + plan.same + plan.left == len({page.url for page in pages})
    dates = [page.dated for page, _ in plan.chosen if page.dated]
    assert dates == sorted(dates, reverse=True)
    assert bool(plan.left) == bool(plan.short)


def test_pages_without_dates_are_taken_from_both_ends() -> None:
    pages = tuple(ListedPage(url=str(number)) for number in range(5))
    plan = plan_pages([Listing("list", pages)], {}, now=NOW, limit=3, all_ages=False)
    assert [page.url for page, _ in plan.chosen] == ["0", "4", "1"]
    assert plan.left == 2
    whole = plan_pages([Listing("list", pages)], {}, now=NOW, limit=9, all_ages=False)
    assert sorted(page.url for page, _ in whole.chosen) == ["0", "1", "2", "3", "4"]


def test_new_pages_are_asked_before_known_ones() -> None:
    known = {"a": KnownPage(url="a", listed_by="list", read=NOW, published=NOW)}
    pages = (ListedPage(url="a", dated=NOW), ListedPage(url="b"))
    plan = plan_pages([Listing("list", pages)], known, now=NOW, limit=9, all_ages=False)
    assert [page.url for page, _ in plan.chosen] == ["b", "a"]


def test_a_page_is_due_when_its_list_says_so_or_says_nothing_while_an_edit_can_matter() -> None:
    stamped = KnownPage(url="a", listed_by="list", stamp="1", read=NOW, published=NOW)
    assert (stamped.is_due("1", NOW), stamped.is_due("2", NOW)) == (False, True)
    bare = KnownPage(url="a", listed_by="list", read=NOW, published=NOW)
    assert (bare.is_due("", NOW), bare.is_due("", NOW + timedelta(days=28))) == (True, False)
    no_article = KnownPage(url="a", listed_by="list", read=NOW)
    assert (no_article.is_due("", NOW), no_article.is_due("new", NOW)) == (False, True)


def test_a_page_that_fails_is_left_alone_until_its_list_says_that_it_changed() -> None:
    page = KnownPage(url="a", listed_by="list")
    for _ in range(TRIES):
        assert page.is_due("1", NOW)
        page = page.failed("1")
    assert (page.is_due("1", NOW), page.is_due("2", NOW)) == (False, True)
    assert page.failed("2").failures == 1
