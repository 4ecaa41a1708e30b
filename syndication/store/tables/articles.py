"""Tables: sources, their pages and hot lists, and articles."""

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Index, Integer, Table, Text

from syndication.store.columns import Prose, Utc
from syndication.store.tables.core import metadata, number_column, partial_index, text_column

sources = Table(
    "sources",
    metadata,
    Column("name", Prose, primary_key=True),
    text_column("location"),  # at another location it is another source
    text_column("etag"),
    text_column("last_modified"),
    Column("collected", Utc),  # the last success; null: never
    number_column("count"),  # articles at the last success
    number_column("usual"),  # articles when the source is healthy
    Column("took", Double, nullable=False, default=0, server_default="0"),  # seconds of the last attempt
    Column("failed", Utc),  # the last failure
    Column("failing_since", Utc),  # the first failure since the last success
    number_column("failures"),  # in a row
    text_column("error"),  # of the last attempt; empty: it succeeded
    Column("retired", Boolean, nullable=False, default=False),  # the source answered 410 Gone
)


hot_lists = Table(
    "hot_lists",
    metadata,
    Column("source", Prose, primary_key=True),
    Column("origin", Prose, primary_key=True),
    number_column("position"),
    Column("published", Utc),
    Column("collected", Utc, nullable=False),
    Column("lines", JSON, nullable=False),
)


articles = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Prose, nullable=False),
    text_column("url"),
    Column("slug", Prose, unique=True),  # of its page; null when the article has a url
    text_column("title"),
    Column("authors", JSON, nullable=False),
    Column("published", Utc),
    Column("updated", Utc),
    text_column("section"),
    text_column("summary"),
    text_column("content"),
    Column("image", JSON(none_as_null=True)),
    text_column("credit"),
    Column("tags", JSON, nullable=False),
    text_column("language"),
    Column("first_seen", Utc, nullable=False),  # never moves
    Column("changed", Utc, nullable=False),
    Column("dated", Utc, nullable=False),  # published, else first seen
    text_column("backlog"),
    Column("withdrawn", Utc),
    text_column("reason"),  # of the withdrawal; never published
    Column("hash", Text, nullable=False),
    Index("articles_newest", "dated", "id"),
    partial_index("articles_withdrawn", "withdrawn", where="withdrawn IS NOT NULL"),
)


article_keys = Table(
    "article_keys",
    metadata,
    Column("key", Prose, primary_key=True),
    Column("article", ForeignKey("articles.id"), nullable=False, index=True),
    number_column("position"),  # strongest first
)


# The pages that a source lists and that were read, and the files of its sitemap, so that only changed ones are read again.
pages: Table = Table(
    "pages",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("listed_by", Text, nullable=False),
    Column("stamp", Text, nullable=False),  # the time of its last change, as the list gives it
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("read", Utc),
    Column("published", Utc),  # of the article; null: the page holds none
    Column("failures", Integer, nullable=False, default=0),  # collects in a row
    Column("is_list", Boolean, nullable=False, default=False),  # a file of a sitemap
)
