"""The subscribers' pages of a newsroom, served over real HTTP on a port of its own."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default

import httpx2

from syndication.flows.app import App
from syndication.flows.sending.confirmations import confirmation_sender
from syndication.web.server import listening, serving
from syndication.web.subscribers.app import subscriber_app
from tests.flows.newsroom import Newsroom

__all__ = ["Served", "link", "serve", "text_of"]


@dataclass(frozen=True, slots=True)
class Served:
    newsroom: Newsroom
    app: App
    base: str
    client: httpx2.AsyncClient

    def here(self, link: str) -> str:
        """A mail's link, led to this server."""
        return f"{self.base}/{'/'.join(link.split('/')[3:])}"

    async def consent(self, email: str) -> str:
        subscriber = await self.app.store.subscribers.get(email)
        return subscriber.consent.value if subscriber else "none"


@asynccontextmanager
async def serve(newsroom: Newsroom, *, own: bool = False) -> AsyncIterator[Served]:
    """With `own` the pages' forms lead to this server, as they do behind a proxy, and not to `web.url`."""
    with listening(0) as sock:
        base = f"http://127.0.0.1:{sock.getsockname()[1]}"
        async with (
            newsroom.app() as app,
            confirmation_sender(app) as sender,
            serving(subscriber_app(_led(app, f"{base}/") if own else app, sender.wake), sock, proxied=True),
            httpx2.AsyncClient(
                timeout=300, verify=False
            ) as client,  # no TLS here, so no certificates to read
        ):
            yield Served(newsroom, app, base, client)


def _led(app: App, web_url: str) -> App:
    publication = replace(app.publication, web_url=web_url)
    return replace(app, publication=publication, mail=replace(app.mail, web_url=web_url))


def text_of(message: bytes) -> str:
    part = message_from_bytes(message, policy=default).get_body(("plain",))
    assert part
    return str(part.get_content())


def link(message: bytes, purpose: str) -> str:
    """The link of a purpose, as it stands in the text part."""
    found = re.search(rf"https?://\S+/{purpose}/\S+", text_of(message))
    assert found
    return found[0]
