"""Which articles are in an edition: each in at most one, and none silently in none."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndication.domain.article import Article
from syndication.domain.week import CutOff, WeekKey

__all__ = ["BEFORE_FIRST", "BEFORE_WEEK", "TOO_OLD", "Membership", "members", "old_entry", "reach"]

MAILED_WITHIN = timedelta(days=28)

TOO_OLD = "published more than 28 days before the cut-off"
BEFORE_FIRST = "published before the first edition's week"
BEFORE_WEEK = "published before this edition's week"


@dataclass(frozen=True, slots=True)
class Membership:
    """What became of every article that is in no edition yet. Each part is newest first, ties by title.

    `backlog` is never mailed, each article with its reason in one clause; `waiting` was published after the cut-off.
    """

    members: tuple[Article, ...]
    backlog: tuple[tuple[Article, str], ...]
    waiting: tuple[Article, ...]


def reach(key: WeekKey, cutoff: CutOff) -> datetime:
    """How far back the edition `key` reaches: what is dated before is backlog, for its own reason or as `TOO_OLD`."""
    return cutoff.at(key) - MAILED_WITHIN


def members(
    unassigned: Iterable[Article],
    *,
    key: WeekKey,
    cutoff: CutOff,
    first: WeekKey | None,
    past: bool,
) -> Membership:
    """Sort the `unassigned` (in no edition, not withdrawn, all first seen before now) into the edition `key`.

    An article belongs to the first edition that is frozen after it was first seen and whose cut-off is not before its date: so one
    collected late is in the next, once. `first` is the first edition ever frozen, None when this is it. With `past`, an edition
    made after its week, only the articles of its own week are members, those of the backlog included.
    """
    begins, ends = cutoff.window(key)
    first_begins, _ = cutoff.window(first or key)
    chosen: list[Article] = []
    backlog: list[tuple[Article, str]] = []
    waiting: list[Article] = []
    for article in _newest_first(unassigned):
        if article.dated > ends:
            waiting.append(article)
        elif past and article.dated > begins:
            chosen.append(article)
        elif reason := _never_mailed(article, ends, first_begins) or (BEFORE_WEEK if past else ""):
            backlog.append((article, reason))
        else:
            chosen.append(article)
    return Membership(tuple(chosen), tuple(backlog), tuple(waiting))


def _newest_first(articles: Iterable[Article]) -> list[Article]:
    by_title = sorted(articles, key=lambda article: article.tie)
    return sorted(by_title, key=lambda article: article.dated, reverse=True)  # stable, reversed too


def _never_mailed(article: Article, ends: datetime, first_begins: datetime) -> str:
    if article.backlog:
        return article.backlog
    if article.dated < ends - MAILED_WITHIN:
        return TOO_OLD
    return BEFORE_FIRST if article.dated <= first_begins else ""


def old_entry(
    published: datetime | None, *, now: datetime, cutoff: CutOff, frozen: Collection[WeekKey]
) -> bool:
    """Whether an entry in a source's first collect, at `now`, is old: published before the week that is still to be mailed.

    `frozen`: the editions there are. Without any nothing is old: the first edition has a rule of its own. Undated is never old.
    """
    if published is None or not frozen:
        return False
    latest = cutoff.latest(now)
    return published <= cutoff.at(latest if latest in frozen else latest.shifted(-1))
