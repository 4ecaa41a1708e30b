"""The body of an answer, decompressed under a cap: a bomb is refused before it is unpacked."""

import zlib
from collections.abc import AsyncIterator

from syndication.errors import CollectError

__all__ = ["ACCEPTED", "read_body"]

ACCEPTED = "gzip, deflate"
_STEP = 2**16  # bytes unpacked at a time
_GZIP = zlib.MAX_WBITS | 32  # gzip or zlib, by its header


async def read_body(parts: AsyncIterator[bytes], *, coding: str, limit: int, name: str) -> bytes:
    """All of `parts` (bytes as they came), unpacked from `coding` (RFC 9110 §8.4). `name` is the address, for the error.

    Raises CollectError beyond `limit` bytes, packed or unpacked, and for a coding that was not asked for or is broken.
    """
    coding = coding.strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise CollectError(
            f"{name} answered in the coding {coding}, which was not asked for.", "Ask the site's operator."
        )
    packed = bytearray()
    async for part in parts:
        packed += part
        if len(packed) > limit:
            raise _too_large(name, limit)
    if coding in {"", "identity"} or not packed:
        return bytes(packed)
    try:
        return _unpacked(bytes(packed), coding, limit, name)
    except zlib.error:
        raise CollectError(
            f"{name} answered with broken {coding} data.", "Ask the site's operator."
        ) from None


def _unpacked(packed: bytes, coding: str, limit: int, name: str) -> bytes:
    raw = coding == "deflate" and not _has_zlib_header(packed)
    wbits = -zlib.MAX_WBITS if raw else _GZIP
    out = bytearray()
    while packed:  # gzip may hold several members (RFC 1952 §2.2)
        engine = zlib.decompressobj(wbits)
        while not engine.eof:
            out += engine.decompress(packed, _STEP)
            if len(out) > limit:
                raise _too_large(name, limit)
            if not engine.unconsumed_tail and not engine.eof:
                raise zlib.error("cut off")
            packed = engine.unconsumed_tail
        packed = engine.unused_data.lstrip(b"\0")
    return bytes(out)


def _has_zlib_header(data: bytes) -> bool:
    """Some servers send bare deflate for `deflate`, which means zlib (RFC 9110 §8.4.1.2)."""
    return len(data) > 1 and data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0


def _too_large(name: str, limit: int) -> CollectError:
    return CollectError(
        f"{name} answered with more than {limit // 2**20} MB.",
        "Give a smaller feed, or one with fewer entries.",
    )
