"""Filing: putting articles onto the shelves of their labels and into the history of what feed readers were shown.

It makes every shelf stale that holds or held one of the articles: the shelf's files have to be written.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from syndication.domain.hotlist import normalise_title
from syndication.domain.published import Filing, Label, ShelfKind
from syndication.domain.slug import unique_slug
from syndication.domain.text import cut
from syndication.store.articles.due import Due, mark_due
from syndication.store.repository import batched
from syndication.store.tables.publishing import history, listings, shelves

SITEMAP_SIZE = 1_000  # articles
_NAME = 200  # characters of a name that are compared; an index takes no more
_TITLE = 120  # characters


@dataclass(slots=True)
class _Shelves:
    """The shelves used in one transaction."""

    connection: Connection
    by_name: dict[tuple[ShelfKind, str], int]
    last_sitemap: int | None = None  # its shelf's id
    room: int = 0  # articles that still fit on that shelf

    def of(self, label: Label) -> int:
        """Return the shelf of `label`, inserted when there is none."""
        name = _compared(label.name)
        if (label.kind, name) not in self.by_name:
            self.by_name[label.kind, name] = self._make(label, name)
        return self.by_name[label.kind, name]

    def sitemap(self) -> int:
        """Return a sitemap's shelf that has room for one more article."""
        if self.last_sitemap is None:
            self._find_sitemap()
        if not self.room:
            number = str(1 + sum(kind is ShelfKind.SITEMAP for kind, _ in self.by_name))
            self.last_sitemap = self.of(Label(ShelfKind.SITEMAP, number))
            self.room = SITEMAP_SIZE
        self.room -= 1
        assert self.last_sitemap is not None
        return self.last_sitemap

    def _find_sitemap(self) -> None:
        c = shelves.c
        found = self.connection.execute(
            select(c.id, c.name).where(c.kind == ShelfKind.SITEMAP).order_by(c.id)
        )
        for row in found:
            self.by_name[ShelfKind.SITEMAP, row.name] = self.last_sitemap = row.id
        if self.last_sitemap is not None:
            used = select(func.count()).where(listings.c.shelf == self.last_sitemap)
            self.room = max(0, SITEMAP_SIZE - self.connection.execute(used).scalar_one())

    def _make(self, label: Label, name: str) -> int:
        row = {
            "kind": label.kind,
            "name": name,
            "slug": self._free_slug(label.kind, name),
            "title": cut(label.name, _TITLE),
            "open": label.kind is ShelfKind.SITEMAP,
        }
        made = self.connection.execute(insert(shelves).values(row).returning(shelves.c.id))
        return int(made.scalar_one())

    def _free_slug(self, kind: ShelfKind, name: str) -> str:
        taken: set[str] = set()
        while True:
            slug = unique_slug(name, taken, name)
            same = select(shelves.c.id).where(shelves.c.kind == kind, shelves.c.slug == slug)
            if self.connection.execute(same).first() is None:
                return slug
            taken.add(slug)


def file_articles(
    connection: Connection, filings: Sequence[tuple[Filing, Sequence[Label]]], *, now: datetime
) -> None:
    """File each article, at most 500, under its labels."""
    ids = [filing.article.id for filing, _ in filings]
    known = _Shelves(connection, _known(connection, [label for _, labels in filings for label in labels]))
    before = _listed(connection, ids)
    rows: list[dict[str, Any]] = []
    counts: Counter[int] = Counter()
    for filing, labels in filings:
        article, shown = filing.article, filing.shown(now)
        old = before[article.id]
        new = {known.of(label) for label in labels if _compared(label.name)} if filing.listed(now) else set()
        if shown:
            new.add(next((row.shelf for row in old if row.kind == ShelfKind.SITEMAP), 0) or known.sitemap())
        counts.update(dict.fromkeys(new, int(shown)))
        counts.subtract({row.shelf: int(row.shown) for row in old})
        rows += [
            {"article": article.id, "shelf": shelf, "dated": article.dated, "shown": shown}
            for shelf in sorted(new)
        ]
    connection.execute(delete(listings).where(listings.c.article.in_(ids)))
    if rows:
        connection.execute(insert(listings), rows)
    _count(connection, counts)
    _remember(connection, [filing for filing, _ in filings], now)
    mark_due(
        connection,
        [Due(one.article.id, one.article.dated, one.next_look(now)) for one, _ in filings],
    )


def _compared(name: str) -> str:
    return normalise_title(name)[:_NAME].strip()


def _known(connection: Connection, labels: Iterable[Label]) -> dict[tuple[ShelfKind, str], int]:
    by_kind: dict[ShelfKind, set[str]] = {}
    for label in labels:
        by_kind.setdefault(label.kind, set()).add(_compared(label.name))
    c = shelves.c
    query = select(c.name, c.id).where(
        c.kind == bindparam("kind"), c.name.in_(bindparam("names", expanding=True))
    )
    found: dict[tuple[ShelfKind, str], int] = {}
    for kind, names in by_kind.items():
        for some in batched(sorted(names)):
            rows = connection.execute(query, {"kind": kind, "names": some})
            found.update({(kind, name): shelf for name, shelf in rows})
    return found


def _listed(connection: Connection, ids: Sequence[str]) -> Mapping[str, list[Any]]:
    """Return the listings of each article."""
    query = (
        select(listings.c.article, listings.c.shelf, listings.c.shown, shelves.c.kind)
        .join(shelves, shelves.c.id == listings.c.shelf)
        .where(listings.c.article.in_(ids))
    )
    found: dict[str, list[Any]] = {article: [] for article in ids}
    for row in connection.execute(query):
        found[row.article].append(row)
    return found


def _count(connection: Connection, counts: Mapping[int, int]) -> None:
    """Add the differences to the shelves' counts: counting a big shelf again would cost more than filing onto it."""
    c = shelves.c
    change = (
        update(shelves)
        .where(c.id == bindparam("shelf"))
        .values(stale=True, count=c.count + bindparam("more"))
    )
    if counts:
        connection.execute(change, [{"shelf": shelf, "more": more} for shelf, more in sorted(counts.items())])


def _remember(connection: Connection, filings: Sequence[Filing], now: datetime) -> None:
    """Update the history, which has one unsealed row for each shown article, that of its latest state."""
    c = history.c
    ids = [filing.article.id for filing in filings]
    latest = {
        row.article: row.state
        for row in connection.execute(select(c.article, c.state).where(c.article.in_(ids)).order_by(c.seq))
    }
    changed = [
        filing
        for filing in filings
        if not filing.shown(now) or latest.get(filing.article.id) != _state(filing)
    ]
    stale = [filing.article.id for filing in changed]
    connection.execute(delete(history).where(c.article.in_(stale), c.document.is_(None)))
    rows = [{"article": one.article.id, "state": _state(one)} for one in changed if one.shown(now)]
    if rows:
        connection.execute(insert(history), rows)


def _state(filing: Filing) -> str:
    article = filing.article
    seen = f"{article.content_hash()} {article.published}"
    return hashlib.sha256(seen.encode()).hexdigest()[:32]
