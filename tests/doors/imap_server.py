"""A real IMAP server (pymap) as a process on loopback, one a test session, and TLS in front of it."""

import asyncio
import imaplib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

import pytest

from tests.doors.ports import free_port, listens

__all__ = ["ImapProcess", "imap"]

USER, PASSWORD = "desk", "sea bell 42"


@dataclass(slots=True)
class ImapProcess:
    """`folder` makes a new, empty mailbox and returns its name."""

    port: int
    user: str = USER
    password: str = PASSWORD
    made: int = 0

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=300)
        client.login(USER, PASSWORD)
        yield client
        client.logout()

    def folder(self, *messages: bytes) -> str:
        self.made += 1
        name = f"Bounces {self.made}"
        with self.opened() as client:
            assert client.create(f'"{name}"')[0] == "OK"
            for message in messages:
                client.append(f'"{name}"', "", "", message.replace(b"\n", b"\r\n"))
        return name

    def flags(self, folder: str) -> list[str]:
        """Of every message of a folder, in their order."""
        with self.opened() as client:
            client.select(f'"{folder}"')
            _, found = client.fetch("1:*", "(FLAGS)")
            return [
                " ".join(word.decode() for word in imaplib.ParseFlags(each))
                for each in found
                if isinstance(each, bytes)
            ]

    @asynccontextmanager
    async def in_tls(self, context: SSLContext) -> AsyncIterator[int]:
        """A port that speaks TLS from the first byte and passes everything on."""

        async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
            writer.close()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, here = await asyncio.open_connection("127.0.0.1", self.port)
            await asyncio.gather(pump(reader, here), pump(there, writer), return_exceptions=True)

        async with await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context) as server:
            yield server.sockets[0].getsockname()[1]


@pytest.fixture(scope="session")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapProcess]:
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("pymap")),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-tls",
        "--pid-file",
    ]
    command += [
        f"syndication-imap-{port}.pid",
        "dict",
        "--demo-data",
        "--demo-user",
        USER,
        "--demo-password",
        PASSWORD,
    ]
    process = subprocess.Popen(command, cwd=tmp_path_factory.mktemp("imap"))
    try:
        while not listens(port):
            assert process.poll() is None
            time.sleep(0.05)
        yield ImapProcess(port)
    finally:
        process.terminate()
        process.wait(300)
