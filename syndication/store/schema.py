"""Brings a store to this version's schema when it is opened, and refuses one that this version does not know.

An empty store gets the tables of `store/tables/` at once; migrations are only for stores that earlier versions made. Two processes
that start at once take turns: the whole change is one transaction under a lock.
"""

from pathlib import Path

from sqlalchemy import Connection, text

from syndication.errors import StoreError
from syndication.store.engine import Database, lock
from syndication.store.tables.core import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
# Files are called REVISION_what.py and revisions count up, so that Alembic (0.4 s) is imported only when there is something to migrate.
KNOWN = frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
FIRST, HEAD = min(KNOWN), max(KNOWN)
# As Alembic itself makes it.
_VERSION_TABLE = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""
_HAS_REVISION = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT count(to_regclass('alembic_version'))",
}


async def bring_up_to_date(database: Database) -> None:
    """Create the tables of an empty store, migrate an older one. Raises StoreError for an unknown schema, or when that fails."""
    if await database.read(_revision) != HEAD:
        await database.write(_migrate)


def is_current(connection: Connection) -> bool:
    """Return whether the store has this version's schema. Raises StoreError when its schema is unknown."""
    return _revision(connection) == HEAD


def _revision(connection: Connection) -> str | None:
    """Return the store's revision, None for an empty store."""
    if not connection.exec_driver_sql(_HAS_REVISION[connection.dialect.name]).scalar():
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found is None or found in KNOWN:
        return found
    if found < FIRST:
        raise StoreError(
            f"The store is older than the first release (schema {found}, this version upgrades from {FIRST} on).",
            "Open it once with the commit dc478f0 of syndication, then with this version.",
        )
    raise StoreError(
        f"The store was made by a newer version of syndication (schema {found}, this one knows {HEAD}).",
        "Upgrade syndication, or restore the backup made before the upgrade.",
    )


def _migrate(connection: Connection) -> None:
    lock(connection, "migration")
    found = _revision(connection)
    if found is None:
        _create(connection)
    elif found != HEAD:  # else another process was faster
        _upgrade(connection)


def _create(connection: Connection) -> None:
    dialect = connection.dialect.name
    for index in (each for table in metadata.tables.values() for each in table.indexes):
        if condition := index.info.get("where"):
            index.dialect_options[dialect]["where"] = text(condition)
    metadata.create_all(connection)
    connection.exec_driver_sql(_VERSION_TABLE)
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see KNOWN
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
