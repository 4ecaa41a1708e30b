"""DKIM from the configuration to the mail in the outbox, and the key's life: made, checked, changed, lost."""

import json
import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path

import dkim
import pytest

from syndication.deliver.message import UnsignedMessage
from syndication.domain.delivery import Batch, Recipient
from syndication.errors import SettingsError, UsageError
from syndication.flows.letters import MailingLetters
from syndication.flows.sending.batch import _mails
from syndication.flows.site.doctor import Check, check_site
from syndication.wiring.app import new_dkim_key
from tests.flows.newsroom import Newsroom, article

WEEK = "2023-W41"
RECORDS: dict[bytes, bytes] = {}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom(tmp_path)
    room.write("articles/bell.md", article("The bell rings", "2023-10-12", "Über  dem Hafen. \n\n.dots\n\n"))
    yield room
    RECORDS.clear()


def key(room: Newsroom, kind: str = "rsa", selector: str = "") -> str:
    """Make a key as `dkim new` does, publish its record, and return its settings without the table's name."""
    made = new_dkim_key(
        str(room.config),
        "ed25519" if kind == "ed25519" else "rsa",
        selector=selector,
        out=None,
        moment=room.moment,
    )
    RECORDS[f"{made.name}.".encode()] = made.text.encode()
    return made.settings.partition("\n")[2] + "\n"


def signed_by(mail: bytes) -> list[str]:
    """The selectors of the signatures, each of which dkimpy has verified."""
    selectors = re.findall(rb"^DKIM-Signature:.*\r?\n?.*\bs=([^;]+);", mail, re.MULTILINE)
    for index in range(len(selectors)):
        assert dkim.DKIM(mail).verify(idx=index, dnsfunc=lambda name, timeout=5: RECORDS.get(name))
    return [selector.decode() for selector in selectors]


async def doctor(room: Newsroom) -> dict[str, Check]:
    async with room.app() as app:
        return {check.name: check for check in await check_site(app) if check.name.startswith("dkim")}


async def letter(room: Newsroom) -> bytes:
    """The one subscriber's mail, made anew by a process of its own as for a resend."""
    async with room.app() as app:
        edition = (await app.store.editions.mailing(f"{WEEK}.weekly.harbour.example")).id
        letters = await app.letters.of(edition)
        subscribers = [subscriber async for subscriber in app.store.ledger.recipients(edition, limit=1)]
        message = letters.message(subscribers[0])
    assert message
    return message


async def test_mails_arrive_with_two_signatures_that_verify(room: Newsroom) -> None:
    room.configure(more="[dkim]\n" + key(room) + key(room, "ed25519"))
    await room.subscribe("ada@harbour.example", "bo@example.com", name="Ada Ökonkwo")
    await room.run(WEEK)
    assert len(room.mails()) == 2
    for mail in room.mails():
        assert signed_by(mail) == ["rsa-202310", "ed25519-202310"]


async def test_without_a_key_nothing_is_signed(room: Newsroom) -> None:
    await room.subscribe("ada@harbour.example")
    await room.run(WEEK)
    assert [signed_by(mail) for mail in room.mails()] == [[]]


async def test_a_resend_has_the_same_bytes_also_when_another_key_was_added(room: Newsroom) -> None:
    first = key(room)
    room.configure(more="[dkim]\n" + first)
    await room.subscribe("ada@harbour.example")
    await room.run(WEEK, send=False)
    before = await letter(room)
    assert signed_by(before) == ["rsa-202310"]
    room.later(days=3)
    assert await letter(room) == before
    room.configure(more="[dkim]\n" + first + key(room, "ed25519"))
    assert await letter(room) == before


async def test_a_changed_key_holds_no_mailing_up_and_changes_nothing_but_the_signature(
    room: Newsroom,
) -> None:
    room.configure(more="[dkim]\n" + key(room))
    await room.subscribe("ada@harbour.example")
    await room.run(WEEK, send=False)
    before = await letter(room)
    room.configure(more="[dkim]\n" + key(room, selector="next"))
    after = await letter(room)
    assert signed_by(after) == ["next"]
    assert after.partition(b"From:")[2] == before.partition(b"From:")[2]


async def test_a_run_stops_before_it_has_made_anything_when_the_key_is_lost(room: Newsroom) -> None:
    room.configure(more='[dkim]\nselector = "s"\nkey_file = "var/gone.pem"')
    await room.subscribe("ada@harbour.example")
    with pytest.raises(SettingsError, match=r"var/gone\.pem cannot be used: No such file"):
        await room.run(WEEK)
    with pytest.raises(SettingsError):
        await room.deliver()
    async with room.app() as app:
        assert not await app.store.editions.open_mailings()
    assert not (room.folder / "feeds/rss.xml").exists()


async def test_the_doctor_shows_the_record_of_a_good_key(room: Newsroom) -> None:
    room.configure(more="[dkim]\n" + key(room) + key(room, "ed25519"))
    checks = await doctor(room)
    assert [check.ok for check in checks.values()] == [True, True]
    said = checks["dkim rsa-202310"].said
    assert "2048 bits" in said
    text = "".join(re.findall(r'"([^"]*)"', said)).encode()
    assert RECORDS[b"rsa-202310._domainkey.harbour.example."] == text


