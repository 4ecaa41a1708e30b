"""The verb that serves the subscribers' pages and the published folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.output import Output, in_site, print_output
from syndication.logs import logger

if TYPE_CHECKING:
    from syndication.flows.app import App

log = logger(__name__)


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Listen on this address of the machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Listen on this port; 0 picks one.")
    ] = 8025,
) -> int:
    """Serve the published folder, and the pages that links in the mails open, behind a proxy with TLS, until SIGTERM or Ctrl-C."""
    from syndication.web.server import listening

    with listening(port, host) as sock:

        async def flow(app: App) -> None:
            from syndication.flows.sending.confirmations import confirmation_sender
            from syndication.web.server import serving, stopping
            from syndication.web.subscribers.app import subscriber_app

            async with (
                confirmation_sender(app) as sender,
                serving(subscriber_app(app, sender.wake), sock, proxied=True),
            ):
                url = f"http://{f'[{host}]' if ':' in host else host}:{sock.getsockname()[1]}/"
                stop = stopping()
                log.info("serving", url=url)
                line = f"Serving {app.publication.web_url} at {url}, until Ctrl-C"
                print_output(context, Output({"url": url, "serves": app.publication.web_url}, (line,)))
                await stop.wait()

        in_site(context, flow)
    return 0
