"""The editor's hand on a mailing: nothing of it can be claimed while it is held, or before it was approved.

Every process that sends obeys, because claiming asks here in its own transaction, and because a hold takes back what is claimed: the next
mark of whoever had it wins nothing. Dots on the wire are settled as ever.
"""

from datetime import datetime

from sqlalchemy import Connection, select, update

from syndication.store.ledger import meters
from syndication.store.tables.sending import batches, mailings

__all__ = ["hold", "is_sendable", "resume"]


def is_sendable(connection: Connection, mailing: str) -> bool:
    """Whether the mailing may be sent. On PostgreSQL the answer stands until this transaction ends."""
    c = mailings.c
    free = select(c.id).where(c.id == mailing, c.approved.is_not(None), c.held.is_(None))
    return connection.execute(free.with_for_update(read=True)).first() is not None


def hold(connection: Connection, mailing: str, *, now: datetime) -> bool:
    """Stop it, and queue again what is claimed. False, and the first time stays, when it was held before."""
    meters.guard(connection)
    c = mailings.c
    change = update(mailings).where(c.id == mailing, c.held.is_(None)).values(held=now)
    changed = connection.execute(change).rowcount > 0
    question = select(batches).where(batches.c.mailing == mailing).order_by(batches.c.id)
    for batch in connection.execute(question.with_for_update()).all():
        meters.give_back(connection, batch)
    return changed


def resume(connection: Connection, mailing: str) -> bool:
    """Let it go on. False when it was not held."""
    change = update(mailings).where(mailings.c.id == mailing, mailings.c.held.is_not(None))
    return connection.execute(change.values(held=None)).rowcount > 0
