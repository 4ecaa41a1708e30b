"""The differences from the edition before, for the preview."""

from dataclasses import dataclass

from syndication.domain.hotlist import HotEntry
from syndication.domain.subscriber import Consent
from syndication.domain.variant import Variant
from syndication.domain.week import WeekKey
from syndication.flows.app import App
from syndication.flows.desk.proof import Proof


@dataclass(frozen=True, slots=True)
class Row:
    """One fact about both editions, in words."""

    what: str
    now: str
    before: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences from the edition `key`. An article is in one edition only, so titles are listed by edition; an entry of the hot list may be in both."""

    key: WeekKey
    rows: tuple[Row, ...]
    articles: tuple[str, ...]  # titles of this edition
    articles_before: tuple[str, ...]
    came: tuple[str, ...]  # into the hot list
    left: tuple[str, ...]


async def difference(app: App, proof: Proof) -> Difference | None:
    """Return the differences from the nearest earlier frozen edition; None for the first."""
    earlier = [key for key in await app.store.editions.frozen() if key < proof.key]
    if not earlier:
        return None
    last = await app.store.editions.get(max(earlier))
    assert last
    before = (await app.store.editions.mailing(last.mailing)).variants[0]
    titles = await app.store.articles.get(last.articles)
    rows = (
        Row("Subject", proof.main.subject, before.subject),
        Row("Articles", str(len(proof.articles)), str(len(last.articles))),
        Row("Topics", ", ".join(proof.main.topics), ", ".join(before.topics)),
        Row("Hot list", str(len(proof.hot)), str(len(last.hot))),
        Row("Subscribers", f"{await _subscribers(app, proof):,}", f"{last.planned:,}"),
        Row("HTML", _size(proof.main), _size(before)),
    )
    return Difference(
        last.key,
        rows,
        tuple(each.title for each in proof.articles),
        tuple(titles[each].title for each in last.articles if each in titles),
        _without(proof.hot, last.hot),
        _without(last.hot, proof.hot),
    )


async def _subscribers(app: App, proof: Proof) -> int:
    if proof.frozen:
        return proof.frozen.planned
    return (await app.store.subscribers.count())[Consent.CONFIRMED]


def _size(variant: Variant) -> str:
    return f"{len(variant.html.encode()) / 1000:.1f} KB"


def _without(some: tuple[HotEntry, ...], others: tuple[HotEntry, ...]) -> tuple[str, ...]:
    known = {entry.title for entry in others}
    return tuple(entry.title for entry in some if entry.title not in known)
