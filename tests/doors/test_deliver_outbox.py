"""The outbox: a real server, a real Maildir."""

import asyncio
import mailbox
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syndication.deliver.outbox import Outbox
from syndication.deliver.pool import Pool
from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.transaction import Transaction
from syndication.domain.delivery import Outcome, Stage
from syndication.errors import SyndicationError

MESSAGE = b"From: a@hanok.example\r\nSubject: week\r\n\r\n.dot\r\nhello\r\n"


async def send(server: SmtpServer, recipient: str = "a@example.com", message: bytes = MESSAGE) -> Transaction:
    async with Pool([server], connections=1, hostname="us.example") as pool, pool.session("outbox") as slot:
        return await slot.transact("weekly@hanok.example", recipient, message)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """A disk on which no file grows over `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_mail_that_was_taken_lies_in_new_with_its_envelope_and_a_mailboxs_line_ends(
    tmp_path: Path,
) -> None:
    async with Outbox(tmp_path / "var" / "outbox") as server:
        assert server.loopback
        assert server.security is Security.PLAIN
        result = await send(server)
    assert result.outcome is Outcome.ACCEPTED
    (path,) = (tmp_path / "var" / "outbox" / "new").iterdir()
    head = b"Return-Path: <weekly@hanok.example>\nDelivered-To: a@example.com\n"
    assert path.read_bytes() == head + MESSAGE.replace(b"\r\n", b"\n")  # mutt shows a carriage return as ^M
    assert list((tmp_path / "var" / "outbox" / "tmp").iterdir()) == []


async def test_the_folder_is_a_maildir_for_others(tmp_path: Path) -> None:
    async with Outbox(tmp_path) as server:
        await send(server)
    (mail,) = mailbox.Maildir(tmp_path)
    assert mail["Subject"] == "week"


async def test_the_same_mail_twice_is_there_twice(tmp_path: Path) -> None:
    async with Outbox(tmp_path) as server:
        await send(server)
        await send(server)
    async with Outbox(tmp_path) as server:
        await send(server)
    assert sorted(path.suffix for path in (tmp_path / "new").iterdir()) == [".1", ".2", ".3"]


async def test_many_at_once_are_all_filed(tmp_path: Path) -> None:
    async with Outbox(tmp_path) as server:
        results = await asyncio.gather(*(send(server, f"r{number}@example.com") for number in range(30)))
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert len(list((tmp_path / "new").iterdir())) == 30


async def test_a_full_disk_is_452_and_leaves_no_half_a_mail(tmp_path: Path) -> None:
    async with Outbox(tmp_path) as server:
        with files_up_to(100_000):
            result = await send(server, message=MESSAGE + b"x" * 200 + (b"\r\n" + b"x" * 200) * 1_000)
        assert (result.outcome, result.stage, result.reply.code) == (Outcome.TRY_LATER, Stage.DOT, 452)
        assert [list((tmp_path / name).iterdir()) for name in ("tmp", "new")] == [[], []]
        assert (await send(server)).outcome is Outcome.ACCEPTED


async def test_a_folder_that_goes_away_is_451_and_no_mail_is_claimed(tmp_path: Path) -> None:
    async with Outbox(tmp_path) as server:
        (tmp_path / "new").rmdir()
        result = await send(server)
    assert (result.outcome, result.reply.code) == (Outcome.TRY_LATER, 451)


async def test_an_address_beyond_ascii_is_taken(tmp_path: Path) -> None:
    async with Outbox(tmp_path) as server:
        assert (await send(server, "지은@example.com")).outcome is Outcome.ACCEPTED
    (path,) = (tmp_path / "new").iterdir()
    assert "Delivered-To: 지은@example.com\n".encode() in path.read_bytes()


async def test_a_mail_of_a_megabyte_and_more_is_taken(tmp_path: Path) -> None:
    async with Outbox(tmp_path) as server:
        message = MESSAGE + (b"x" * 70 + b"\r\n") * 40_000
        assert (await send(server, message=message)).outcome is Outcome.ACCEPTED
    (path,) = (tmp_path / "new").iterdir()
    assert path.read_bytes().endswith(message.replace(b"\r\n", b"\n"))


async def test_a_place_that_cannot_be_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SyndicationError, match="outbox") as caught:
        async with Outbox(tmp_path / "file"):
            pass
    assert caught.value.hint


async def test_an_outbox_that_ends_leaves_no_connection_open(tmp_path: Path) -> None:
    async with Outbox(tmp_path) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        assert (await reader.readline()).startswith(b"220")
    assert await reader.read() == b""
    writer.close()
