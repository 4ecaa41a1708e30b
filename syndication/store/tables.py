"""The whole schema on one page. A change here goes with a new file in `migrations/versions`; a test compares the two."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

from syndication.store.columns import Prose, Utc, Words

__all__ = [
    "article_keys",
    "articles",
    "batches",
    "counted",
    "deliveries",
    "edition_articles",
    "editions",
    "hot_entries",
    "hot_lists",
    "lanes",
    "mailings",
    "metadata",
    "meters",
    "notes",
    "sources",
    "subscribers",
    "tallies",
    "variants",
]

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_unique",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_N_name)s_known",
        "pk": "%(table_name)s_key",
    }
)


def _text(name: str) -> Column[Any]:
    return Column(name, Prose, nullable=False, default="", server_default="")


def _number(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, default=0, server_default="0")


# An integer key that SQLite counts up by itself is an INTEGER there.
counted = BigInteger().with_variant(Integer, "sqlite")

# ---------------------------------------------------------------- collecting

sources = Table(
    "sources",
    metadata,
    Column("name", Prose, primary_key=True),
    _text("location"),  # elsewhere it is another source
    _text("etag"),
    _text("last_modified"),
    Column("collected", Utc),  # the last success; null: never
    _number("count"),  # articles at the last success
    _number("usual"),  # articles when all was well
    Column("took", Double, nullable=False, default=0, server_default="0"),  # seconds of the last attempt
    Column("failed", Utc),  # the last failure
    Column("failing_since", Utc),  # the first failure since the last success
    _number("failures"),  # in a row
    _text("error"),  # of the last attempt; empty: it went well
    Column("retired", Boolean, nullable=False, default=False),  # gone for good (410)
)

hot_lists = Table(
    "hot_lists",
    metadata,
    Column("source", Prose, primary_key=True),
    Column("origin", Prose, primary_key=True),
    _number("position"),
    Column("published", Utc),
    Column("collected", Utc, nullable=False),
    Column("lines", JSON, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Prose, nullable=False),
    _text("url"),
    Column("slug", Prose, unique=True),  # of its own page; null when it has a url
    _text("title"),
    Column("authors", JSON, nullable=False),
    Column("published", Utc),
    Column("updated", Utc),
    _text("section"),
    _text("summary"),
    _text("content"),
    Column("image", JSON(none_as_null=True)),
    _text("credit"),
    Column("tags", JSON, nullable=False),
    _text("language"),
    Column("first_seen", Utc, nullable=False),  # never moves
    Column("changed", Utc, nullable=False),
    Column("dated", Utc, nullable=False),  # published, else first seen
    _text("backlog"),
    Column("withdrawn", Utc),
    _text("reason"),  # of the withdrawal; never published
    Column("hash", Text, nullable=False),
    Index("articles_newest", "dated", "id"),
    Index(
        "articles_withdrawn",
        "withdrawn",
        sqlite_where=text("withdrawn IS NOT NULL"),
        postgresql_where=text("withdrawn IS NOT NULL"),
    ),
)

article_keys = Table(
    "article_keys",
    metadata,
    Column("key", Prose, primary_key=True),
    Column("article", ForeignKey("articles.id"), nullable=False, index=True),
    _number("position"),  # strongest first
)

# ---------------------------------------------------------------- editions

editions = Table(
    "editions",
    metadata,
    Column("key", Text, primary_key=True),  # 2026-W47, which sorts by time
    Column("number", Integer, nullable=False),
    Column("day", Text, nullable=False),  # ISO date, the publication's own
    _text("subject"),
    _text("note"),
    _text("page"),
    Column("frozen", Utc, nullable=False),
    Column("published", Utc),
)

edition_articles = Table(
    "edition_articles",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),  # in at most one edition
    Column("edition", ForeignKey("editions.key"), nullable=False, index=True),
    _number("position"),
)

hot_entries = Table(
    "hot_entries",
    metadata,
    Column("edition", ForeignKey("editions.key"), primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    _text("title"),
    _text("url"),
    _text("article"),
    _text("section"),
    Column("score", Double),
    Column("trend", Text),
    _number("places"),
)

notes = Table(
    "notes",
    metadata,
    Column("edition", Text, primary_key=True),  # a week's key; its edition may not be made yet
    _text("note"),
)

# ---------------------------------------------------------------- subscribers

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", counted, primary_key=True),
    Column("email", Prose, nullable=False),
    Column("canonical", Prose, nullable=False, unique=True),  # case folded
    Column("domain", Prose, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("consent", Text, nullable=False),
    _text("name"),
    _text("language"),
    Column("topics", Words, nullable=False),
    Column("created", Utc, nullable=False),
    Column("confirmed", Utc),
    Column("left", Utc),
    Column("paused", Utc),  # no digest that is frozen before then
    _text("proof"),
    Column("suppressed", Prose),  # the mailbox that this bounce or complaint keeps away; null: none
    sqlite_autoincrement=True,  # a reader who was erased never becomes somebody else
)

# ---------------------------------------------------------------- delivery

mailings = Table(
    "mailings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("edition", ForeignKey("editions.key"), index=True),
    Column("date", Utc, nullable=False),
    Column("headers", JSON, nullable=False),
    _number("planned"),
    Column("approved", Utc),  # null: it waits for its editor
    Column("held", Utc),  # null: nobody holds it
)

variants = Table(
    "variants",
    metadata,
    Column("mailing", ForeignKey("mailings.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    _number("position"),  # the publication's own language is the first
    _text("subject"),
    _text("preheader"),
    _text("html"),
    _text("text"),
    Column("topics", Words, nullable=False),
    Column("common", Boolean, nullable=False),
)

lanes = Table(
    "lanes",
    metadata,
    Column("mailing", ForeignKey("mailings.id"), primary_key=True),
    Column("lane", Text, primary_key=True),
    _number("turn"),  # mails taken: lanes are served in turn
)

# What the site remembers of a lane or a server, whatever the mailing (`syndication.domain.limits.Meter`).
meters = Table(
    "meters",
    metadata,
    Column("name", Prose, primary_key=True),
    Column("tokens", Double, nullable=False),
    Column("at", Utc),
    Column("day", Utc),
    _number("used"),
    _number("days"),
    Column("credit", Double, nullable=False),
    _number("cap"),
    Column("capped", Utc),
    _number("troubles"),
    Column("not_before", Utc),
    _text("words"),
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
    _text("server"),
    _number("connections"),  # in use, until its rows are given back
    Column("lease", BigInteger, nullable=False),  # microseconds
    Column("lease_until", Utc, nullable=False),
    sqlite_autoincrement=True,  # a number is never used twice: it fences
)

# A row waits (`due` is set: queued, deferred), is held (`batch` is set: claimed, dotting), or rests. Two partial indexes hold the first
# and the second, so that claiming never walks what is finished. SQLite has to be told (`INDEXED BY`).
deliveries = Table(
    "deliveries",
    metadata,
    Column("mailing", ForeignKey("mailings.id"), primary_key=True),
    Column(
        "subscriber", BigInteger, primary_key=True, autoincrement=False
    ),  # no foreign key: a reader may be erased
    Column("serial", Integer, primary_key=True, autoincrement=False),
    Column("email", Prose, nullable=False),
    _text("name"),
    _text("language"),
    Column("topics", Words, nullable=False),
    Column("key", Text, nullable=False),
    Column("token_key", Text, nullable=False),
    Column("since", Utc),
    Column("lane", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due", Utc),
    Column("batch", BigInteger),
    _number("attempts"),
    _number("unknowns"),  # how often its dot went unanswered
    _text("stage"),
    _number("code"),
    _text("reply"),
    _text("server"),
    Column("claimed", Utc),
    Column("dotted", Utc),
    Column("settled", Utc),
    Column("first_deferred", Utc),
    CheckConstraint("(state IN ('queued', 'deferred')) = (due IS NOT NULL)", name="waits"),
    CheckConstraint("(state IN ('claimed', 'dotting')) = (batch IS NOT NULL)", name="held"),
    Index(
        "deliveries_waiting",
        "mailing",
        "lane",
        "due",
        "subscriber",
        "serial",
        sqlite_where=text("due IS NOT NULL"),
        postgresql_where=text("due IS NOT NULL"),
    ),
    Index(
        "deliveries_held",
        "batch",
        sqlite_where=text("batch IS NOT NULL"),
        postgresql_where=text("batch IS NOT NULL"),
    ),
    Index(
        "deliveries_doubtful",
        "mailing",
        "subscriber",
        "serial",
        sqlite_where=text("unknowns > 0"),
        postgresql_where=text("unknowns > 0"),
    ),
    sqlite_with_rowid=False,
)

# What became of rows that were settled long ago: they are gone, with the addresses in them.
tallies = Table(
    "tallies",
    metadata,
    Column("mailing", ForeignKey("mailings.id"), primary_key=True),
    Column("state", Text, primary_key=True),
    _number("count"),
    _number("for_us"),  # failed, but for dead addresses and readers who had left
    _number("doubtful"),  # ever unknown
)
