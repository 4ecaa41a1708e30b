"""The preview of a newsroom, served over real HTTP on a port of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from syndication.flows.progress import Silent
from syndication.web.preview.app import PreviewSecrets, preview_app
from syndication.web.preview.live_edition import LiveEdition
from syndication.web.server import listening, serving
from tests.flows.newsroom import Newsroom

__all__ = ["SECRETS", "Preview", "preview_of"]

SECRETS = PreviewSecrets(token="once", session="who", form="ours")


@dataclass(frozen=True, slots=True)
class Preview:
    newsroom: Newsroom
    port: int
    live: LiveEdition

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/?token={SECRETS.token}"

    @asynccontextmanager
    async def client(self, *, known: bool = True) -> AsyncIterator[httpx2.AsyncClient]:
        """A client that has the cookie when it is `known`."""
        headers = {"Cookie": f"syndicate-preview-{self.port}={SECRETS.session}"} if known else {}
        async with httpx2.AsyncClient(
            base_url=self.base, headers=headers, timeout=300, verify=False
        ) as client:
            yield client


@asynccontextmanager
async def preview_of(newsroom: Newsroom, folder: Path) -> AsyncIterator[Preview]:
    """`folder` holds the copy of the store."""
    live = LiveEdition(str(newsroom.config), folder, Silent(), newsroom.moment)
    with listening(0) as sock:
        port = sock.getsockname()[1]
        try:
            async with serving(preview_app(live, port=port, secrets=SECRETS), sock):
                yield Preview(newsroom, port, live)
        finally:
            await live.close()
