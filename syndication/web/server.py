"""Runs an ASGI app on a socket of this machine, until Ctrl-C."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from syndication.errors import UsageError
from syndication.logs import log_fault

__all__ = ["listening", "serving", "stopping"]

KEPT_OPEN = 75  # seconds without a request; longer than nginx keeps its own, so that none is cut off
LEAVE = 1  # seconds that open connections have when it ends


def listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    """A socket on `host`, an address of this machine; 0 lets the system pick the port. Raises UsageError for one that cannot be had.

    It listens at once: whoever is told of the port may connect, and waits until somebody serves there.
    """
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen()
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or "it is no port"
        raise UsageError(
            f"The port {port} cannot be used ({reason}).", "Choose another, or leave --port out."
        ) from None
    return found


class _Server(uvicorn.Server):
    """Its own signal handlers raise the signal again when all is done; ours (`stopping`) end it, and that is all."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, sock: socket.socket, *, proxied: bool = False) -> AsyncIterator[None]:
    """Serve `app` on `sock` meanwhile. With `proxied` a proxy on this machine says who asks (X-Forwarded-For)."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=proxied,
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_keep_alive=KEPT_OPEN,
        timeout_graceful_shutdown=LEAVE,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[sock]))
    log_fault(running, "server")
    try:
        yield
    finally:
        server.should_exit = True
        await running


def stopping() -> asyncio.Event:
    """Set at SIGINT or SIGTERM. Ask for it before anybody is told that the server is there: whoever stops it at once shall see it end well."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
