"""The part of the schema that consent needs beside the readers themselves: requests of the web form, and who was erased."""

from typing import Any

from sqlalchemy import Boolean, Column, Index, Table, Text, false, text

from syndication.store.columns import Utc
from syndication.store.tables import counted, metadata, subscribers

__all__ = ["erased", "requests"]

# What the subscribe form was asked, to limit it. Marks are keyed hashes: no address stands here, of a reader or of a network.
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

# Few readers have left so, and an import of many rows does not pay for this index.
Index(
    "subscribers_suppressed",
    subscribers.c.suppressed,
    sqlite_where=text("suppressed IS NOT NULL"),
    postgresql_where=text("suppressed IS NOT NULL"),
)

# Erased readers as keyed hashes of their mailboxes, so that no import brings them back, and no form whoever complained.
erased: Table = Table(
    "erased",
    metadata,
    Column[Any]("mark", Text, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("complained", Boolean, nullable=False, server_default=false()),
)
