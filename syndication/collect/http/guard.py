"""Keep sources out of the machine's own network (SSRF).

Names are resolved and addresses checked here, and the connection is made to a checked address itself: DNS cannot change
in between, and redirects are checked the same way. TLS still verifies the name.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

import httpcore2
import httpx2

from syndication.errors import CollectError

IPAddress: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""Maps host and port to addresses, as strings; raises OSError."""


class PrivateAddressError(CollectError):
    """A name leads into a private network, which is not allowed for this source."""


_TRY_SECONDS = 5.0  # for each address of a host with several
_ALLOW = "Set allow_private = true for this source if it is meant to be inside your network."
_NEVER = "A link-local address is refused even with allow_private: clouds serve secrets there."
_NAT64 = ip_network("64:ff9b::/96")


async def resolve(host: str, port: int) -> list[str]:
    """Resolve a host with the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]).partition("%")[0] for *_, address in found]


def is_private(address: IPAddress) -> bool:
    """Return whether `address` is not public (RFC 6890), or is multicast, also when embedded in IPv6."""
    address = _unwrapped(address)
    if isinstance(address, IPv6Address) and address.is_site_local:
        return True
    return not address.is_global or address.is_multicast or address.is_reserved


def is_link_local(address: IPAddress) -> bool:
    """Return whether `address` is link-local (RFC 3927), where clouds serve their secrets."""
    return _unwrapped(address).is_link_local


def _unwrapped(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that is embedded in an IPv6 one, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if inner is None and address in _NAT64:
        inner = IPv4Address(address.packed[-4:])
    return inner or address


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to checked addresses only. With `refused` None only link-local addresses are refused."""

    def __init__(self, resolve: Resolve, refused: Callable[[IPAddress], bool] | None) -> None:
        self._resolve = resolve
        self._refused = refused
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._allowed(host, port)
        if len(addresses) > 1:
            timeout = min(timeout or _TRY_SECONDS, _TRY_SECONDS)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    async def _allowed(self, host: str, port: int) -> list[str]:
        try:
            addresses = list(dict.fromkeys(await self._resolve(host, port)))
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"the name {host} does not resolve") from error
        refused = self._refused or is_link_local
        allowed = [address for address in addresses if not refused(ip_address(address))]
        if addresses and not allowed:
            message = f"{host} leads to the private address {addresses[0]}, which is refused."
            raise PrivateAddressError(message, _ALLOW if self._refused else _NEVER)
        return allowed

    async def sleep(self, seconds: float) -> None:
        """Wait between httpcore2's own retries, which are off."""
        await self._inner.sleep(seconds)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """httpx2 over a pool of guarded connections, without the proxies of the environment."""

    def __init__(self, resolve: Resolve, refused: Callable[[IPAddress], bool] | None, *, total: int) -> None:
        # As many connections as requests: with fewer, those to a slow host would block the others.
        self._pool = httpcore2.AsyncConnectionPool(
            network_backend=_GuardedBackend(resolve, refused), max_connections=total, keepalive_expiry=5.0
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Raises httpx2.TransportError."""
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        inner = httpcore2.Request(
            request.method, url, headers=request.headers.raw, extensions=request.extensions
        )
        try:
            response = await self._pool.handle_async_request(inner)
        except _FAULTS as error:
            raise httpx2.TransportError(str(error) or type(error).__name__) from error
        return httpx2.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._response.aiter_stream():
                yield part
        except _FAULTS as error:
            raise httpx2.TransportError(str(error) or type(error).__name__) from error

    async def aclose(self) -> None:
        await self._response.aclose()


_FAULTS = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
)
