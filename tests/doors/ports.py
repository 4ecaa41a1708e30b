"""Ports for servers that cannot be asked for one of their own, and ports that nobody listens at."""

import socket

__all__ = ["free_port", "listens"]


def free_port() -> int:
    """A port of 127.0.0.1 that the system gives to nobody for the next minute.

    Its last connection was closed from here first, so it is in TIME_WAIT (RFC 9293 §3.6.1): only a server that asks for this very
    port takes it, with SO_REUSEADDR, as servers do.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()
    return port


def listens(port: int) -> bool:
    """Whether somebody serves at a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
