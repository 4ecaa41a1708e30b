"""The verb that serves the pages of the subscribers."""

from __future__ import annotations

from typing import Annotated

import typer

from syndication.cli.loop import run
from syndication.cli.screen import Options, document, options

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verb to `command`."""
    command.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="The address of this machine to listen on.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", help="The port; 0 picks one.")] = 8025,
) -> int:
    """Serve the pages that the links of the mails lead to and the published folder, for a proxy with TLS in front. SIGTERM or Ctrl-C ends it."""
    return run(_serve(options(context), host, port))


async def _serve(chosen: Options, host: str, port: int) -> int:
    from syndication.flows.sending.confirmations import confirmation_sender
    from syndication.web.server import listening, serving, stopping
    from syndication.web.subscribers.app import subscriber_app

    with listening(port, host) as sock:
        bound = sock.getsockname()[1]
        async with (
            chosen.app() as site,
            confirmation_sender(site) as sender,
            serving(subscriber_app(site, sender.wake), sock, proxied=True),
        ):
            url = f"http://{f'[{host}]' if ':' in host else host}:{bound}/"
            stop = stopping()
            if chosen.json:
                document({"url": url, "serves": site.publication.web_url})
            else:
                print(f"Serving {site.publication.web_url} at {url}, until Ctrl-C", flush=True)
            await stop.wait()
    return 0
