"""Claiming on SQLite, for `store/ledger/claims.py`: one statement reads the due rows, another makes a batch hold them.

The rows travel as one JSON text: a call for each row would give up Python's lock to a busy event loop five hundred times.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from syndication.domain.delivery import Recipient, State
from syndication.errors import StoreError
from syndication.store.columns import from_microseconds, microseconds


def due_rows(
    connection: Connection, mailing: str, lane: str, consents: Sequence[str], *, now: datetime, size: int
) -> list[tuple[Recipient, bool]]:
    """Return the due rows, the longest due first, and whether the subscriber still has one of `consents`."""
    parameters = (*consents, mailing, lane, microseconds(now), size)
    rows = json.loads(
        connection.exec_driver_sql(_DUE.format(", ".join("?" * len(consents))), parameters).scalar_one()
    )
    return [(_recipient(*row), bool(eligible)) for *row, eligible in rows]


def hold_rows(
    connection: Connection, mailing: str, batch: int, rows: Sequence[Recipient], *, now: datetime
) -> None:
    """Make the batch hold these waiting rows. Raises StoreError when one of them does not wait any more."""
    keys = json.dumps([(mailing, row.subscriber, row.serial) for row in rows])
    changed = connection.exec_driver_sql(_HOLD, (batch, microseconds(now), keys))
    if changed.rowcount != len(rows):
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
_DUE = f"""SELECT json_group_array(json_array({_COLUMNS}, eligible))
  FROM (SELECT {_OURS}, coalesce(subscribers.consent, '') IN ({{}}) AS eligible
          FROM deliveries INDEXED BY deliveries_waiting LEFT JOIN subscribers ON subscribers.id = deliveries.subscriber
         WHERE deliveries.mailing = ? AND deliveries.lane = ? AND deliveries.due <= ?
         ORDER BY deliveries.due, deliveries.subscriber, deliveries.serial
         LIMIT ?)
"""  # noqa: S608 - made of constants
# The mailing is part of each row: compared with a constant, the planner would walk the whole mailing for each row.
_HOLD = f"""UPDATE deliveries SET state = '{State.CLAIMED}', due = NULL, batch = ?, claimed = ?
  FROM (SELECT json_extract(value, '$[0]') AS mailing, json_extract(value, '$[1]') AS subscriber,
               json_extract(value, '$[2]') AS serial FROM json_each(?)) AS asked
 WHERE deliveries.mailing = asked.mailing AND deliveries.subscriber = asked.subscriber AND deliveries.serial = asked.serial
   AND deliveries.due IS NOT NULL
"""  # noqa: S608 - made of constants
