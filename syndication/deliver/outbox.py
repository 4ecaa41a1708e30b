"""`outbox:`, a real SMTP server on loopback that files mail into a Maildir, for trials and for the demo.

It answers 250 only when the message would survive a power cut: the file and the directory are synced first. Several messages share one
sync of the directory. File names derive from the content; a message that is sent twice is filed twice, as `HASH.1` and `HASH.2`.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from syndication.deliver.server import Security, SmtpServer
from syndication.errors import SyndicationError

_MAX_MESSAGE = 64 * 1024 * 1024  # bytes
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TAKEN = "250 2.0.0 filed"


@dataclass(frozen=True, slots=True)
class _Letter:
    content: bytes
    filed: "asyncio.Future[str]"


def running_outbox(address: str) -> SmtpServer:
    """Return the server of an outbox at HOST:PORT, under a name that is the same in every run."""
    host, _, port = address.rpartition(":")
    return SmtpServer(host, int(port), Security.PLAIN, alias="outbox")


class Outbox:
    """The outbox server: `async with Outbox(maildir) as server:` runs it in the current loop. A missing folder is made."""

    def __init__(self, maildir: Path) -> None:
        self.maildir = maildir
        self._queue: asyncio.Queue[_Letter] = asyncio.Queue()
        self._open: set[asyncio.BaseTransport] = set()
        self._server: asyncio.Server | None = None
        self._filer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> SmtpServer:
        try:
            for name in ("tmp", "new", "cur"):
                (self.maildir / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SyndicationError(
                f"The outbox {self.maildir} cannot be written: {error.strerror}.",
                "Set smtp.url to a folder that can be written.",
            ) from error
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0)
        self._filer = asyncio.create_task(self._file_all())
        port: int = self._server.sockets[0].getsockname()[1]
        return running_outbox(f"127.0.0.1:{port}")

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        assert self._filer is not None
        self._server.close()
        for transport in list(self._open):
            transport.close()
        await self._server.wait_closed()
        self._filer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._filer

    def _protocol(self) -> SMTP:
        return _Connection(self, self._open)

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        """File one message, with the line ends that mail programs expect in a Maildir, and return the reply to it."""
        content = (envelope.original_content or b"").replace(b"\r\n", b"\n")
        sender = envelope.mail_from or ""
        recipients = "".join(f"Delivered-To: {address}\n" for address in envelope.rcpt_tos)
        letter = _Letter(f"Return-Path: <{sender}>\n{recipients}".encode() + content, asyncio.Future())
        self._queue.put_nowait(letter)
        return await letter.filed

    async def _file_all(self) -> None:
        while True:
            letters = [await self._queue.get()]
            while not self._queue.empty():
                letters.append(self._queue.get_nowait())
            replies = await asyncio.to_thread(_file, self.maildir, [letter.content for letter in letters])
            for letter, reply in zip(letters, replies, strict=True):
                if not letter.filed.done():
                    letter.filed.set_result(reply)


class _Connection(SMTP):
    def __init__(self, outbox: Outbox, transports: set[asyncio.BaseTransport]) -> None:
        super().__init__(
            outbox,
            data_size_limit=_MAX_MESSAGE,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="outbox",
            loop=asyncio.get_running_loop(),
        )
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transports.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self._transports.discard(self.transport)
        super().connection_lost(error)


def _file(maildir: Path, contents: Sequence[bytes]) -> list[str]:
    """Write, sync and name each message, then sync the directory once. Returns the reply to each."""
    replies = [_file_one(maildir, content) for content in contents]
    try:
        descriptor = os.open(maildir / "new", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        return [_refusal(error)] * len(contents)
    return replies


def _file_one(maildir: Path, content: bytes) -> str:
    name = hashlib.sha256(content).hexdigest()[:24]
    copy = 1
    try:
        while True:
            draft = maildir / "tmp" / f"{name}.{copy}"
            if not (maildir / "new" / draft.name).exists():
                with contextlib.suppress(FileExistsError):
                    _write(draft, content)
                    break
            copy += 1
        try:
            draft.rename(maildir / "new" / draft.name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        return _refusal(error)
    return _TAKEN


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _refusal(error: OSError) -> str:
    if error.errno in _FULL:
        return "452 4.3.1 no room left in the outbox"
    return f"451 4.3.0 the outbox cannot be written: {error.strerror}"
