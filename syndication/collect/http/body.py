"""Decompress the body of an answer within a limit: a decompression bomb is refused before it is unpacked."""

import zlib
from collections.abc import AsyncIterator
from typing import Any

from syndication.errors import CollectError

ACCEPTED = "gzip, deflate"  # brotli and zstd would each need a library, and trust in its limits
_STEP = 2**16  # bytes unpacked at a time
_MEMBERS = 10_000  # of a gzip file; a real page has one
_GZIP = zlib.MAX_WBITS | 32  # gzip or zlib, by its header


async def read_body(parts: AsyncIterator[bytes], *, coding: str, limit: int, name: str) -> bytes:
    """Read all of `parts`, unpacking `coding` (RFC 9110 §8.4) as they arrive. `name` is the address, for errors.

    Raises CollectError beyond `limit` bytes, packed or unpacked, for another coding, and for broken data.
    """
    coding = coding.strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise CollectError(
            f"{name} answered in the coding {coding}, which was not requested.", "Ask the site's operator."
        )
    body = bytearray()
    unpacker = _Unpacker(body, limit, coding)
    try:
        async for part in parts:
            unpacker.feed(part)
        unpacker.close()
    except _TooMuchError:
        raise too_large(name, limit) from None
    except zlib.error:
        raise CollectError(
            f"{name} answered with broken {coding} data.", "Ask the site's operator."
        ) from None
    return bytes(body)


def unpack(data: bytes, *, limit: int, name: str) -> bytes:
    """Unpack a gzip file. Raises CollectError beyond `limit` bytes or when it is broken; `name` is its address."""
    body = bytearray()
    unpacker = _Unpacker(body, limit, "gzip")
    try:
        unpacker.feed(data)
        unpacker.close()
    except _TooMuchError:
        raise too_large(name, limit) from None
    except zlib.error:
        raise CollectError(f"{name} is not a complete gzip file.", "Ask the site's operator.") from None
    return bytes(body)


class _TooMuchError(Exception):
    pass


class _Unpacker:
    """Unpacks into `out`, at most one step beyond `limit` bytes. Raises zlib.error, _TooMuchError."""

    def __init__(self, out: bytearray, limit: int, coding: str) -> None:
        self._out = out
        self._limit = limit
        self._coding = coding
        self._head = b""  # the first bytes, until they show how the data is packed
        self._wbits = _GZIP
        self._engine: Any = None
        self._received = self._members = 0

    def feed(self, data: bytes) -> None:
        """Unpack the next piece, in small steps: zlib copies what a step leaves over."""
        self._received += len(data)
        if self._received > self._limit:
            raise _TooMuchError
        if self._coding in {"", "identity"}:
            self._out += data
            return
        for start in range(0, len(data), _STEP):
            self._feed(data[start : start + _STEP])

    def _feed(self, packed: bytes) -> None:
        if self._engine is None:
            packed = self._head = self._head + packed
            if len(packed) < 2:  # noqa: PLR2004 - of a zlib header
                return
            if self._coding == "deflate" and not _has_zlib_header(packed):
                self._wbits = -zlib.MAX_WBITS
            self._engine = self._next_member()
        while packed:
            # A gzip file may have several members (RFC 1952 §2.2), with zeros between them.
            if self._engine.eof:
                packed = packed.lstrip(b"\0")
                if not packed:
                    return
                self._engine = self._next_member()
            self._out += self._engine.decompress(packed, _STEP)
            if len(self._out) > self._limit:
                raise _TooMuchError
            packed = self._engine.unconsumed_tail or self._engine.unused_data

    def _next_member(self) -> Any:
        self._members += 1
        if self._members > _MEMBERS:
            raise zlib.error("too many members")
        return zlib.decompressobj(self._wbits)

    def close(self) -> None:
        """Raise zlib.error when the end is missing."""
        if self._engine is None and self._head:
            raise zlib.error("cut off")
        if self._engine is not None and not self._engine.eof:
            self._out += self._engine.flush()
            if not self._engine.eof:
                raise zlib.error("cut off")


def _has_zlib_header(data: bytes) -> bool:
    """Return whether `data` is zlib. `deflate` means zlib (RFC 9110 §8.4.1.2), but some servers send raw deflate."""
    return data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0


def too_large(name: str, limit: int, what: str = "") -> CollectError:
    """Return the error for more than `limit` bytes from `name`."""
    size = f"{limit // 2**20} MB" if limit >= 2**20 else f"{limit} bytes"
    return CollectError(
        f"{name} answered with more than {size}{what and f' of {what}'}.",
        f"Give an address with less, or raise collect.{'xml_' if what else ''}megabytes.",
    )