async def test_the_doctor_names_a_key_that_others_can_read(room: Newsroom) -> None:
    room.configure(more="[dkim]\n" + key(room))
    (room.folder / "var/dkim/rsa-202310.pem").chmod(0o640)
    (check,) = (await doctor(room)).values()
    assert (check.ok, check.exit_code) == (False, 2)
    assert "chmod 600" in check.said


async def test_the_doctor_names_a_key_of_another_type(room: Newsroom) -> None:
    key(room)
    room.configure(more='[dkim]\ned25519_selector = "e"\ned25519_key_file = "var/dkim/rsa-202310.pem"')
    (check,) = (await doctor(room)).values()
    assert (check.ok, check.exit_code) == (False, 2)
    assert "it holds an RSA key" in check.said


@pytest.mark.parametrize(
    ("domain", "sender", "aligned"),
    [
        ("harbour.example", "weekly@harbour.example", True),
        ("harbour.example", "weekly@news.harbour.example", True),
        ("news.harbour.example", "weekly@harbour.example", False),
        ("arbour.example", "weekly@harbour.example", False),
    ],
)
async def test_the_doctor_warns_of_a_domain_that_is_not_the_one_of_from(
    room: Newsroom, domain: str, sender: str, *, aligned: bool
) -> None:
    room.configure(more=f'[dkim]\ndomain = "{domain}"\n' + key(room))
    room.config.write_text(room.config.read_text("utf-8").replace("weekly@harbour.example", sender), "utf-8")
    (check,) = (await doctor(room)).values()
    assert check.ok is aligned
    assert check.exit_code == 0  # a run goes on


async def test_the_verb_makes_a_key_and_shows_what_to_do_with_it(room: Newsroom) -> None:
    done = room.syndicate("dkim", "new", "--selector", "s1", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    file = room.folder / "var/dkim/s1.pem"
    assert made["file"] == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made["name"] == "s1._domainkey.harbour.example"
    assert tomllib.loads(made["settings"]) == {"dkim": {"selector": "s1", "key_file": "var/dkim/s1.pem"}}
    room.configure(more=made["settings"])
    (check,) = (await doctor(room)).values()
    assert check.ok
    assert made["record"] in check.said


def test_the_verb_tells_a_person_the_record_and_the_settings(room: Newsroom) -> None:
    out = room.folder / "keys" / "e.pem"
    done = room.syndicate("dkim", "new", "--type", "ed25519", "--selector", "e1", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert 'e1._domainkey.harbour.example. IN TXT "v=DKIM1; k=ed25519; p=' in done.stdout
    assert 'ed25519_selector = "e1"\ned25519_key_file = "keys/e.pem"' in done.stdout


def test_a_key_is_never_overwritten(room: Newsroom) -> None:
    key(room)
    file = room.folder / "var/dkim/rsa-202310.pem"
    before = file.read_bytes()
    with pytest.raises(UsageError, match="never overwritten"):
        key(room)
    assert file.read_bytes() == before


@pytest.mark.parametrize("arguments", [("--type", "dsa"), ("--selector", "../s"), ("--selector", "a b")])
def test_a_wrong_type_or_selector_is_refused_and_writes_nothing(
    room: Newsroom, arguments: tuple[str, ...]
) -> None:
    done = room.syndicate("dkim", "new", *arguments)
    assert done.returncode == 2, done.stdout
    assert list(room.folder.rglob("*.pem")) == []


async def test_a_batchs_mails_are_merged_one_a_connection_then_signed_and_no_more_are_made_ahead(
    room: Newsroom,
) -> None:
    did: list[tuple[str, int]] = []

    class Noted(MailingLetters):
        def draft(self, subscriber: Recipient) -> UnsignedMessage | None:
            number = subscriber.subscriber
            did.append(("merged", number))
            draft = MailingLetters.draft(self, subscriber)
            assert draft
            (unsigned,) = draft.unsigned

            def sign(digest: bytes) -> bytes:
                did.append(("signed", number))
                return unsigned.sign(digest)

            return draft._replace(unsigned=[unsigned._replace(sign=sign)])

    await room.subscribe(*(f"subscriber{number}@readers.example" for number in range(1, 4)))
    room.configure(more=f"[dkim]\n{key(room)}")
    await room.run(WEEK, send=False)
    async with room.app() as app:
        (mailing,) = await app.store.editions.open_mailings()
        plan = partial(app.delivery.throttle.plan, wanted=2, most=2)
        batch = await app.store.ledger.claim(mailing, "here/run", "token", now=room.now, lease=60, plan=plan)
        assert isinstance(batch, Batch)
        letters = await app.letters.of(mailing)
        noted = Noted(**{each.name: getattr(letters, each.name) for each in fields(letters)})
        for row, _, message in _mails(noted, batch):
            did.append(("given", row.subscriber))
            assert message == letters.message(row)
    whole, rest = [("merged", 1), ("merged", 2), ("signed", 1), ("signed", 2)], [("merged", 3), ("signed", 3)]
    assert did == [*whole, ("given", 1), ("given", 2), *rest, ("given", 3)]
