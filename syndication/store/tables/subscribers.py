"""Tables: subscribers, requests of the sign-up form, hashes of erased subscribers, and bounces with the messages that brought them."""

from typing import Any

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Table, Text, UniqueConstraint, false

from syndication.store.columns import Prose, Utc, Words
from syndication.store.tables.core import counted, metadata, partial_index, text_column

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", counted, primary_key=True),
    Column("email", Prose, nullable=False),
    Column("canonical", Prose, nullable=False, unique=True),  # `domain.subscriber.same_address`
    Column("domain", Prose, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("consent", Text, nullable=False),
    text_column("name"),
    text_column("language"),
    Column("topics", Words, nullable=False),
    Column("created", Utc, nullable=False),
    Column("confirmed", Utc),
    Column("left", Utc),
    Column("paused", Utc),  # no digest that is frozen before this time
    text_column("proof"),
    Column("suppressed", Prose),  # the mailbox that a bounce or complaint keeps away; null: none
    # Few subscribers are suppressed, and an import of many rows does not pay for this index.
    partial_index("subscribers_suppressed", "suppressed", where="suppressed IS NOT NULL"),
    sqlite_autoincrement=True,  # the id of an erased subscriber is never used again
)


# Requests of the sign-up form, to limit them. Subscribers and networks are keyed hashes: no address is in this table.
requests: Table = Table(
    "requests",
    metadata,
    Column("id", counted, primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("reader", Text, nullable=False),  # who got a mail; empty: no mail was sent
    Column("network", Text, nullable=False),
    Index("requests_by_reader", "reader", "at"),
    Index("requests_by_network", "network", "at"),
)


# Erased subscribers, as keyed hashes of their mailboxes: no import may add them again, and after a complaint neither may the form.
erased: Table = Table(
    "erased",
    metadata,
    Column[Any]("mark", Text, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("complained", Boolean, nullable=False, server_default=false()),
)


# At most one event of each kind for a mail, however often its bounce arrives. Erased with the subscriber.
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

# Incoming messages by a hash of their bytes, so that one that arrives twice counts once.
intake: Table = Table(
    "intake",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("result", Text, nullable=False),
)
