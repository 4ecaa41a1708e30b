"""Which of the listed pages are asked: the new and the changed ones, the newest first, and no more than the operator allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndication.domain.page import EDITED_WITHIN, KnownPage, ListedPage

__all__ = ["Listing", "PagePlan", "plan_pages"]


@dataclass(frozen=True, slots=True)
class Listing:
    """What one list shows: a file of a sitemap, or a section page. `url` is its address."""

    url: str
    pages: tuple[ListedPage, ...]


@dataclass(frozen=True, slots=True)
class PagePlan:
    """`asked` are the pages to fetch, each with the list it stands in. The counts: `old` pages are never asked, `same` did not change,
    `left` are beyond the limit and stay for the next collect; `short` names their lists.
    """

    asked: tuple[tuple[ListedPage, str], ...]
    old: int = 0
    same: int = 0
    left: int = 0
    short: frozenset[str] = frozenset()


def plan_pages(
    listings: Sequence[Listing], known: Mapping[str, KnownPage], *, now: datetime, limit: int, all_ages: bool
) -> PagePlan:
    """What to fetch of `listings`. With `all_ages` also what was last changed more than 28 days ago: none of it is ever mailed."""
    listed = {page.url: (page, listing.url) for listing in reversed(listings) for page in listing.pages}
    old = same = 0
    new: list[tuple[ListedPage, str]] = []
    again: list[tuple[ListedPage, str]] = []
    for page, by in listed.values():
        before = known.get(page.url)
        if not all_ages and page.dated and page.dated <= now - EDITED_WITHIN:
            old += 1
        elif before is None:
            new.append((page, by))
        elif before.is_due(page.stamp, now):
            again.append((page, by))
        else:
            same += 1
    due = [*_in_order(new), *_in_order(again)]
    left = due[limit:]
    return PagePlan(tuple(due[:limit]), old, same, len(left), frozenset(by for _, by in left))


def _in_order(pages: list[tuple[ListedPage, str]]) -> list[tuple[ListedPage, str]]:
    """The dated ones newest first; then the others from both ends by turns, for lists begin with the newest or end with it."""
    dated = sorted(
        ((page.dated, page, by) for page, by in pages if page.dated), key=lambda each: each[0], reverse=True
    )
    others = [each for each in pages if not each[0].dated]
    half = (len(others) + 1) // 2
    turns = [each for pair in zip(others[:half], reversed(others), strict=False) for each in pair]
    return [*((page, by) for _, page, by in dated), *turns[: len(others)]]
