"""Through a real Postfix and out again: what we sign still verifies (RFC 6376, RFC 8463)."""

import asyncio
import re
from pathlib import Path

import dkim
import pytest

from syndication.wiring.app import new_dkim_key
from tests.doors.postfix_server import MARKS, postfix
from tests.doors.smtp_server import Script
from tests.flows.newsroom import Newsroom, article

pytestmark = [*MARKS, pytest.mark.slow]


async def test_a_mail_with_both_signatures_verifies_after_a_real_postfix(tmp_path: Path) -> None:
    records: dict[bytes, bytes] = {}
    room = Newsroom(tmp_path)
    settings = "[dkim]\n"
    for kind in ("rsa", "ed25519"):
        made = new_dkim_key(str(room.config), kind, selector="", out=None, moment=room.moment)
        records[f"{made.name}.".encode()] = made.text.encode()
        settings += made.settings.partition("\n")[2] + "\n"
    room.write(
        "articles/bell.md",
        article("The bell: Überall hörbar", "2023-10-12", "Über  dem Hafen. \n\n.dots\n\n"),
    )
    await room.subscribe("ann@readers.example")

    async with Script() as last:
        with postfix(last.port) as relay:
            room.configure(smtp=f"smtp+plain://127.0.0.1:{relay.port}", more=settings)
            assert (await room.run("2023-W41")).sent == 1
            async with asyncio.timeout(300):
                while not last.taken:  # noqa: ASYNC110 - the event is there before the mail
                    await asyncio.sleep(0.05)
    (mail,) = last.taken
    assert b"\nReceived: " in b"\n" + mail.content
    assert re.findall(rb"\ba=([a-z0-9-]+);", mail.content) == [b"rsa-sha256", b"ed25519-sha256"]
    for index in range(2):
        assert dkim.DKIM(mail.content).verify(idx=index, dnsfunc=lambda name, timeout=5: records.get(name))
    changed = mail.content.replace(b"bell", b"ball")
    with pytest.raises(dkim.ValidationError):
        dkim.DKIM(changed).verify(dnsfunc=lambda name, timeout=5: records.get(name))
