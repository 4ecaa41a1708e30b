"""Tables: mailings, their variants, and the ledger of deliveries."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Integer,
    Table,
    Text,
)

from syndication.store.columns import Prose, Utc, Words
from syndication.store.tables.core import counted, metadata, number_column, partial_index, text_column

mailings = Table(
    "mailings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("edition", ForeignKey("editions.key"), index=True),
    Column("date", Utc, nullable=False),
    Column("headers", JSON, nullable=False),
    number_column("planned"),
    Column("approved", Utc),  # null: it waits for an editor
    Column("held", Utc),  # null: it is not held
)


variants = Table(
    "variants",
    metadata,
    Column("mailing", ForeignKey("mailings.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    number_column("position"),  # the publication's own language is the first
    text_column("subject"),
    text_column("preheader"),
    text_column("html"),
    text_column("text"),
    Column("topics", Words, nullable=False),
    Column("common", Boolean, nullable=False),
)


lanes = Table(
    "lanes",
    metadata,
    Column("mailing", ForeignKey("mailings.id"), primary_key=True),
    Column("lane", Text, primary_key=True),
    number_column("turn"),  # mails claimed: lanes take turns
)


# What a site knows of a lane or a server, across mailings (`syndication.domain.limits.Meter`).
meters = Table(
    "meters",
    metadata,
    Column("name", Prose, primary_key=True),
    Column("tokens", Double, nullable=False),
    Column("at", Utc),
    Column("day", Utc),
    number_column("used"),
    number_column("days"),
    Column("credit", Double, nullable=False),
    number_column("cap"),
    Column("capped", Utc),
    number_column("troubles"),
    Column("not_before", Utc),
    text_column("words"),
    Column("refused", Words, nullable=False),
)


batches = Table(
    "batches",
    metadata,
    Column("id", counted, primary_key=True),
    Column("mailing", ForeignKey("mailings.id"), nullable=False, index=True),
    Column("lane", Text, nullable=False),
    Column("owner", Text, nullable=False),  # host/run or host/run/number
    Column("token", Text, nullable=False),
    text_column("server"),
    number_column("connections"),  # in use, until the batch is finished
    Column("lease", BigInteger, nullable=False),  # microseconds
    Column("lease_until", Utc, nullable=False),
    sqlite_autoincrement=True,  # a number is never used twice: it is the fence
)


# A row waits (`due` is set: queued, deferred), is held (`batch` is set: claimed, dotting), or is finished. Partial indexes cover
# waiting and held rows, so that claiming never reads finished ones. SQLite needs a hint for that (`INDEXED BY`).
deliveries = Table(
    "deliveries",
    metadata,
    Column("mailing", ForeignKey("mailings.id"), primary_key=True),
    Column(
        "subscriber", BigInteger, primary_key=True, autoincrement=False
    ),  # no foreign key: a subscriber may be erased
    Column("serial", Integer, primary_key=True, autoincrement=False),
    Column("email", Prose, nullable=False),
    text_column("name"),
    text_column("language"),
    Column("topics", Words, nullable=False),
    Column("key", Text, nullable=False),
    Column("token_key", Text, nullable=False),
    Column("since", Utc),
    Column("lane", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due", Utc),
    Column("batch", BigInteger),
    number_column("attempts"),
    number_column("unknowns"),  # how often its dot went unanswered
    text_column("stage"),
    number_column("code"),
    text_column("reply"),
    text_column("server"),
    Column("claimed", Utc),
    Column("dotted", Utc),
    Column("settled", Utc),
    Column("first_deferred", Utc),
    # The naming convention puts the table's name before these, as the first release did.
    CheckConstraint("(state IN ('queued', 'deferred')) = (due IS NOT NULL)", name="deliveries_waits"),
    CheckConstraint("(state IN ('claimed', 'dotting')) = (batch IS NOT NULL)", name="deliveries_held"),
    partial_index(
        "deliveries_waiting", "mailing", "lane", "due", "subscriber", "serial", where="due IS NOT NULL"
    ),
    partial_index("deliveries_held", "batch", where="batch IS NOT NULL"),
    partial_index("deliveries_doubtful", "mailing", "subscriber", "serial", where="unknowns > 0"),
    sqlite_with_rowid=False,
)


# Counts of rows that were settled long ago: the rows are deleted, with the addresses in them.
tallies = Table(
    "tallies",
    metadata,
    Column("mailing", ForeignKey("mailings.id"), primary_key=True),
    Column("state", Text, primary_key=True),
    number_column("count"),
    number_column("for_us"),  # failed, without dead addresses and subscribers who had left
    number_column("doubtful"),  # ever unknown
)
