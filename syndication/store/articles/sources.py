"""What the last collects found at each source: validators, counts, failures, and its hot lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from syndication.domain.article import Source, Validators
from syndication.domain.hotlist import HotLine, HotList
from syndication.store.columns import Utc
from syndication.store.engine import lock
from syndication.store.repository import Repository, reads, writes
from syndication.store.tables.articles import hot_lists, sources


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The state of a source. `collected` is its last success, with `count` articles; `failures` counts the failed attempts since, the
    first of them at `failing_since`. `took` is the last attempt's seconds, `usual` how many articles a healthy source gives.
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


class Sources(Repository):
    """The sources' states, by the name in the configuration."""

    @reads
    def states(self, connection: Connection) -> tuple[SourceState, ...]:
        """Return every source that was ever collected, by name."""
        return tuple(map(_state, connection.execute(select(sources).order_by(sources.c.name))))

    @reads
    def state(self, connection: Connection, source: Source) -> SourceState | None:
        """Return a source's state; None when it was never tried, or only at another location: that was another source."""
        here = (sources.c.name == source.name, sources.c.location == source.location)
        row = connection.execute(select(sources).where(*here)).first()
        return _state(row) if row else None

    @writes
    def record(
        self,
        connection: Connection,
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
        """Record an attempt that took `took` seconds: a failure when there is an `error`, else a success.

        A failure leaves `validators`, `count` and `usual` as they are, and so does a success without them (a 304 has no count).
        """
        values: dict[str, Any] = {"error": error, "retired": retired, "took": took}
        if error:
            first = func.coalesce(sources.c.failing_since, literal(at, Utc))
            values |= {"failed": at, "failures": sources.c.failures + 1, "failing_since": first}
        else:
            values |= {"failures": 0, "failing_since": None}
            if not retired:  # a 410 is no success
                values["collected"] = at
            if count is not None:
                values["count"] = count
            if usual is not None:
                values["usual"] = usual
            if validators is not None:
                values |= {"etag": validators.etag, "last_modified": validators.last_modified}
        lock(connection, "sources")
        here = (sources.c.name == source.name, sources.c.location == source.location)
        if not connection.execute(select(sources.c.name).where(*here)).first():
            connection.execute(delete(sources).where(sources.c.name == source.name))
            connection.execute(insert(sources).values(name=source.name, location=source.location))
        connection.execute(update(sources).where(*here).values(values))

    @writes
    def save_hot(
        self, connection: Connection, source: str, lists: Sequence[HotList], *, at: datetime
    ) -> None:
        """Replace the hot lists of the source named `source`."""
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
        lock(connection, "sources")
        connection.execute(delete(hot_lists).where(hot_lists.c.source == source))
        if rows:
            connection.execute(insert(hot_lists), rows)

    @reads
    def hot_lists(self, connection: Connection) -> tuple[HotList, ...]:
        """Return the hot lists of all sources as last collected."""
        query = select(hot_lists).order_by(hot_lists.c.source, hot_lists.c.position)
        return tuple(map(_hot_list, connection.execute(query)))


def _state(row: Any) -> SourceState:
    return SourceState(
        name=row.name,
        location=row.location,
        validators=Validators(row.etag, row.last_modified),
        collected=row.collected,
        count=row._mapping["count"],  # noqa: SLF001 - a row is a tuple, and tuples have a method `count`
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
