"""Opening a store: migrations, other versions, and what a person reads when it cannot be opened or written."""

import asyncio
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, Column, Connection, MetaData, insert, inspect, text

from syndication.domain.delivery import State
from syndication.domain.subscriber import Added, NewSubscriber
from syndication.errors import StoreError
from syndication.store.database import open_store
from syndication.store.engine import Database
from syndication.store.schema import HEAD, MIGRATIONS
from syndication.store.tables.core import metadata
from tests.doors.store_samples import NOW, W47, addresses, minter, states, subscribe, titles

pytest_plugins = ("tests.doors.databases",)

STORE_OF_DC478F0 = Path(__file__).parent / "store_of_dc478f0.sql"
TABLES_OF_DC478F0 = Path(__file__).parent / "store_of_dc478f0.postgresql.sql"


async def test_a_new_store_has_exactly_the_schema_of_tables(empty_url: str) -> None:
    store = await open_store(empty_url)

    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await store.database.read(differences) == []
    await store.close()


async def test_a_new_store_has_the_conditions_of_partial_indexes(database_url: str) -> None:
    expected = {
        index.name: index.info["where"]
        for table in metadata.tables.values()
        for index in table.indexes
        if "where" in index.info
    }

    def conditions(connection: Connection) -> dict[str, str]:
        option = f"{connection.dialect.name}_where"
        return {
            str(index["name"]): str(index["dialect_options"][option]).strip("()")
            for table in metadata.tables
            for index in inspect(connection).get_indexes(table)
            if option in index.get("dialect_options", {})
        }

    store = await open_store(database_url)
    assert expected
    assert await store.database.read(conditions) == expected
    await store.close()


def test_the_head_that_is_read_from_file_names_is_alembics() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [HEAD]


async def test_a_store_opens_again_with_what_it_held(database_url: str) -> None:
    store = await open_store(database_url)
    await subscribe(store, "ann@small.example")
    await store.close()
    again = await open_store(database_url)
    assert await again.subscribers.get("ann@small.example")
    await again.close()


async def test_a_new_file_and_its_log_are_the_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = await open_store(f"sqlite:///{tmp_path}/var/syndicate.db")
        await subscribe(store, "a@example.com")
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "var").iterdir()}
        await store.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("syndicate.db", "syndicate.db-wal", "syndicate.db-shm"), 0o600)


async def test_a_store_of_dc478f0_opens_with_all_its_rows_and_the_schema_of_a_new_one(
    empty_url: str, second_empty_url: str
) -> None:
    rows = _rows_of_dc478f0()
    await make_store_of_dc478f0(empty_url, rows)
    store, new = await open_store(empty_url), await open_store(second_empty_url)
    assert await store.database.read(schema) == await new.database.read(schema)
    assert await store.database.read(_counts) == {name: len(found) for name, found in rows.items()}
    await new.close()
    await store.close()


async def test_a_store_of_dc478f0_is_worked_with_as_any_other(empty_url: str) -> None:
    await make_store_of_dc478f0(empty_url, _rows_of_dc478f0())
    store = await open_store(empty_url)
    await subscribe(store, "flo@small.example")
    assert [subscriber.id async for subscriber in store.subscribers.stream()] == [1, 2, 3, 4, 5, 6]
    away = await store.subscribers.kept_away("cy+news@big.example", ())
    assert away
    assert away.why is Added.BOUNCED
    frozen = await store.editions.get(W47)
    assert frozen
    assert titles((await store.articles.get(frozen.articles)).values()) == [
        "The ferry sails again",
        "A quiet winter",
    ]
    assert await store.ledger.recover("m1", now=NOW, dead="host", resend=False) == 1
    assert await states(store) == {
        "ann@small.example": State.QUEUED,
        "bo+news@small.example": State.QUEUED,
        "cy@big.example": State.SENT,
        "dee@big.example": State.UNKNOWN,
    }
    await store.close()


