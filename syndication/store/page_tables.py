"""The part of the schema that sources of pages need: what is remembered of each page."""

from sqlalchemy import Boolean, Column, Integer, Table, Text

from syndication.store.columns import Utc
from syndication.store.tables import metadata

__all__ = ["pages"]

# A row for every page that a source's lists show and that was read, and for every file of a sitemap. Without it each is read anew.
pages: Table = Table(
    "pages",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("listed_by", Text, nullable=False),
    Column("stamp", Text, nullable=False),  # what the list says of its last change
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("read", Utc),
    Column("published", Utc),  # of the article; empty: it holds none
    Column("failures", Integer, nullable=False, default=0),  # collects in a row
    Column("is_list", Boolean, nullable=False, default=False),  # a file of a sitemap
)
