"""The socket of `serve` and `preview`."""

import socket

import pytest

from syndication.errors import UsageError
from syndication.web.server import listening


def test_whoever_is_told_of_a_port_can_connect_before_anybody_serves_there() -> None:
    with listening(0) as sock:
        socket.create_connection(sock.getsockname(), timeout=60).close()


def test_a_port_that_cannot_be_had_is_refused_before_anybody_is_told_of_it() -> None:
    with listening(0) as sock, pytest.raises(UsageError, match=r"cannot be used \(Address already in use\)"):
        listening(sock.getsockname()[1])
    with pytest.raises(UsageError, match=r"cannot be used \(it is not a port\)"):
        listening(70_000)
