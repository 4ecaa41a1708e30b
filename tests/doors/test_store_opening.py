"""Opening a store: migrations, other versions, and what a person reads when it cannot be opened or written."""

import asyncio
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from syndication.domain.subscriber import Added, NewSubscriber
from syndication.errors import StoreError
from syndication.store.database import open_store
from syndication.store.engine import Database
from syndication.store.schema import HEAD, MIGRATIONS
from syndication.store.tables.core import metadata
from tests.doors.store_samples import NOW, addresses, minter, subscribe

pytest_plugins = ("tests.doors.databases",)


async def test_a_new_store_has_exactly_the_schema_of_tables(empty_url: str) -> None:
    store = await open_store(empty_url)

    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await store.database.read(differences) == []
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


async def test_who_had_bounced_or_complained_keeps_the_mailbox_away_from_now_on(empty_url: str) -> None:
    database = Database(empty_url)
    await database.write(partial(upgraded, to="0012"))
    subscribers = {"ann@a.example": "complained", "bo+1@a.example": "bounced", "cy@a.example": "bounced"}

    def fill(connection: Connection) -> None:
        for email, consent in subscribers.items():
            row = {"email": email, "consent": consent}
            connection.execute(
                text(
                    "INSERT INTO subscribers (email, canonical, domain, key, consent, topics, created) "
                    "VALUES (:email, :email, 'a.example', :email, :consent, '', 0)"
                ),
                row,
            )

    await database.write(fill)
    await database.close()
    store = await open_store(empty_url)
    tagged = [f"{name}+news@a.example" for name in ("ann", "bo", "cy")]
    away = [await store.subscribers.kept_away(email, ()) for email in tagged]
    await store.close()
    assert [each.why if each else None for each in away] == [Added.COMPLAINED, None, Added.BOUNCED]


async def test_editions_that_were_made_before_there_was_an_approval_need_none(empty_url: str) -> None:
    database = Database(empty_url)
    await database.write(partial(upgraded, to="0002"))
    await database.write(
        lambda connection: connection.execute(
            text(
                "INSERT INTO mailings (id, kind, date, headers) VALUES ('m1', 'digest', 1700000000000000, '{}')"
            )
        )
    )
    await database.close()
    store = await open_store(empty_url)
    assert await store.ledger.is_sendable("m1")
    await store.close()


def upgraded(connection: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


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
