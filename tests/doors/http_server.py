"""A real HTTP server on a free loopback port, which misbehaves on request. One connection a request, nothing cached."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 308: "Permanent Redirect"}


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `pause` is waited before each byte of the body; `cut` closes the connection after so many bytes of it."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    gzipped: bool = False
    pause: float = 0.0
    cut: int | None = None


@dataclass(slots=True)
class Request:
    path: str
    headers: dict[str, str]


class HttpServer:
    """Answers `pages[path]`; of a list, one after the other, the last for good; else what `program` makes of the path.

    `requests` is what came, `most` how many at once. Who asks for a robots.txt that the test did not write is told that there is
    none, and stays out of `requests`.
    """

    def __init__(self) -> None:
        self.pages: dict[str, Page | list[Page]] = {}
        self.program: Callable[[str], Page | None] = lambda _: None
        self.requests: list[Request] = []
        self.statuses: list[int] = []
        self.port = 0
        self.most = self._under_way = 0

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.pages[path] = Page(status=status, headers={"Location": to})

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = None
        try:
            request = await self._request(reader)
            if request:
                self._under_way += 1
                self.most = max(self.most, self._under_way)
                if request.path in self.pages or request.path != "/robots.txt":
                    self.requests.append(request)
                await self._answer(writer, request, self._page(request.path))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._under_way -= request is not None
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> Request | None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        return Request(head[0].split(" ")[1], headers)

    def _page(self, path: str) -> Page:
        page = self.pages.get(path) or self.program(path) or Page(b"nothing here", 404)
        if isinstance(page, list):
            return page.pop(0) if len(page) > 1 else page[0]
        return page

    async def _answer(self, writer: asyncio.StreamWriter, request: Request, page: Page) -> None:
        status, body, headers = page.status, page.body, {"Connection": "close", **page.headers}
        if page.etag:
            headers["ETag"] = page.etag
            if request.headers.get("if-none-match") == page.etag:
                status, body = 304, b""
        if page.gzipped and body:
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
        if status != 304:
            headers["Content-Length"] = str(len(body))
        self.statuses.append(status)
        lines = [
            f"HTTP/1.1 {status} {REASONS.get(status, 'Answer')}",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        body = body if page.cut is None else body[: page.cut]
        for part in [body] if not page.pause else [body[i : i + 1] for i in range(len(body))]:
            await asyncio.sleep(page.pause)
            writer.write(part)
            await writer.drain()


@asynccontextmanager
async def http_server(host: str = "127.0.0.1") -> AsyncIterator[HttpServer]:
    site = HttpServer()
    server = await asyncio.start_server(site.handle, host, 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
