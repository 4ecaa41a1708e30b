"""What each source said last: validators, counts, failures, and its hot lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from syndication.domain.article import Source, Validators
from syndication.domain.hotlist import HotLine, HotList
from syndication.store.columns import Utc
from syndication.store.engine import Database, lock
from syndication.store.tables.articles import hot_lists, sources

__all__ = ["SourceState", "Sources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source stands: `collected` is its last success with `count` articles, `failures` how many attempts in a row have failed
    since, the first at `failing_since`. The last attempt `took` so many seconds; `usual` is how many articles it gives when all is well.
    """

    name: str
    location: str
    validators: Validators
    collected: datetime | None
    count: int
    usual: int
    took: float
    failed: datetime | None
    failing_since: datetime | None
    failures: int
    error: str
    retired: bool


class Sources:
    """The sources' states, by the name in the configuration."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def states(self) -> tuple[SourceState, ...]:
        """Every source that was ever collected, by name."""

        def question(connection: Connection) -> tuple[SourceState, ...]:
            return tuple(_state(row) for row in connection.execute(select(sources).order_by(sources.c.name)))

        return await self._database.read(question)

    async def state(self, source: Source) -> SourceState | None:
        """None when it was never tried, or only at another location: that was another source."""
        c = sources.c
        known = select(sources).where(c.name == source.name, c.location == source.location)

        def question(connection: Connection) -> SourceState | None:
            row = connection.execute(known).first()
            return _state(row) if row else None

        return await self._database.read(question)

    async def record(
        self,
        source: Source,
        *,
        at: datetime,
        validators: Validators | None = None,
        count: int | None = None,
        usual: int | None = None,
        took: float = 0.0,
        error: str = "",
        retired: bool = False,
    ) -> None:
        """Write down an attempt that `took` so many seconds: a success, or a failure with its `error`. A failure keeps what the last
        success brought; without `validators`, `count` (a 304) or `usual` a success keeps them too.
        """
        values: dict[str, Any] = {"error": error, "retired": retired, "took": took}
        if error:
            first = func.coalesce(sources.c.failing_since, literal(at, Utc))
            values |= {"failed": at, "failures": sources.c.failures + 1, "failing_since": first}
        else:
            values |= {"failures": 0, "failing_since": None}
            if not retired:  # to be gone is no success
                values["collected"] = at
            if count is not None:
                values["count"] = count
            if usual is not None:
                values["usual"] = usual
            if validators is not None:
                values |= {"etag": validators.etag, "last_modified": validators.last_modified}

        def change(connection: Connection) -> None:
            lock(connection, "sources")
            here = (sources.c.name == source.name, sources.c.location == source.location)
            if not connection.execute(select(sources.c.name).where(*here)).first():
                connection.execute(delete(sources).where(sources.c.name == source.name))
                connection.execute(insert(sources).values(name=source.name, location=source.location))
            connection.execute(update(sources).where(*here).values(values))

        await self._database.write(change)

    async def save_hot(self, source: str, lists: Sequence[HotList], *, at: datetime) -> None:
        """Put `lists` in the place of what the source named `source` had before."""
        rows = [
            {
                "source": source,
                "origin": found.origin,
                "position": position,
                "published": found.published,
                "collected": at,
                "lines": [[line.rank, line.title, line.url, line.score] for line in found.lines],
            }
            for position, found in enumerate({found.origin: found for found in lists}.values())
        ]

        def change(connection: Connection) -> None:
            lock(connection, "sources")
            connection.execute(delete(hot_lists).where(hot_lists.c.source == source))
            if rows:
                connection.execute(insert(hot_lists), rows)

        await self._database.write(change)

    async def hot_lists(self) -> tuple[HotList, ...]:
        """The lists of all sources as last collected."""
        order = (hot_lists.c.source, hot_lists.c.position)

        def question(connection: Connection) -> tuple[HotList, ...]:
            return tuple(_hot_list(row) for row in connection.execute(select(hot_lists).order_by(*order)))

        return await self._database.read(question)


def _state(row: Any) -> SourceState:
    return SourceState(
        name=row.name,
        location=row.location,
        validators=Validators(row.etag, row.last_modified),
        collected=row.collected,
        count=row._mapping["count"],  # noqa: SLF001 - a row is a tuple: `.count` is the tuple's
        usual=row.usual,
        took=row.took,
        failed=row.failed,
        failing_since=row.failing_since,
        failures=row.failures,
        error=row.error,
        retired=row.retired,
    )


def _hot_list(row: Any) -> HotList:
    lines = tuple(HotLine(rank, title, url, score) for rank, title, url, score in row.lines)
    return HotList(row.source, row.origin, lines, row.published, row.collected)
