"""Tables: subscribers, requests of the sign-up form, and marks of people who were erased."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Table,
    Text,
    false,
    text,
)

from syndication.store.columns import Prose, Utc, Words
from syndication.store.tables.core import counted, metadata, text_column

__all__ = ["erased", "requests", "subscribers"]


subscribers = Table(
    "subscribers",
    metadata,
    Column("id", counted, primary_key=True),
    Column("email", Prose, nullable=False),
    Column("canonical", Prose, nullable=False, unique=True),  # case folded
    Column("domain", Prose, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("consent", Text, nullable=False),
    text_column("name"),
    text_column("language"),
    Column("topics", Words, nullable=False),
    Column("created", Utc, nullable=False),
    Column("confirmed", Utc),
    Column("left", Utc),
    Column("paused", Utc),  # no digest that is frozen before then
    text_column("proof"),
    Column("suppressed", Prose),  # the mailbox that this bounce or complaint keeps away; null: none
    sqlite_autoincrement=True,  # a subscriber who was erased never becomes somebody else
)


# What the subscribe form was asked, to limit it. Marks are keyed hashes: no address stands here, of a subscriber or of a network.
requests: Table = Table(
    "requests",
    metadata,
    Column("id", counted, primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("reader", Text, nullable=False),  # whom a mail went to; empty: none did
    Column("network", Text, nullable=False),
    Index("requests_by_reader", "reader", "at"),
    Index("requests_by_network", "network", "at"),
)


# Few subscribers have left so, and an import of many rows does not pay for this index.
Index(
    "subscribers_suppressed",
    subscribers.c.suppressed,
    sqlite_where=text("suppressed IS NOT NULL"),
    postgresql_where=text("suppressed IS NOT NULL"),
)


# Erased subscribers as keyed hashes of their mailboxes, so that no import brings them back, and no form whoever complained.
erased: Table = Table(
    "erased",
    metadata,
    Column[Any]("mark", Text, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("complained", Boolean, nullable=False, server_default=false()),
)
