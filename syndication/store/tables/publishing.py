"""Tables: the articles that are due for publishing, the shelves with their articles, and the files in the published folder.

All of it can be made again from the articles and editions, except the sealed documents, which never change once they are published.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from syndication.store.columns import Prose, Utc
from syndication.store.tables.core import counted, metadata

# An article is here from the moment it changes until publishing has looked at it. One that waits for its publication time, or for the end
# of its tombstone, is here with that time.
due_articles = Table(
    "due_articles",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("due", Utc, nullable=False),
    Column("dated", Utc, nullable=False),  # the article's own, which is the order of work
    Index("due_articles_order", "dated", "article"),
)

shelves = Table(
    "shelves",
    metadata,
    Column("id", counted, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Prose, nullable=False),  # in the form in which names are compared
    Column("slug", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("count", Integer, nullable=False, default=0),  # of shown articles
    Column("open", Boolean, nullable=False, default=False),  # has feeds
    Column("stale", Boolean, nullable=False, default=False),  # its files have to be written
    UniqueConstraint("kind", "name"),
    UniqueConstraint("kind", "slug"),
)

listings = Table(
    "listings",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("shelf", ForeignKey("shelves.id"), primary_key=True),
    Column("dated", Utc, nullable=False),
    Column("shown", Boolean, nullable=False),  # false: only its tombstone is
    Index("listings_newest", "shelf", "shown", "dated", "article"),
)

# Feed items as written, so that an unchanged article is not rendered again.
items = Table(
    "items",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("data", LargeBinary, nullable=False),  # see publish/items.py
)

# Every state of an article that feed readers were shown in older/, in order. The states of a sealed document have its number; of the others
# there is one for each article.
history = Table(
    "history",
    metadata,
    Column("seq", counted, primary_key=True),
    Column("article", ForeignKey("articles.id"), nullable=False, index=True),
    Column("state", Text, nullable=False),  # equal exactly when nothing changed
    Column("document", Integer),  # null: not sealed yet
    Index("history_order", "document", "seq"),
    sqlite_autoincrement=True,
)

sealed = Table(
    "sealed",
    metadata,
    Column("document", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),  # rss.xml, atom.xml, feed.json
    Column("data", LargeBinary, nullable=False),  # gzip
)

# The manifest.
files = Table(
    "files",
    metadata,
    Column("path", Prose, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("wanted", Boolean, nullable=False, default=True),
    Column("announce", Boolean, nullable=False, default=False),  # it is to be announced to the hubs
)

# A hash of the facts that every file depends on (configuration, version): when it changes, everything is written again. `theme` is a hash
# of the theme: when it changes, the pages are.
built = Table(
    "built",
    metadata,
    Column("facts", Text, primary_key=True),
    Column("theme", Text, nullable=False, server_default=""),
)
