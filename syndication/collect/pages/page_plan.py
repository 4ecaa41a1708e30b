"""Choose which of the listed pages to fetch: new and changed ones, the newest first, up to the source's limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndication.domain.page import EDITED_WITHIN, KnownPage, ListedPage


@dataclass(frozen=True, slots=True)
class Listing:
    """The pages of one list: a file of a sitemap, or a section page. `url` is its address."""

    url: str
    pages: tuple[ListedPage, ...]


@dataclass(frozen=True, slots=True)
class PagePlan:
    """`chosen` are the pages to fetch, each with the list that names it. The counts: `old` pages are never fetched,
    `same` did not change, `left` are beyond the limit and wait for the next collect; `short` are the lists of these.
    """

    chosen: tuple[tuple[ListedPage, str], ...]
    old: int = 0
    same: int = 0
    left: int = 0
    short: frozenset[str] = frozenset()


def plan_pages(
    listings: Sequence[Listing], known: Mapping[str, KnownPage], *, now: datetime, limit: int, all_ages: bool
) -> PagePlan:
    """Choose what to fetch of `listings`. `all_ages`: also pages last changed more than 28 days ago, which are never mailed."""
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
    """Sort the dated ones newest first; then the others, alternating from both ends: lists begin or end with the newest."""
    dated = sorted(
        ((page.dated, page, by) for page, by in pages if page.dated), key=lambda each: each[0], reverse=True
    )
    others = [each for each in pages if not each[0].dated]
    half = (len(others) + 1) // 2
    turns = [each for pair in zip(others[:half], reversed(others), strict=False) for each in pair]
    return [*((page, by) for _, page, by in dated), *turns[: len(others)]]
