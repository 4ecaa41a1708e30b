"""Brings a store to this version's schema when it is opened, and refuses one that this version does not know.

Two processes that start at once take turns: the whole migration is one transaction under a lock.
"""

from pathlib import Path

from sqlalchemy import Connection

from syndication.errors import StoreError
from syndication.store.engine import Database, lock

MIGRATIONS = Path(__file__).parent / "migrations"
# Files are called REVISION_what.py and revisions count up, so that Alembic (0.4 s) is imported only when there is something to migrate.
KNOWN = frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
FIRST, HEAD = min(KNOWN), max(KNOWN)
_HAS_REVISION = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT count(to_regclass('alembic_version'))",
}


async def bring_up_to_date(database: Database) -> None:
    """Migrate the store when it is empty or older. Raises StoreError when its schema is unknown, or when the migration fails."""
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
    if _revision(connection) == HEAD:  # another process was faster
        return
    from alembic import command  # noqa: PLC0415 - see KNOWN
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
