"""Which articles are in an edition: each in at most one, and none is left out without a reason."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndication.domain.article import Article
from syndication.domain.week import CutOff, WeekKey

MAILED_WITHIN = timedelta(days=28)

TOO_OLD = "published more than 28 days before the cut-off"
BEFORE_FIRST = "published before the first edition's week"
BEFORE_WEEK = "published before this edition's week"


@dataclass(frozen=True, slots=True)
class Membership:
    """The articles that were in no edition, sorted into three parts. Each is newest first, ties by title.

    The `backlog` is never mailed; each of its articles has a reason in one clause. `waiting` was published after the cut-off.
    """

    members: tuple[Article, ...]
    backlog: tuple[tuple[Article, str], ...]
    waiting: tuple[Article, ...]


def reach(key: WeekKey, cutoff: CutOff) -> datetime:
    """Return how far back the edition `key` reaches: an article with an earlier date is backlog, as `TOO_OLD` if for no other reason."""
    return cutoff.at(key) - MAILED_WITHIN


def members(
    unassigned: Iterable[Article],
    *,
    key: WeekKey,
    cutoff: CutOff,
    first: WeekKey | None,
    past: bool,
) -> Membership:
    """Choose the members of the edition `key` among `unassigned` articles (in no edition, not withdrawn, first seen before now).

    An article belongs to the first edition that is frozen after it was first seen and whose cut-off is not before its date: an article
    that was collected late is in the next one, once. `first` is the first edition ever frozen, None if this is it. `past` means an edition
    made after its week: only the articles of that week are members, even those of the backlog.
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
    """Return whether an entry in a source's first collect, at `now`, is old: published before the week that will be mailed next.

    `frozen` are the existing editions. Without any, nothing is old: the first edition has its own rule. Undated entries are never old.
    """
    if published is None or not frozen:
        return False
    latest = cutoff.latest(now)
    return published <= cutoff.at(latest if latest in frozen else latest.shifted(-1))
