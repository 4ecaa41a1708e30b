"""A real `syndicate serve`, killed: what a subscriber was told holds."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import httpx2
import pytest

from syndication.domain.subscriber import Consent
from syndication.domain.tokens import Purpose
from syndication.flows.subscribers.double_opt_in import Visitor, ask, read_address
from tests.crash.runs import catches
from tests.flows.newsroom import PAGE, Newsroom

pytestmark = pytest.mark.slow

ANN, BO = "ann@readers.example", "bo@readers.example"


@asynccontextmanager
async def serving(
    room: Newsroom,
    ending: signal.Signals = signal.SIGTERM,
    *,
    more: Sequence[str] = (),
    stderr: TextIO | None = None,
) -> AsyncIterator[str]:
    """Its address; in the end the process gets the signal. `more` are global options."""
    words = ["--config", str(room.config), "--json", "serve", "--port", "0", *more]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "syndication", *words, stdout=asyncio.subprocess.PIPE, stderr=stderr
    )
    try:
        assert process.stdout
        lines = [await process.stdout.readline()]
        while lines[-1].rstrip() != b"}" and lines[-1]:
            lines.append(await process.stdout.readline())
        yield json.loads(b"".join(lines))["url"]
    finally:
        process.send_signal(ending)
        await process.wait()
    assert process.returncode == (0 if ending is signal.SIGTERM else -ending)


async def asked_back(room: Newsroom, emails: list[str]) -> dict[str, str]:
    """The path of each subscriber's link to confirm."""
    async with room.app() as app:
        asked = (
            ask(app, read_address(email), "en", Visitor(f"203.0.{number}.7"))
            for number, email in enumerate(emails)
        )
        await asyncio.gather(*asked)
        return {
            subscriber.email: f"{Purpose.CONFIRM}/{app.keyring.sign(Purpose.CONFIRM, subscriber.key)}"
            async for subscriber in app.store.subscribers.stream(Consent.PENDING)
        }


async def confirmed(room: Newsroom) -> set[str]:
    async with room.app() as app:
        return {subscriber.email async for subscriber in app.store.subscribers.stream(Consent.CONFIRMED)}


def test_a_server_that_is_stopped_as_soon_as_it_says_where_it_is_ends_well(tmp_path: Path) -> None:
    """It is held in the middle of saying so, by a pipe that is full: by then it catches the signal."""
    room = Newsroom(tmp_path, now=datetime.now(UTC))
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while os.write(writing, b" "):
            pass
    os.set_blocking(writing, True)
    words = ["--config", str(room.config), "--json", "serve", "--port", "0"]
    with subprocess.Popen([sys.executable, "-m", "syndication", *words], stdout=writing) as process:
        os.close(writing)
        while not catches(process.pid, signal.SIGTERM):
            assert process.poll() is None
            time.sleep(0.05)
        process.terminate()
        with os.fdopen(reading, "rb") as said:
            assert json.loads(said.read())["url"]
        assert process.wait() == 0


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
async def test_no_yes_that_was_answered_is_lost_when_the_server_ends_under_load(
    tmp_path: Path, ending: signal.Signals
) -> None:
    """Two hundred say yes, fifty at once; whoever got no answer says it again to the next server."""
    room = Newsroom(tmp_path, now=datetime.now(UTC))
    paths = await asked_back(room, [f"subscriber{number}@readers.example" for number in range(200)])
    assert len(paths) == 200
    answered: set[str] = set()
    enough = asyncio.Event()

    async def say_yes(client: httpx2.AsyncClient, url: str, email: str) -> None:
        with suppress(httpx2.HTTPError):  # of those that the end cuts off
            if (await client.post(url + paths[email])).status_code == 200:
                answered.add(email)
        if len(answered) == 15:
            enough.set()

    limits = httpx2.Limits(max_connections=50)  # of the others none is answered before the end
    async with httpx2.AsyncClient(timeout=300, limits=limits) as client:
        async with serving(room, ending) as url:
            said = [asyncio.create_task(say_yes(client, url, email)) for email in paths]
            await enough.wait()
        await asyncio.gather(*said)
        first = set(answered)
        assert 15 <= len(first) < (200 if ending is signal.SIGKILL else 201)
        assert first <= await confirmed(room)
        async with serving(room, signal.SIGTERM) as url:
            await asyncio.gather(*(say_yes(client, url, email) for email in paths.keys() - first))
    assert answered == await confirmed(room) == set(paths)


async def test_a_yes_and_a_no_that_were_answered_outlive_a_kill(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, now=datetime.now(UTC))  # the server has the real clock
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(BO)
    async with room.app() as app:
        await ask(app, read_address(ANN), "en", Visitor("203.0.113.7"))
        subscribers = [await app.store.subscribers.get(email) for email in (ANN, BO)]
        purposes = (Purpose.CONFIRM, Purpose.UNSUBSCRIBE)
        paths = [
            f"{purpose}/{app.keyring.sign(purpose, subscriber.key)}"
            for purpose, subscriber in zip(purposes, subscribers, strict=True)
            if subscriber
        ]
    async with serving(room, signal.SIGKILL) as url, httpx2.AsyncClient(timeout=300) as client:
        for path in paths:
            assert (await client.post(url + path)).status_code == 200
    async with room.app() as app:
        now = [await app.store.subscribers.get(email) for email in (ANN, BO)]
    assert [subscriber.consent for subscriber in now if subscriber] == ["confirmed", "unsubscribed"]
    async with serving(room, signal.SIGTERM) as url, httpx2.AsyncClient(timeout=300) as client:
        assert (await client.post(url + paths[1])).status_code == 200
