"""Running an ASGI app on a socket of this machine, until SIGINT or SIGTERM."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from syndication.errors import UsageError
from syndication.logs import log_fault

KEPT_OPEN = (
    75  # seconds that an idle connection stays open; longer than nginx uses it, so that no request is cut off
)
LEAVE = 1  # seconds that open connections have at the end


def listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a socket on `host`, an address of this machine; for port 0 the system picks one. Raises UsageError if it cannot be used.

    It listens already: a client may connect, and waits until `serving` begins.
    """
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen()
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or "it is not a port"
        raise UsageError(
            f"The port {port} cannot be used ({reason}).", "Choose another, or leave --port out."
        ) from None
    return found


class _Server(uvicorn.Server):
    """Without signal handlers: uvicorn's raise the signal again at the end. Ours are in `stopping`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, sock: socket.socket, *, proxied: bool = False) -> AsyncIterator[None]:
    """Serve `app` on `sock` during the block. With `proxied`, a proxy on this machine gives the client's address (X-Forwarded-For)."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
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
        # It would log a traceback for each connection that is cut off; `Outermost` logs a line.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        server.should_exit = True
        await running


def stopping() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets. Call it before the address is printed, so that a signal right after that ends the server cleanly."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
