"""A test mail to the editor: of what is frozen, or of what a run would make now, and nobody's row or link knows of it."""

import json
import sqlite3
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from syndication.cli.main import run
from syndication.domain.tokens import Purpose
from syndication.domain.week import WeekKey
from syndication.errors import IncompleteError, UsageError
from syndication.flows.desk.trial_mail import drafted_mailing, frozen_mailing, send_test
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import PAGE, Newsroom

W41 = "2023-W41"
EDITOR = "editor@harbour.example"
SPORT = '[[sources]]\nname = "track"\nkind = "folder"\npath = "sport"\nsection = "Sport"\n'


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path, more=SPORT)
    (tmp_path / "sport").mkdir()
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe("ann@readers.example", name="Ann", language="ko", confirmed_at="2021-03-04")
    await room.subscribe("sam@readers.example", topics="sport")
    return room


def parsed(mail: bytes) -> EmailMessage:
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(mail: bytes, kind: str) -> str:
    part = parsed(mail).get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


async def trial(room: Newsroom, *, subscriber: str = "") -> bytes:
    """The test mail of the frozen edition."""
    before = set(room.mails())
    async with room.app() as app:
        mailing = await frozen_mailing(app, WeekKey.parse(W41))
        assert mailing is not None
        await send_test(app, mailing, EDITOR, subscriber=subscriber)
    (mail,) = set(room.mails()) - before
    return mail


async def test_a_test_mail_is_the_frozen_edition_marked_and_no_row_knows_of_it(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    newsroom.write("articles/ferry-bell.txt", PAGE.replace("Ferry Bell", "Corrected Bell"))
    first, second = parsed(await trial(newsroom)), parsed(await trial(newsroom))
    assert first["To"] == EDITOR
    assert first["Subject"] == '[Test] Ferry Bell Rings Again at "Low Water" After Twelve Silent Years'
    report = await newsroom.run(W41)
    real = [parsed(mail) for mail in newsroom.mails()]
    assert (report.sent, report.no_content) == (1, 1)
    assert len({mail["Message-ID"] for mail in (first, second, *real)}) == 3


async def test_a_test_mail_as_a_reader_has_that_readers_language_and_name_and_nobodys_links(
    newsroom: Newsroom,
) -> None:
    await newsroom.run(W41, send=False)
    mail = await trial(newsroom, subscriber="Ann@Readers.example")
    text = body(mail, "plain")
    assert "Ann" in text
    assert "구독" in text
    assert "2021" in text
    async with newsroom.app() as app:
        ann = await app.store.subscribers.get("ann@readers.example")
        assert ann
        token = str(parsed(mail)["List-Unsubscribe"]).rpartition("/")[2].rstrip(">")
        assert app.keyring.verify(Purpose.UNSUBSCRIBE, token) not in {None, ann.key}
    assert ann.key not in body(mail, "html") + text


@pytest.mark.parametrize(
    ("address", "subscriber", "sentence"),
    [
        ("nobody", "", "A test mail cannot go to nobody: "),
        (EDITOR, "who@readers.example", "who@readers.example is not on the list."),
        (EDITOR, "sam@readers.example", "sam@readers.example gets no mail: "),
    ],
)
async def test_a_test_mail_that_cannot_be_is_refused_with_a_sentence(
    newsroom: Newsroom, address: str, subscriber: str, sentence: str
) -> None:
    await newsroom.run(W41, send=False)
    async with newsroom.app() as app:
        mailing = await frozen_mailing(app, WeekKey.parse(W41))
        assert mailing is not None
        with pytest.raises(UsageError) as caught:
            await send_test(app, mailing, address, subscriber=subscriber)
    assert str(caught.value).startswith(sentence)
    assert newsroom.mails() == []


async def test_a_server_that_refuses_the_test_mail_is_quoted(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    async with Script({"rcpt": [Step("550 5.7.1 not from you")]}) as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        with pytest.raises(IncompleteError, match=r"550 5\.7\.1 not from you"):
            await trial(newsroom)


def test_before_the_freeze_a_test_mail_is_what_a_run_would_make_and_the_store_stays_as_it_was(
    newsroom: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    def kept() -> int:
        with closing(sqlite3.connect(newsroom.folder / "var/syndicate.db")) as connection:
            return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])

    before = newsroom.files("feeds"), kept()
    assert run(["--config", str(newsroom.config), "--json", "send", "--test", EDITOR, "--week", W41]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["edition"], said["to"], said["reply"][:3]) == (W41, EDITOR, "250")
    (mail,) = newsroom.mails()
    assert said["subject"] == parsed(mail)["Subject"]
    assert (newsroom.files("feeds"), kept()) == (before[0], before[1])
    assert not (newsroom.folder / "var/dry-run").exists()


async def test_a_week_without_articles_has_no_test_mail(newsroom: Newsroom) -> None:
    key = WeekKey.parse("2023-W30")
    async with newsroom.app() as app:
        with pytest.raises(UsageError, match="has no new article"):
            await drafted_mailing(app, key)


def test_send_alone_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["send"]) == 2
    assert "Say where the test mail goes." in capsys.readouterr().err
