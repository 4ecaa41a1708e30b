"""Tables: editions, their articles and hot list, and the editor's notes."""

from sqlalchemy import JSON, Column, Double, ForeignKey, Integer, Table, Text

from syndication.store.columns import Utc
from syndication.store.tables.core import metadata, number_column, text_column

editions = Table(
    "editions",
    metadata,
    Column("key", Text, primary_key=True),  # 2026-W47, which sorts by time
    Column("number", Integer, nullable=False),
    Column("day", Text, nullable=False),  # ISO date, in the publication's time zone
    text_column("subject"),
    text_column("note"),
    text_column("page"),
    Column("frozen", Utc, nullable=False),
    Column("published", Utc),
)


edition_articles = Table(
    "edition_articles",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),  # an article is in at most one edition
    Column("edition", ForeignKey("editions.key"), nullable=False, index=True),
    number_column("position"),
)


hot_entries = Table(
    "hot_entries",
    metadata,
    Column("edition", ForeignKey("editions.key"), primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    text_column("title"),
    text_column("url"),
    text_column("article"),
    text_column("section"),
    Column("score", Double),
    Column("trend", Text),
    number_column("places"),
)


notes = Table(
    "notes",
    metadata,
    Column("edition", Text, primary_key=True),  # a week's key; the edition may not exist yet
    text_column("note"),
)


# The document of `domain.hot_account`: numbers and addresses of articles, nothing about a subscriber.
hot_accounts = Table(
    "hot_accounts",
    metadata,
    Column("edition", ForeignKey("editions.key"), primary_key=True),
    Column("account", JSON, nullable=False),
)
