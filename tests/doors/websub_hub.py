"""A little WebSub hub on a free loopback port: it takes pings, fetches what they are about, and fails on request."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs


@dataclass(slots=True)
class Hub:
    """`told` are the topics in the order in which they came; with `fetches`, `seen` is what each held then. `failures` come first."""

    fetches: bool = False
    failures: list[int] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    seen: dict[str, bytes] = field(default_factory=dict)
    port: int = 0
    silent: bool = False  # takes requests, and never answers
    retry_after: str = ""  # with each failure
    calls: list[float] = field(default_factory=list)  # of the event loop's clock
    on_call: Callable[[], object] = float  # what a test looks at meanwhile

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hub"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = int(head.lower().partition("content-length:")[2].partition("\r\n")[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        self.on_call()
        self.calls.append(asyncio.get_running_loop().time())
        if self.silent:
            await reader.read()  # until the other end gives up
            writer.close()
            return
        status = await self._answer(head, form)
        later = f"Retry-After: {self.retry_after}\r\n" if self.retry_after and status >= 400 else ""
        writer.write(
            f"HTTP/1.1 {status} Answer\r\n{later}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    async def _answer(self, head: str, form: dict[str, list[str]]) -> int:
        if not head.startswith("POST /hub ") or form.get("hub.mode") != ["publish"]:
            return 400
        if self.failures:
            return self.failures.pop(0)
        for topic in form["hub.url"]:
            self.told.append(topic)
            if self.fetches:
                self.seen[topic] = await asyncio.to_thread(_fetched, topic)
        return 204


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        data: bytes = answer.read()
    return data


@asynccontextmanager
async def websub_hub(*, fetches: bool = False, failures: tuple[int, ...] = ()) -> AsyncIterator[Hub]:
    hub = Hub(fetches, list(failures))
    server = await asyncio.start_server(hub.handle, "127.0.0.1", 0)
    hub.port = server.sockets[0].getsockname()[1]
    async with server:
        yield hub
