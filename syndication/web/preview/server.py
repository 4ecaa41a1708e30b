"""Runs the preview on a socket of this machine until Ctrl-C."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from syndication.errors import UsageError

__all__ = ["listening", "serve"]

LEAVE = 1  # seconds that open connections have when it ends


def listening(port: int) -> socket.socket:
    """A socket on 127.0.0.1; 0 lets the system pick the port. Raises UsageError for a port that cannot be had."""
    found = socket.socket()
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or "it is no port"
        raise UsageError(
            f"The port {port} cannot be used ({reason}).", "Choose another, or leave --port out."
        ) from None
    return found


class _Server(uvicorn.Server):
    """Its own signal handlers raise the signal again when all is done; ours end it, and that is all."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`."""
        yield


async def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=LEAVE,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
    await server.serve(sockets=[sock])
