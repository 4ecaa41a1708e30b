"""Maildir, mbox and IMAP, each the real thing: what is read, and what becomes of it afterwards."""

import asyncio
import mailbox
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from syndication.bounces.box import Box
from syndication.bounces.imap import Imap, ImapServer
from syndication.bounces.maildir import Maildir
from syndication.bounces.mbox import Mbox
from syndication.errors import MailboxError
from tests.unit.bounce_samples import bounce, plain

if TYPE_CHECKING:
    from tests.doors.imap_server import ImapProcess

pytest_plugins = ("tests.doors.imap_server",)

ONE, TWO = bounce(), plain("Body\n\nFrom the sea, a line that begins like an mbox.")


def read(box: Box, *, take: int = 99) -> list[bytes]:
    """Everything that is new, of which so many are put aside."""
    found = []
    with box:
        for letter in filter(None, map(box.read, box.names())):
            found.append(letter.data.replace(b"\r\n", b"\n").rstrip())
            if len(found) <= take:
                box.done(letter)
    return found


def maildir(folder: Path) -> Callable[[bool], Box]:
    box = mailbox.Maildir(folder / "maildir")
    for message in (ONE, TWO):
        box.add(message)
    return lambda delete: Maildir(folder / "maildir", delete=delete)


def mbox(folder: Path) -> Callable[[bool], Box]:
    box = mailbox.mbox(folder / "mbox")
    for message in (ONE, TWO):
        box.add(message)
    box.close()
    return lambda delete: Mbox(folder / "mbox", delete=delete)


@pytest.fixture(params=["maildir", "mbox", "imap"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[bool], Box]:
    """Opens a box with two messages; the argument says whether what is taken is deleted."""
    if request.param != "imap":
        return {"maildir": maildir, "mbox": mbox}[request.param](tmp_path)
    server: ImapProcess = request.getfixturevalue("imap")
    there = ImapServer(
        "127.0.0.1", server.port, "plain", server.folder(ONE, TWO), server.user, server.password
    )
    return lambda delete: Imap(there, delete=delete)


def expected() -> list[bytes]:
    return sorted([ONE.rstrip(), TWO.replace(b"\nFrom ", b"\n>From ").rstrip()])


@pytest.mark.parametrize("delete", [False, True])
def test_each_message_is_read_once(box: Callable[[bool], Box], delete: bool) -> None:
    assert sorted(each.replace(b"\nFrom ", b"\n>From ") for each in read(box(delete))) == expected()
    assert read(box(delete)) == []


@pytest.mark.parametrize("delete", [False, True])
def test_what_was_not_put_aside_is_read_again(box: Callable[[bool], Box], delete: bool) -> None:
    assert len(read(box(delete), take=1)) == 2
    assert len(read(box(delete))) == 1


def test_a_box_that_deletes_takes_what_somebody_has_looked_at_too(box: Callable[[bool], Box]) -> None:
    read(box(False))
    assert len(read(box(True))) == 2
    assert read(box(True)) == []


def test_a_taken_message_of_a_maildir_lies_in_cur_as_seen(tmp_path: Path) -> None:
    read(maildir(tmp_path)(False))
    assert list((tmp_path / "maildir/new").iterdir()) == []
    assert all(file.name.endswith(":2,S") for file in (tmp_path / "maildir/cur").iterdir())
    assert sorted(file.read_bytes().rstrip() for file in (tmp_path / "maildir/cur").iterdir()) == sorted(
        [ONE.rstrip(), TWO.rstrip()]
    )


def test_an_mbox_keeps_every_byte_of_its_messages_but_their_status(tmp_path: Path) -> None:
    mbox(tmp_path)
    before = (tmp_path / "mbox").read_bytes()
    read(Mbox(tmp_path / "mbox", delete=False))
    after = (tmp_path / "mbox").read_bytes()
    assert after.count(b"\nStatus: RO\n") == 2
    assert after.replace(b"\nStatus: RO\n", b"\n") == before


def test_an_mbox_that_another_program_holds_is_left_alone(tmp_path: Path) -> None:
    opened = mbox(tmp_path)
    other = mailbox.mbox(tmp_path / "mbox")
    other.lock()
    try:
        with pytest.raises(MailboxError, match="is locked by another program"):
            read(opened(False))
    finally:
        other.close()
    assert len(read(opened(False))) == 2


@pytest.mark.parametrize("make", [Maildir, Mbox])
def test_a_box_that_is_not_there_is_a_sentence(tmp_path: Path, make: Callable[..., Box]) -> None:
    with pytest.raises(MailboxError, match="nowhere"):
        read(make(tmp_path / "nowhere", delete=False))


def test_reading_marks_nothing_by_itself(imap: "ImapProcess") -> None:
    folder = imap.folder(ONE)
    server = ImapServer("127.0.0.1", imap.port, "plain", folder, imap.user, imap.password)
    assert len(read(Imap(server, delete=False), take=0)) == 1
    assert "\\Seen" not in imap.flags(folder)[0]
    read(Imap(server, delete=False))
    assert "\\Seen" in imap.flags(folder)[0]


async def test_imap_over_tls_checks_the_certificate(imap: "ImapProcess") -> None:
    authority, client, context = (
        trustme.CA(),
        ssl.create_default_context(),
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
    )
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(client)
    folder = imap.folder(ONE)
    async with imap.in_tls(context) as port:
        known = ImapServer("localhost", port, "tls", folder, imap.user, imap.password, client)
        assert len(await asyncio.to_thread(read, Imap(known, delete=False))) == 1
        stranger = ImapServer("localhost", port, "tls", folder, imap.user, imap.password)
        with pytest.raises(MailboxError, match="certificate"):
            await asyncio.to_thread(read, Imap(stranger, delete=False))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_no_password_travels_in_clear(imap: "ImapProcess", security: str) -> None:
    """This server offers no TLS."""
    server = ImapServer("127.0.0.1", imap.port, security, "INBOX", imap.user, imap.password)
    with pytest.raises(MailboxError, match=r"could not be used: .+\. Check"):
        read(Imap(server, delete=False))


def test_a_wrong_password_is_a_sentence_without_it(imap: "ImapProcess") -> None:
    server = ImapServer("127.0.0.1", imap.port, "plain", "INBOX", imap.user, "not this one")
    with pytest.raises(MailboxError, match="could not be used") as caught:
        read(Imap(server, delete=False))
    assert "not this one" not in str(caught.value)


def test_a_folder_that_is_not_there_is_a_sentence(imap: "ImapProcess") -> None:
    server = ImapServer("127.0.0.1", imap.port, "plain", "Rückläufer & Co", imap.user, imap.password)
    with pytest.raises(MailboxError, match="could not be used"):
        read(Imap(server, delete=False))
