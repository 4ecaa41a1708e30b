"""The part of the schema that tells how a frozen ranking came about."""

from sqlalchemy import JSON, Column, ForeignKey, Table

from syndication.store.tables import metadata

__all__ = ["hot_accounts"]

# The document of `domain.hot_account`: numbers and addresses of articles, nothing about a reader.
hot_accounts = Table(
    "hot_accounts",
    metadata,
    Column("edition", ForeignKey("editions.key"), primary_key=True),
    Column("account", JSON, nullable=False),
)
