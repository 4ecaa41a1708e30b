"""Brings a store to this version's schema as it is opened, and refuses one from a newer version.

Two processes that start at once take turns: the whole migration is one transaction under a lock.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from syndication.errors import StoreError
from syndication.store.engine import Database, lock

__all__ = ["HEAD", "bring_up_to_date", "is_current"]

MIGRATIONS = Path(__file__).parent / "migrations"
# Files are called REVISION_what.py, and revisions count up: so Alembic is imported only when there is something to do (0.2 s).
KNOWN = frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
HEAD = max(KNOWN)


async def bring_up_to_date(database: Database) -> None:
    """Raises StoreError for a store that a newer version made, or when the migration fails."""
    if await database.read(_revision) == HEAD:
        return
    await database.write(_migrate)


def is_current(connection: Connection) -> bool:
    """Whether the store has this version's schema. Raises StoreError for a newer one."""
    return _revision(connection) == HEAD


def _revision(connection: Connection) -> str | None:
    """The store's revision, None for an empty store."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in KNOWN:
        raise StoreError(
            f"The store was made by a newer version of syndication (schema {found}, this one knows {HEAD}).",
            "Upgrade syndication, or restore the backup made before the upgrade.",
        )
    return found


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
