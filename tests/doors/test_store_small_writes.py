"""Small writes to SQLite, which are made where they are asked for: they wait for others without holding anybody up."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, text

from syndication.errors import StoreError
from syndication.store.database import Store, open_store

pytest_plugins = ("tests.doors.databases",)

NEXT = "UPDATE turns SET turn = turn + 1"


@pytest_asyncio.fixture(params=["normal", "full"])
async def file_store(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> AsyncIterator[Store]:
    shutil.copyfile(sqlite_template, tmp_path / "store.db")
    opened = await open_store(f"sqlite:///{tmp_path / 'store.db'}", synchronous=request.param)

    def prepare(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE turns (turn INTEGER)"))
        connection.execute(text("INSERT INTO turns VALUES (0)"))
        connection.execute(
            text(
                "CREATE TABLE debts (id INTEGER PRIMARY KEY, owed REFERENCES debts DEFERRABLE INITIALLY DEFERRED)"
            )
        )

    await opened.database.write(prepare)
    yield opened
    await opened.close()


@pytest.fixture
def other(file_store: Store, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another process's connection, for all that SQLite knows."""
    assert file_store
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as connection:
        yield connection


def turn(connection: sqlite3.Connection) -> int:
    connection.execute(NEXT)
    (number,) = connection.execute("SELECT turn FROM turns").fetchone()
    assert isinstance(number, int)
    return number


def owe(connection: sqlite3.Connection) -> None:
    """A change that is refused at its commit."""
    turn(connection)
    connection.execute("INSERT INTO debts VALUES (1, 2)")


async def test_a_small_write_is_seen_by_another_process(file_store: Store, other: sqlite3.Connection) -> None:
    assert await file_store.database.write_small(turn) == 1
    assert other.execute("SELECT turn FROM turns").fetchone() == (1,)


async def test_a_small_write_waits_for_another_process_while_the_loop_goes_on(
    file_store: Store, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    other.execute(NEXT)
    waiting = asyncio.create_task(file_store.database.write_small(turn))
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert not waiting.done()
    other.execute("COMMIT")
    assert await waiting == 2


async def test_what_fails_is_undone_and_the_next_write_is_made(
    file_store: Store, other: sqlite3.Connection
) -> None:
    def half(connection: sqlite3.Connection) -> None:
        turn(connection)
        connection.execute("SELECT no_such_thing")

    for change in (half, owe):
        with pytest.raises(StoreError):
            await file_store.database.write_small(change)
        other.execute("BEGIN IMMEDIATE")  # nothing is held any more
        assert other.execute("SELECT turn FROM turns").fetchall() == [(0,)]
        other.execute("ROLLBACK")
    assert await file_store.database.write_small(turn) == 1


async def test_a_big_write_has_its_turn_before_the_small_ones_that_come_after_it(file_store: Store) -> None:
    order: list[str] = []

    async def small(name: str) -> None:
        await file_store.database.write_small(turn)
        order.append(name)

    async def big() -> None:
        await file_store.database.write(lambda connection: connection.execute(text(NEXT)))
        order.append("big")

    await asyncio.gather(small("before"), big(), *(small("after") for _ in range(3)))
    assert order == ["before", "big", "after", "after", "after"]
