"""Claiming on SQLite: the due rows in one statement, and taking them in another (`store/ledger/claims.py` says when).

Each comes and goes as one JSON text: a call a row would give up Python's lock five hundred times, to a busy event loop.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from syndication.domain.delivery import Recipient, State
from syndication.errors import StoreError
from syndication.store.columns import from_microseconds, microseconds

__all__ = ["due_rows", "take_rows"]


def due_rows(
    connection: Connection, mailing: str, lane: str, consents: Sequence[str], *, now: datetime, size: int
) -> list[tuple[Recipient, bool]]:
    """The rows that are due, the longest first, and whether the subscriber still stands in one of `consents`."""
    asked = (*consents, mailing, lane, microseconds(now), size)
    rows = json.loads(
        connection.exec_driver_sql(_DUE.format(", ".join("?" * len(consents))), asked).scalar_one()
    )
    return [(_recipient(*row), bool(welcome)) for *row, welcome in rows]


def take_rows(
    connection: Connection, mailing: str, batch: int, rows: Sequence[Recipient], *, now: datetime
) -> None:
    """Let the batch hold these waiting rows. Raises StoreError when one of them waits no longer."""
    keys = json.dumps([(mailing, row.subscriber, row.serial) for row in rows])
    taken = connection.exec_driver_sql(_TAKE, (batch, microseconds(now), keys))
    if taken.rowcount != len(rows):
        raise StoreError("The ledger changed under a lock.", "Nothing was sent on it; run again.")


def _recipient(  # noqa: PLR0917 - the columns of _DUE
    subscriber: int,
    serial: int,
    email: str,
    name: str,
    language: str,
    topics: str,
    key: str,
    token_key: str,
    since: int | None,
    attempts: int,
    first_deferred: int | None,
) -> Recipient:
    return Recipient(
        subscriber=subscriber,
        serial=serial,
        email=email,
        name=name,
        language=language,
        topics=tuple(topics.split()),
        key=key,
        token_key=token_key,
        since=None if since is None else from_microseconds(since),
        attempts=attempts,
        deferrals_since=None if first_deferred is None else from_microseconds(first_deferred),
    )


_COLUMNS = (
    "subscriber, serial, email, name, language, topics, key, token_key, since, attempts, first_deferred"
)
_OURS = ", ".join(f"deliveries.{name}" for name in _COLUMNS.split(", "))
# Without INDEXED BY the planner would walk the primary key over finished rows, and claiming would take quadratic time.
_DUE = f"""SELECT json_group_array(json_array({_COLUMNS}, welcome))
  FROM (SELECT {_OURS}, coalesce(subscribers.consent, '') IN ({{}}) AS welcome
          FROM deliveries INDEXED BY deliveries_waiting LEFT JOIN subscribers ON subscribers.id = deliveries.subscriber
         WHERE deliveries.mailing = ? AND deliveries.lane = ? AND deliveries.due <= ?
         ORDER BY deliveries.due, deliveries.subscriber, deliveries.serial
         LIMIT ?)
"""  # noqa: S608 - made of constants
# Asked for with their mailing: compared with a constant, the planner would walk the whole mailing for each of them.
_TAKE = f"""UPDATE deliveries SET state = '{State.CLAIMED}', due = NULL, batch = ?, claimed = ?
  FROM (SELECT json_extract(value, '$[0]') AS mailing, json_extract(value, '$[1]') AS subscriber,
               json_extract(value, '$[2]') AS serial FROM json_each(?)) AS asked
 WHERE deliveries.mailing = asked.mailing AND deliveries.subscriber = asked.subscriber AND deliveries.serial = asked.serial
   AND deliveries.due IS NOT NULL
"""  # noqa: S608 - made of constants
