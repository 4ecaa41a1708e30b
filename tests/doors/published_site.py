"""A published folder, served over real HTTP, and plain questions to it."""

import http.client
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from anyio import to_thread

from syndication.web.server import listening, serving
from syndication.web.subscribers.app import subscriber_app
from tests.flows.newsroom import Newsroom

__all__ = ["BROWSER", "Answer", "Published", "ask", "published"]

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """Served at `port` from `folder`; the newsroom's `feeds.url` leads to /feeds/."""

    port: int
    folder: Path

    async def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """`path` below the feeds, as it goes over the wire. `if_none_match="*"` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await to_thread.run_sync(ask, self.port, f"/feeds/{path}", method, named)


def ask(port: int, path: str, method: str, headers: dict[str, str]) -> Answer:
    """Without any header or normalising of its own but Host."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


@asynccontextmanager
async def published(newsroom: Newsroom) -> AsyncIterator[Published]:
    with listening(0) as sock:
        async with newsroom.app() as app, serving(subscriber_app(app, lambda: None), sock, proxied=True):
            yield Published(sock.getsockname()[1], app.folder.root)