async def test_addresses_that_were_casefolded_compare_by_themselves_again(empty_url: str) -> None:
    store = await open_store(empty_url)
    await subscribe(store, "strauß+news@small.example", "ann@small.example")

    def as_before(connection: Connection) -> None:
        for change in (
            "UPDATE subscribers SET canonical = 'strauss+news@small.example' WHERE id = 1",
            "UPDATE subscribers SET consent = 'bounced', suppressed = 'strauss@small.example' WHERE id = 1",
            "UPDATE alembic_version SET version_num = '0013'",
        ):
            connection.execute(text(change))

    await store.database.write(as_before)
    await store.close()
    store = await open_store(empty_url)
    found = await store.subscribers.get("Strauß+NEWS@small.example")
    assert found is not None
    assert found.email == "strauß+news@small.example"
    assert await store.subscribers.kept_away("strauß@small.example", ())
    assert await store.subscribers.kept_away("strauss@small.example", ()) is None
    assert await store.subscribers.get("ann@small.example")
    await store.close()


async def make_store_of_dc478f0(url: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Make a store as that commit made it, with a few rows in every table."""
    database = Database(url)
    if database.file is not None:
        with closing(sqlite3.connect(database.file)) as file:
            file.executescript(STORE_OF_DC478F0.read_text(encoding="utf-8"))
    else:
        await database.write(
            lambda connection: connection.exec_driver_sql(TABLES_OF_DC478F0.read_text("utf-8"))
        )
        await database.write(partial(_fill, rows=rows))
    await database.close()


def _rows_of_dc478f0() -> dict[str, list[dict[str, Any]]]:
    """The rows by their table."""
    with closing(sqlite3.connect(":memory:")) as file:
        file.executescript(STORE_OF_DC478F0.read_text(encoding="utf-8"))
        file.row_factory = sqlite3.Row
        tables = [row["name"] for row in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            table: [dict(row) for row in file.execute(f"SELECT * FROM {table}")]
            for table in tables
            if not table.startswith("sqlite_")
        }


def _fill(connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    there = MetaData()
    there.reflect(connection)
    for table in there.sorted_tables:
        if table.name == "alembic_version":
            continue
        for row in rows[table.name]:
            connection.execute(insert(table), {name: _given(table.c[name], row[name]) for name in row})
        for column in table.primary_key:
            if column.server_default is not None:  # a sequence, which did not count these rows
                sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
                connection.execute(
                    text(f"SELECT setval({sequence}, (SELECT max({column.name}) FROM {table.name}))")
                )


def _given(column: Column[Any], value: Any) -> Any:
    """SQLite gives out a truth value as a number, and JSON as text."""
    if value is None or isinstance(column.type, Boolean):
        return None if value is None else bool(value)
    return json.loads(value) if isinstance(column.type, JSON) else value


def _counts(connection: Connection) -> dict[str, int]:
    names = inspect(connection).get_table_names()
    return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}


def schema(connection: Connection) -> dict[str, Any]:
    """Columns, constraints and indexes by their table."""
    seen = inspect(connection)
    facts = (
        seen.get_columns,
        seen.get_pk_constraint,
        seen.get_foreign_keys,
        seen.get_unique_constraints,
        seen.get_check_constraints,
        seen.get_indexes,
    )
    return {
        table: [
            sorted(map(_as_text, found if isinstance(found := fact(table), list) else [found]))
            for fact in facts
        ]
        for table in seen.get_table_names()
    }


def _as_text(fact: Any) -> str:
    return json.dumps(fact, default=str, sort_keys=True)


@pytest.mark.parametrize("revision", ["0001", "0012"])
async def test_a_store_from_before_the_first_release_is_refused_with_what_to_do(
    database_url: str, revision: str
) -> None:
    await _stamp(database_url, revision)
    with pytest.raises(StoreError, match=f"older than the first release .schema {revision}") as refused:
        await open_store(database_url)
    await _stamp(database_url, HEAD)
    assert "dc478f0" in refused.value.hint


async def _stamp(url: str, revision: str) -> None:
    database = Database(url)
    stamped = text("UPDATE alembic_version SET version_num = :revision")
    await database.write(lambda connection: connection.execute(stamped, {"revision": revision}))
    await database.close()


def test_a_store_at_the_head_opens_without_alembic_and_without_the_other_databases_driver(
    sqlite_template: Path,
) -> None:
    opening = f"""
import asyncio, sys
from syndication.store.database import open_store
asyncio.run(open_store("sqlite:///{sqlite_template}"))
print([name for name in ("alembic", "mako", "psycopg", "sqlalchemy.dialects.postgresql") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", opening], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


async def test_several_processes_may_open_a_new_store_at_once(empty_url: str) -> None:
    stores = await asyncio.gather(*(open_store(empty_url) for _ in range(4)))
    for store in stores:
        assert await store.editions.frozen() == ()
        await store.close()


async def test_a_newer_schema_is_refused_with_what_to_do(empty_url: str) -> None:
    store = await open_store(empty_url)
    await store.database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await store.close()
    with pytest.raises(StoreError, match="newer version of syndication") as refused:
        await open_store(empty_url)
    assert "Upgrade" in refused.value.hint


@pytest.mark.parametrize(
    "url",
    ["mysql://u:hush@h/d", "sqlite://", "sqlite:///:memory:", "nonsense hush", "sqlite+aiosqlite:///x.db"],
)
async def test_another_address_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(StoreError, match=r"store\.url") as refused:
        await open_store(url)
    assert "hush" not in str(refused.value)


async def test_an_unreachable_server_is_one_sentence_without_user_or_password() -> None:
    with pytest.raises(StoreError, match=r"The store 127\.0\.0\.1:1/news cannot be reached\.") as refused:
        await open_store("postgresql://somebody:hush@127.0.0.1:1/news")
    assert "hush" not in str(refused.value)
    assert "somebody" not in str(refused.value)


async def test_a_missing_database_is_named(postgres: Any) -> None:
    with pytest.raises(StoreError, match="nowhere does not exist"):
        await open_store(postgres.uri.format("nowhere"))


async def test_a_server_without_a_free_connection_says_so(postgres: Any) -> None:
    postgres.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    try:
        with pytest.raises(StoreError, match="has no free connection"):
            await open_store(postgres.uri.format("postgres").replace("postgres:@", "crowded:@", 1))
    finally:
        postgres.execute("DROP ROLE crowded")


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("These are only notes, and more of them than a header is long. " * 20)
    with pytest.raises(StoreError, match="is not an SQLite database"):
        await open_store(f"sqlite:///{path}")


async def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        await open_store(f"sqlite:///{tmp_path}")


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that any user may enter: pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="syndication-store-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def open_as_a_stranger(folder: Path) -> None:
    """Root may write everywhere, so root becomes nobody for a moment."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        asyncio.run(open_and_subscribe(f"sqlite:///{folder / 'store.db'}"))
    finally:
        os.seteuid(user)


async def open_and_subscribe(url: str) -> None:
    store = await open_store(url)
    try:
        await subscribe(store, "ann@small.example")
    finally:
        await store.close()


def test_a_read_only_file_is_refused(public_folder: Path) -> None:
    asyncio.run(open_and_subscribe(f"sqlite:///{public_folder / 'store.db'}"))
    (public_folder / "store.db").chmod(0o444)
    public_folder.chmod(0o555)
    with pytest.raises(StoreError, match=r"is read-only|cannot be opened") as refused:
        open_as_a_stranger(public_folder)
    assert str(public_folder / "store.db") in refused.value.message


async def test_a_write_that_the_disk_does_not_take_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path / 'store.db'}")
    await subscribe(store, "ann@small.example")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    try:
        rows = [NewSubscriber(email=address, name="x" * 200) for address in addresses(5000)]
        with pytest.raises(StoreError, match=r"cannot be read or written|the disk is full"):
            await store.subscribers.add(rows, at=NOW, key=minter("k"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sum((await store.subscribers.count()).values()) == 1
    await store.close()


async def test_a_locked_file_is_named_as_such(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    one, other = await open_store(url), await open_store(url)
    await other.database.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=20"))

    def hold(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE sources SET count = count")
        with pytest.raises(StoreError, match="is locked by another process"):
            asyncio.run(subscribe(other, "ann@small.example"))

    await one.database.write(hold)
    await one.close()
    await other.close()


async def test_a_postgresql_store_waits_for_a_lock_as_long_as_an_sqlite_one(postgres_store: str) -> None:
    def shown(connection: Connection) -> list[Any]:
        names = ("lock_timeout", "idle_in_transaction_session_timeout")
        return [connection.execute(text(f"SHOW {name}")).scalar() for name in names]

    store = await open_store(postgres_store)
    assert await store.database.read(shown) == ["30s", "1min"]
    await store.close()
