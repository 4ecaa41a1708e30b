"""The part of the schema about what comes back: what was decided about a subscriber, and which messages were taken already."""

from sqlalchemy import Column, Double, ForeignKey, Table, Text, UniqueConstraint

from syndication.store.columns import Prose, Utc
from syndication.store.tables.core import counted, metadata

__all__ = ["bounces", "intake"]

# One mail has one say of each kind, however often its bounce comes. They go with their subscriber.
bounces: Table = Table(
    "bounces",
    metadata,
    Column("id", counted, primary_key=True),
    Column("subscriber", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("sent", Utc, nullable=False),  # the mail's date
    Column("kind", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("status", Text, nullable=False),
    Column("words", Prose, nullable=False),
    Column("source", Text, nullable=False),
    Column("score", Double, nullable=False),  # 0: it did not count
    Column("why", Prose, nullable=False),
    UniqueConstraint("subscriber", "sent", "kind"),
)

# Messages that came in, by a hash of their bytes, so that one that is handed in twice counts once.
intake: Table = Table(
    "intake",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("result", Text, nullable=False),
)
