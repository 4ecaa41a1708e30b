"""The tables of publishing: what has to be looked at, what stands on which shelf, what the published folder holds.

All of it is made from the articles and editions, but for the sealed documents: whatever changes, those stay as they went out.
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
from syndication.store.tables.core import metadata

__all__ = ["built", "due_articles", "files", "history", "items", "listings", "sealed", "shelves"]

# An integer key that SQLite counts up by itself is an INTEGER there.
_counted = BigInteger().with_variant(Integer, "sqlite")

# An article stands here from the moment that something about it changes until publishing has looked at it; those that wait for their
# time, and tombstones for their end, stand here with that time.
due_articles = Table(
    "due_articles",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("due", Utc, nullable=False),
    Column("dated", Utc, nullable=False),  # the article's: they are taken in this order
    Index("due_articles_order", "dated", "article"),
)

shelves = Table(
    "shelves",
    metadata,
    Column("id", _counted, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Prose, nullable=False),  # as it is compared
    Column("slug", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("count", Integer, nullable=False, default=0),  # of articles that are shown
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
    Column("shown", Boolean, nullable=False),  # else only its tombstone is
    Index("listings_newest", "shelf", "shown", "dated", "article"),
)

# Articles as they stand in feeds, so that one that did not change is not written again; made as it is filed.
items = Table(
    "items",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("data", LargeBinary, nullable=False),  # what publish/items.py makes of it
)

# Every state of an article that subscribers of older/ were shown, in order. Those of a sealed document keep its number; of the others there
# is one an article.
history = Table(
    "history",
    metadata,
    Column("seq", _counted, primary_key=True),
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
    Column("announce", Boolean, nullable=False, default=False),  # the hubs have yet to hear of it
)

# The facts that every file depends on (configuration, version), as one hash: when they change, everything is made anew. When the theme
# does, as another, pages are.
built = Table(
    "built",
    metadata,
    Column("facts", Text, primary_key=True),
    Column("theme", Text, nullable=False, server_default=""),
)
