"""Small changes of many subscribers at once, which share commits."""

import asyncio

import pytest
from sqlalchemy import Connection, event, text

from syndication.domain.subscriber import Consent
from syndication.errors import StoreError
from syndication.store.database import Store
from tests.doors.store_samples import NOW, addresses, listed, subscribe

pytest_plugins = ("tests.doors.databases",)


async def test_a_hundred_who_leave_at_once_share_a_few_commits_and_each_is_told(store: Store) -> None:
    await subscribe(store, *addresses(100))
    keys = [subscriber.key for subscriber in await listed(store.subscribers.stream())]
    commits = []
    engine = store.database._immediate
    event.listen(engine, "commit", lambda _: commits.append(1))
    told = await asyncio.gather(
        *(store.consents.unsubscribe(key, at=NOW) for key in (*keys, *keys[:3], "nobody"))
    )
    assert told == [True] * 100 + [False] * 4
    assert (await store.subscribers.count())[Consent.UNSUBSCRIBED] == 100
    assert 0 < len(commits) < 10


async def test_a_change_that_fails_takes_no_other_with_it(store: Store) -> None:
    await subscribe(store, *addresses(3))
    keys = [subscriber.key for subscriber in await listed(store.subscribers.stream())]

    def broken(connection: Connection) -> None:
        connection.execute(text("DELETE FROM subscribers"))
        connection.execute(text("UPDATE nothing SET a = 1"))

    first, failed, last = await asyncio.gather(
        store.consents.unsubscribe(keys[0], at=NOW),
        store.database.write_together(broken),
        store.consents.unsubscribe(keys[1], at=NOW),
        return_exceptions=True,
    )
    assert (first, last) == (True, True)
    assert isinstance(failed, StoreError)
    assert (await store.subscribers.count())[Consent.CONFIRMED] == 1
    with pytest.raises(StoreError):
        await store.database.write_together(broken)
