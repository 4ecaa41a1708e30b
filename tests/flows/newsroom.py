"""A newsroom of its own for each test: a site folder with its configuration, a clock that the test sets, and the real SMTP server."""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from syndication.cli.output import Output, json_value
from syndication.domain.week import WeekKey
from syndication.flows.app import App
from syndication.flows.progress import Silent
from syndication.flows.report import Report
from syndication.flows.sending.due import deliver_due
from syndication.flows.subscribers.importing import import_file
from syndication.flows.weekly import run_weekly
from syndication.store.database import open_store
from syndication.wiring.app import Moment, open_app
from tests.flows import forked

__all__ = ["PAGE", "Newsroom", "article", "hurried", "json_of"]

# A page copied as text, in the form that newsrooms send them: our own words.
PAGE = """\
Ferry Bell Rings Again at "Low Water" After Twelve Silent Years
MaraOKE
mara.oke@harbour.example | 2023-10-15 21:30:51
HARBOUR TRUST
The bell of the old ferry rang over the harbour on Sunday evening, for the first time in twelve years.
Mara Oke's grandfather cast it, and three hundred people came to hear whether it had kept its note.
It had not: it is a little lower now, the founder says, because bronze tires like everything else.
The trust wants to ring it every Sunday at low water, if the neighbours agree.
Harbour.example
Mara OKE, mara.oke@harbour.example
WEEKLY HOT
- 1Ferry Bell Rings Again at "Low Water" After Twelve Silent Years
- 228 Years of Fog Signals End in a Quiet Ceremony
- 3The Last Net Mender of Pier Four Closes Her Shop
- 4"Salt and Rope": A Museum for Everything That Smells of Sea
- 5Why the Herring Came Back Early
- 6Council Postpones the Tide Gate for the Third Time
"""

CONFIG = """\
[publication]
title = "The Harbour Review"
url = "https://harbour.example/"
language = "en"
timezone = "Asia/Seoul"
address = "1 Quay Street, Harbour"

[[sources]]
name = "desk"
kind = "folder"
path = "articles"
section = "Town"

[email]
from = "The Harbour Review <weekly@harbour.example>"

[smtp]
url = "{smtp}"
connections = {connections}

[delivery]
wait = "{wait}"
processes = {processes}

[web]
url = "https://news.harbour.example/"
{more}
"""


def article(title: str, date: str = "", body: str = "A paragraph about it.", **fields: str) -> str:
    """A Markdown file with front matter."""
    front = {"title": json.dumps(title), **({"date": date} if date else {}), **fields}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in front.items()) + f"---\n\n{body}\n"


def json_of(output: Output) -> Any:
    """What a verb prints with `--json`, read again."""
    return json.loads(json.dumps(output.document, default=json_value))


@dataclass
class Newsroom:
    """`now` is the clock of the next app; the ids and the jitter come from a seed."""

    folder: Path
    now: datetime = datetime(2023, 10, 16, 8, 0, tzinfo=UTC)
    smtp: str = "outbox:var/outbox"
    connections: int = 4
    processes: int = 1
    wait: str = "0s"
    more: str = ""
    seed: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        (self.folder / "articles").mkdir(parents=True, exist_ok=True)
        (self.folder / "config").mkdir(exist_ok=True)
        self.configure()

    @property
    def config(self) -> Path:
        return self.folder / "config" / "syndicate.toml"

    def configure(self, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self, name, value)
        text = CONFIG.format(
            smtp=self.smtp,
            wait=self.wait,
            connections=self.connections,
            processes=self.processes,
            more=self.more,
        )
        self.config.write_text(text, encoding="utf-8")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def moment(self) -> Moment:
        letters = "abcdefghijklmnopqrstuvwxyz234567"

        def new_id() -> str:
            return "".join(self.seed.choices(letters, k=16))

        return Moment(
            clock=lambda: self.now,
            new_id=new_id,
            new_ids=lambda number: [new_id() for _ in range(number)],
            jitter=self.seed.random,
        )

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        await self._make_store()
        async with open_app(str(self.config), progress=Silent(), moment=self.moment) as app:
            yield app

    async def _make_store(self) -> None:
        """What opening the app would do, in a tenth of the time: migrations are tested in `tests/doors/test_store_opening.py`."""
        store = self.folder / "var" / "syndicate.db"
        if not store.exists():
            store.parent.mkdir(exist_ok=True)
            store.write_bytes(await asyncio.to_thread(_empty_store))
            store.chmod(0o600)

    async def subscribe(self, *emails: str, **columns: str) -> None:
        header = ["email", *columns]
        rows = [
            ",".join([email, *(json.dumps(value, ensure_ascii=False) for value in columns.values())])
            for email in emails
        ]
        file = self.write("subscribers.csv", "\n".join([",".join(header), *rows]) + "\n")
        async with self.app() as app:
            done = await import_file(app, file)
        assert not done.refused, done.refused

    async def run(self, week: str | None = None, *, send: bool = True) -> Report:
        async with self.app() as app:
            return await run_weekly(app, WeekKey.parse(week) if week else None, send=send)

    async def deliver(self) -> list[Report]:
        async with self.app() as app:
            return await deliver_due(app, None)

    def later(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    def mails(self) -> list[bytes]:
        """What the outbox holds, with the line ends that it came with."""
        files = sorted((self.folder / "var" / "outbox" / "new").glob("*"))
        return [path.read_bytes().replace(b"\n", b"\r\n") for path in files]

    def files(self, *below: str) -> dict[str, bytes]:
        """Every file below the given folders with its bytes."""
        roots = [self.folder / name for name in below] or [self.folder]
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for root in roots
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def syndicate(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """The real command in a process of its own, with the real clock; with `options` of subprocess.run in a new interpreter."""
        words = ("--config", str(self.config), *arguments)
        if not options:
            return forked.syndicate(*words)
        command = [sys.executable, "-m", "syndication", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, **options)


@cache
def _empty_store() -> bytes:
    """The file of a migrated store with nothing in it. Not for a thread with a running event loop."""

    async def make(path: Path) -> None:
        await (await open_store(f"sqlite:///{path}")).close()

    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        asyncio.run(make(path))
        return path.read_bytes()


@asynccontextmanager
async def hurried(room: Newsroom, times: int = 600) -> AsyncIterator[App]:
    """The room's app with a clock that goes; ten minutes pass in a second.

    However long nobody looked at it, half a second of that counts: no time runs out because the machine stood still.
    """
    loop = asyncio.get_running_loop()
    looked, now = loop.time(), room.now

    def clock() -> datetime:
        nonlocal looked, now
        before, looked = looked, loop.time()
        now += timedelta(seconds=min(looked - before, 0.5) * times)
        return now

    moment = replace(room.moment, clock=clock)
    async with open_app(str(room.config), progress=Silent(), moment=moment) as app:
        yield app
