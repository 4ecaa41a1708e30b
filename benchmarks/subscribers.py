"""The subscribers' pages of a real `syndicate serve` under 200 people at once, against a bare page of Starlette in the same run.

    python benchmarks/subscribers.py [--people 200] [--each 5]

Each of so many connections does one thing after the other: opens the form, confirms, opens preferences, unsubscribes. Prints requests a
second, the median and the 99th percentile of the answers' times, and how many failed, for each page and for the bare one, on which both the
client and the server are the same; the client's own work is in all of them.
"""

import argparse
import asyncio
import json
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from importing import CONFIG

from syndication.domain.tokens import Keyring, Purpose

BARE = """\
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
async def page(request): return HTMLResponse("x" * 6000)
app = Starlette(routes=[Route("/", page, methods=["GET", "POST"])])
uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False, lifespan="off", ws="none")
"""
QUERY = "SELECT key FROM subscribers ORDER BY id"


@dataclass(slots=True)
class Times:
    """Of one page's answers, in seconds."""

    took: list[float] = field(default_factory=list)
    failed: int = 0
    whole: float = 0.0

    def line(self, name: str) -> str:
        """For the screen."""
        ordered = sorted(self.took)
        last = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
        rate = len(ordered) / self.whole
        middle = statistics.median(ordered)
        return f"{name:<22} {rate:7.0f}/s  median {middle * 1000:6.0f} ms  99 % {last * 1000:6.0f} ms  failed {self.failed}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--each", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        keys, keyring = prepared(Path(name), arguments.people * arguments.each)
        config = str(Path(name) / "config/syndicate.toml")
        asyncio.run(measured(config, keys, keyring, arguments.people))


def prepared(site: Path, people: int) -> tuple[list[str], Keyring]:
    """Make a site with this number of subscribers, and return their random keys and the site's secrets."""
    (site / "config").mkdir()
    (site / "config/syndicate.toml").write_text(CONFIG)
    file = site / "subscribers.csv"
    file.write_text("email\n" + "".join(f"subscriber{number}@example.com\n" for number in range(people)))
    ours = [sys.executable, "-m", "syndication", "--config", str(site / "config/syndicate.toml")]
    subprocess.run([*ours, "subscribers", "import", str(file)], check=True, stdout=subprocess.DEVNULL)
    with sqlite3.connect(site / "var/syndicate.db") as connection:
        connection.execute("UPDATE subscribers SET consent = 'pending'")
        keys = [key for (key,) in connection.execute(QUERY)]
    return keys, Keyring.parse((site / "var/secret.keys").read_text())


async def measured(config: str, keys: list[str], keyring: Keyring, people: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running([sys.executable, "-c", BARE, str(port)]):
        bare = await asked(port, ["" for _ in keys], "GET", people)
        print(bare.line("bare page, GET"), flush=True)
    with running(
        [sys.executable, "-m", "syndication", "--config", config, "--json", "serve", "--port", "0"]
    ) as out:
        port = urlsplit(json.loads(await asyncio.to_thread(first_document, out))["url"]).port or 0
        for name, method, purpose in (
            ("form, GET", "GET", ""),
            ("confirm, POST", "POST", Purpose.CONFIRM),
            ("preferences, GET", "GET", Purpose.PREFERENCES),
            ("unsubscribe, POST", "POST", Purpose.UNSUBSCRIBE),
        ):
            paths = [f"{purpose}/{keyring.sign(purpose, key)}" if purpose else "subscribe" for key in keys]
            times = await asked(port, paths, method, people)
            ratio = (bare.whole / len(bare.took)) / (times.whole / len(times.took))
            print(f"{times.line(name)}  1/{1 / ratio:.1f} of the bare page's rate", flush=True)


async def asked(port: int, paths: list[str], method: str, people: int) -> Times:
    """Ask for all of `paths`, from so many connections at once."""
    times, left = Times(), iter(paths)
    for _ in range(200):  # until it listens
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.1)

    async def person() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path in left:
            began = time.perf_counter()
            writer.write(
                f"{method} /{path} HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n".encode()
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
            times.failed += b" 200 " not in head.split(b"\r\n")[0]
            times.took.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(person() for _ in range(people)))
    times.whole = time.perf_counter() - began
    return times


@contextmanager
def running(line: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(line, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def first_document(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout
    lines = [process.stdout.readline()]
    while lines[-1].rstrip() not in {b"}", b""}:
        lines.append(process.stdout.readline())
    return b"".join(lines)


if __name__ == "__main__":
    main()
