"""The parts that all tables share: the metadata with its naming of constraints, and columns that recur."""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData

from syndication.store.columns import Prose

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_unique",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_N_name)s_known",
        "pk": "%(table_name)s_key",
    }
)

# An integer key that SQLite counts up by itself is an INTEGER there.
counted = BigInteger().with_variant(Integer, "sqlite")


def text_column(name: str) -> Column[Any]:
    """Return a column of text that is empty unless given."""
    return Column(name, Prose, nullable=False, default="", server_default="")


def number_column(name: str) -> Column[Any]:
    """Return a column of integers that is 0 unless given."""
    return Column(name, Integer, nullable=False, default=0, server_default="0")


def partial_index(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows for which `where` is true.

    `store/schema.py` hands the condition to SQLAlchemy when it creates the tables: here that would import every dialect (30 ms).
    """
    return Index(name, *columns, info={"where": where})
