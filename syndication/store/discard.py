"""Taking back a frozen edition of which no mail can have gone out: its rows are gone, its articles are free again."""

from sqlalchemy import Connection, delete, or_, select

from syndication.domain.week import WeekKey
from syndication.store.engine import lock
from syndication.store.hot_tables import hot_accounts
from syndication.store.tables import (
    batches,
    deliveries,
    edition_articles,
    editions,
    hot_entries,
    lanes,
    mailings,
    tallies,
    variants,
)

__all__ = ["discard"]


def discard(connection: Connection, key: WeekKey) -> bool:
    """False, and nothing is changed, when one of its rows is held, or was ever marked before a dot (or is folded: then it was)."""
    lock(connection, "editions")
    of_edition = mailings.c.edition == str(key)
    # Whoever claims asks for this row first (`hold.goes`).
    ours = list(connection.execute(select(mailings.c.id).where(of_edition).with_for_update()).scalars())
    touched = select(mailings.c.id).where(
        of_edition,
        or_(
            select(batches.c.id).where(batches.c.mailing == mailings.c.id).exists(),
            select(tallies.c.mailing).where(tallies.c.mailing == mailings.c.id).exists(),
            select(deliveries.c.mailing)
            .where(deliveries.c.mailing == mailings.c.id, deliveries.c.dotted.is_not(None))
            .exists(),
        ),
    )
    if connection.execute(touched).first():
        return False
    for table in (deliveries, lanes, variants):
        connection.execute(delete(table).where(table.c.mailing.in_(ours)))
    connection.execute(delete(mailings).where(of_edition))
    for table in (hot_accounts, hot_entries, edition_articles):
        connection.execute(delete(table).where(table.c.edition == str(key)))
    connection.execute(delete(editions).where(editions.c.key == str(key)))
    return True
