"""The editor's verbs: an edition waits for approval, is held and goes on, is taken back, and carries a note."""

import asyncio
import json
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from syndication.cli.editor import _discarded, _held, _resumed
from syndication.cli.main import run
from syndication.cli.output import Output
from syndication.domain.delivery import State
from syndication.domain.week import WeekKey
from syndication.errors import LockedError, UsageError
from syndication.flows.desk.editor import approve, discard, hold, note, resume, write_note
from syndication.flows.desk.trial_mail import frozen_mailing
from syndication.flows.lock import hold as lock
from syndication.flows.report import Report
from syndication.flows.sending.deliver import deliver
from syndication.flows.sending.due import deliver_due
from syndication.flows.site.status import site_status
from tests.crash.recorder import Recorder
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import PAGE, Newsroom, article, json_of

SUBSCRIBERS = ("ann@readers.example", "bo@readers.example", "cy@letters.example")
W41 = "2023-W41"
KEY = WeekKey.parse(W41)
APPROVE = "[edition]\napprove = true\n"
MAILING = f"{W41}.weekly.harbour.example"
PAGE_OF_W41 = f"feeds/archive/{W41}.html"


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*SUBSCRIBERS)
    return room


@pytest.fixture
def approving(newsroom: Newsroom) -> Newsroom:
    newsroom.configure(more=APPROVE)
    return newsroom


def loopback(server: Script | Recorder) -> str:
    return f"smtp+plain://127.0.0.1:{server.port}"


def body(mail: bytes, kind: str) -> str:
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def sentence(output: Output) -> str:
    """What a verb says, as a line and in the document."""
    (line,) = output.lines
    assert json_of(output)["said"] == line
    return line


async def approved(room: Newsroom, *, send: bool = True) -> Report:
    async with room.app() as app:
        return await approve(app, KEY, send=send)


async def letters(room: Newsroom) -> dict[str, bytes]:
    """Every subscriber's mail as frozen."""
    async with room.app() as app:
        mailing = await frozen_mailing(app, KEY)
        assert mailing
        made = await app.letters.of(mailing.id)
        rows = [row async for row in app.store.ledger.recipients(mailing.id)]
        return {row.email: made.message(row) or b"" for row in rows}


# ---------------------------------------------------------------- approval


async def test_an_edition_that_waits_is_neither_shown_nor_sent_and_every_run_says_so(
    approving: Newsroom,
) -> None:
    for _ in range(2):
        report = await approving.run(W41)
        assert (report.waits, report.sent, report.recipients, report.archive) == (True, 0, 3, "")
        assert report.queued == 3
        assert f"`syndicate approve {W41}`" in str(report.skipped)
    (due,) = await approving.deliver()
    assert (due.waits, due.incomplete, due.sent, due.queued) == (True, False, 0, 3)
    assert approving.mails() == []
    files = approving.files("feeds")
    assert PAGE_OF_W41 not in files
    assert b"Ferry Bell Rings" not in files["feeds/archive/index.html"]
    assert b"Ferry Bell Rings" in files["feeds/rss.xml"]
    assert not any(name.startswith("feeds/hot/") for name in files)


async def test_approving_publishes_and_sends_byte_for_byte_what_was_frozen(approving: Newsroom) -> None:
    await approving.run(W41)
    seen = await letters(approving)
    approving.write("articles/ferry-bell.txt", PAGE.replace("Ferry Bell", "Corrected Bell"))
    approving.write("templates/default/digest.txt", "Something else")
    approving.later(hours=5)
    async with Script() as server:
        approving.configure(smtp=loopback(server), more="")
        report = await approved(approving)
    assert (report.sent, report.waits, report.skipped) == (3, False, None)
    assert {mail.recipient: mail.content for mail in server.taken} == seen
    files = approving.files("feeds")
    assert b"Ferry Bell Rings" in files[PAGE_OF_W41]
    assert b"Ferry Bell Rings" in files["feeds/hot/rss.xml"]


async def test_an_approval_is_recorded_once_and_again_it_only_says_that_all_is_done(
    approving: Newsroom,
) -> None:
    await approving.run(W41)
    approving.later(minutes=5)
    first = approving.now
    await approved(approving)
    approving.later(minutes=5)
    again = await approved(approving)
    assert (again.sent, again.skipped) == (0, f"{W41} is done: nothing was left to send.")
    async with approving.app() as app:
        (shown,) = (await site_status(app, KEY)).editions
    assert shown.edition.approved_at == first
    assert len(approving.mails()) == 3


async def test_an_approval_without_the_mail_leaves_it_to_deliver(approving: Newsroom) -> None:
    await approving.run(W41)
    report = await approved(approving, send=False)
    assert (report.sent, approving.mails()) == (0, [])
    assert PAGE_OF_W41 in approving.files("feeds")
    assert [each.sent for each in await approving.deliver()] == [3]


async def test_an_approval_whose_upload_fails_goes_on_with_the_next_run(approving: Newsroom) -> None:
    await approving.run(W41)
    approving.configure(more=APPROVE + '[publish]\nafter = ["test", "-e", "uploaded"]\n')
    with pytest.raises(Exception, match="The upload command"):
        await approved(approving)
    assert approving.mails() == []
    approving.write("uploaded", "")
    assert (await approving.run(W41)).sent == 3


def test_a_dry_run_of_what_waits_shows_its_page_and_its_mails(
    approving: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("--config", str(approving.config), "run", "--week", W41)
    assert run((*command, "--dry-run")) == 0
    assert f"var/dry-run/{W41}/feeds/archive/{W41}.html" in approving.files("var/dry-run")
    assert run(command) == 6
    before = approving.files("feeds")
    assert run((*command, "--dry-run")) == 0
    assert "waits for its editor" not in capsys.readouterr().out.partition("Dry run")[0].rpartition("─")[2]
    files = approving.files("var/dry-run")
    assert f"var/dry-run/{W41}/feeds/archive/{W41}.html" in files
    assert f"var/dry-run/{W41}/mails/000003.eml" in files
    assert approving.files("feeds") == before
    assert run(command) == 6


# ---------------------------------------------------------------- hold and resume


async def test_a_held_edition_sends_nothing_until_it_is_resumed(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    async with newsroom.app() as app:
        said = sentence(_held(await hold(app, KEY)))
        assert said == f"{W41} is held: 0 of 3 subscribers have it. `syndicate resume {W41}` lets it go on."
        for report in (await newsroom.run(W41), *(await newsroom.deliver())):
            assert (report.held, report.incomplete, report.sent, report.queued) == (True, True, 0, 3)
            assert report.skipped == f"{W41} is held: `syndicate resume {W41}` lets it go on."
        assert sentence(_resumed(await resume(app, KEY))) == (
            f"{W41} is no longer held; `syndicate deliver` sends it to 3 subscribers who wait for it."
        )
        assert sentence(_resumed(await resume(app, KEY))).startswith(f"{W41} was not held; ")
    assert [each.sent for each in await newsroom.deliver()] == [3]


async def test_a_hold_from_another_process_stops_a_running_send_and_nobody_is_lost(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, connections=4, wait="2h")
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*(f"subscriber{number}@example.com" for number in range(300)))
    await room.run(W41, send=False)
    async with Script({"dot": [Step(after=0.5)] * 300}) as slow, Recorder() as quick:
        room.configure(smtp=loopback(slow))
        sending = asyncio.create_task(room.run(W41))
        await slow.reached["dot"].wait()
        held = await asyncio.to_thread(room.syndicate, "hold", W41, "--json")
        assert held.returncode == 0, held.stderr
        report = await asyncio.wait_for(sending, 300)
        assert (report.held, report.incomplete, report.sent) == (True, True, len(slow.taken))
        assert report.queued == 300 - report.sent > 0
        assert (report.unknown, report.warnings) == (0, ())
        assert 0 <= report.sent - json.loads(held.stdout)["sent"] <= room.connections

        async with room.app() as app:
            await resume(app, KEY)
        room.configure(smtp=loopback(quick))
        assert (await room.run(W41)).incomplete is False
    taken = Counter([mail.recipient for mail in slow.taken] + [mail.recipient for mail in quick.accepted])
    assert len(taken) == taken.total() == 300


async def test_a_hold_ends_a_run_that_waits_for_the_next_try(newsroom: Newsroom) -> None:
    async with Script({"rcpt": [Step("450 4.2.0 greylisted")] * 9}) as server:
        newsroom.configure(smtp=loopback(server), wait="2h")
        sending = asyncio.create_task(newsroom.run(W41))
        async with newsroom.app() as app:
            while (await app.store.ledger.counts(MAILING)).deferred < 3:
                assert not sending.done()
                await asyncio.sleep(0.02)
            await hold(app, KEY)
        report = await asyncio.wait_for(sending, 300)
    assert (report.held, report.deferred) == (True, 3)


async def test_a_hold_does_not_keep_deliver_from_another_edition(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    newsroom.later(days=7)
    newsroom.write("articles/nets.md", article("The last nets", "2023-10-18"))
    await newsroom.run("2023-W42", send=False)
    async with newsroom.app() as app:
        await hold(app, KEY)
        first, second = await deliver_due(app, None)
    assert (first.held, first.sent, second.held, second.sent) == (True, 0, False, 3)


async def test_what_has_gone_out_already_is_not_called_held(newsroom: Newsroom) -> None:
    await newsroom.run(W41)
    async with newsroom.app() as app:
        assert "3 of 3 subscribers have it" in sentence(_held(await hold(app, KEY)))
        assert "no subscriber waits for it" in sentence(_resumed(await resume(app, KEY)))
        await hold(app, KEY)
    report = await newsroom.run(W41)
    assert (report.held, report.incomplete) == (False, False)


async def test_an_approval_of_what_is_held_is_refused(approving: Newsroom) -> None:
    await approving.run(W41)
    async with approving.app() as app:
        await hold(app, KEY)
        with pytest.raises(UsageError, match=rf"{W41} is held. `syndicate resume {W41}`"):
            await approve(app, KEY, send=True)
        assert "waits for its editor" in sentence(_resumed(await resume(app, KEY)))
        assert (await approve(app, KEY, send=True)).sent == 3


# ---------------------------------------------------------------- discard


async def test_what_is_taken_back_is_made_anew_by_the_next_run(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    assert PAGE_OF_W41 in newsroom.files("feeds")
    async with newsroom.app() as app:
        done = await discard(app, KEY)
    assert sentence(_discarded(done)).startswith(f"{W41} is taken back: its 1 article is free again.")
    files = newsroom.files("feeds")
    assert PAGE_OF_W41 not in files
    assert f"{PAGE_OF_W41}.gz" not in files
    assert b"Ferry Bell Rings" not in files["feeds/archive/index.html"]
    newsroom.write("articles/ferry-bell.txt", PAGE.replace("Ferry Bell", "Corrected Bell"))
    report = await newsroom.run(W41)
    assert (report.number, report.articles, report.sent) == (1, 1, 3)
    assert report.subject.startswith("Corrected Bell")


async def test_what_only_a_dead_server_was_asked_for_can_still_be_taken_back(newsroom: Newsroom) -> None:
    async with Script() as server:
        newsroom.configure(smtp=loopback(server))
    assert (await newsroom.run(W41)).queued == 3
    async with newsroom.app() as app:
        await discard(app, KEY)
        assert await app.store.editions.get(KEY) is None


async def test_what_may_have_gone_out_cannot_be_taken_back(newsroom: Newsroom) -> None:
    async with Script({"rcpt": [Step("450 4.2.0 greylisted")] * 3}) as server:
        newsroom.configure(smtp=loopback(server))
        await newsroom.run(W41)
    async with newsroom.app() as app:
        with pytest.raises(UsageError, match="may have gone out, so it cannot be taken back"):
            await discard(app, KEY)
    assert PAGE_OF_W41 in newsroom.files("feeds")


async def test_a_running_sender_is_not_robbed_of_its_edition(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    async with newsroom.app() as app:
        edition = await app.store.editions.get(KEY)
        assert edition
        with lock(newsroom.folder / "var/locks", f"mailing {edition.mailing}"), pytest.raises(LockedError):
            await discard(app, KEY)
        assert await app.store.editions.get(KEY)


# ---------------------------------------------------------------- note


async def test_a_note_stands_in_mail_text_and_archive_escaped_and_with_its_links(newsroom: Newsroom) -> None:
    text = "A <b>short</b> week.\n\nSee [the tides & more](https://harbour.example/tides?a=1&b=2) before you sail."
    async with newsroom.app() as app:
        await write_note(app, KEY, f"\n{text}\n")
        assert await note(app, KEY) == text
    await newsroom.run(W41)
    mail = newsroom.mails()[0]
    link = '<a href="https://harbour.example/tides?a=1&amp;b=2"'
    for html in (body(mail, "html"), newsroom.files("feeds")[PAGE_OF_W41].decode()):
        assert "A &lt;b&gt;short&lt;/b&gt; week." in html
        assert link in html
        assert "the tides &amp; more</a> before you sail." in html
    plain = " ".join(body(mail, "plain").split())
    assert (
        "A <b>short</b> week. See the tides & more <https://harbour.example/tides?a=1&b=2> before you sail."
        in plain
    )


async def test_a_note_of_an_edition_that_is_made_is_refused_with_the_way_out(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        await write_note(app, KEY, "First.")
        await newsroom.run(W41, send=False)
        with pytest.raises(UsageError, match=f"`syndicate discard {W41}` takes it back"):
            await write_note(app, KEY, "Second.")
        await discard(app, KEY)
        assert await note(app, KEY) == "First."
        await write_note(app, KEY, "Second.")
        await newsroom.run(W41)
    assert "Second." in body(newsroom.mails()[0], "plain")


async def test_a_note_longer_than_a_mail_can_bear_is_refused(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        with pytest.raises(UsageError, match="A note has at most 5,000 characters, and this one has 5,001"):
            await write_note(app, KEY, "x" * 5001)


async def test_retrying_what_waits_for_its_editor_sends_nothing(approving: Newsroom) -> None:
    await approving.run(W41)
    async with approving.app() as app:
        (report,) = await deliver_due(app, KEY, (State.FAILED, State.UNKNOWN))
        edition = await app.store.editions.get(KEY)
        assert edition
        forced = await deliver(app, edition, stay=False)
    assert (report.waits, forced.sent, approving.mails()) == (True, 0, [])


# ---------------------------------------------------------------- the command line


def test_the_verbs_say_what_they_did_and_exit_as_documented(
    approving: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    def syndicate(*words: str) -> tuple[int, str]:
        code = run(["--config", str(approving.config), *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    file = approving.write("note.md", "\ufeffFrom a file.\n")
    assert syndicate("note", W41) == (0, f"{W41} has no note.\n")
    assert syndicate("note", W41, "--file", str(file)) == (0, "From a file.\n")
    assert syndicate("note", W41, "--remove") == (0, f"{W41} has no note.\n")
    assert syndicate("note", W41, "Hello", "--remove")[0] == 2
    assert syndicate("note", W41, "--file", "nowhere.md")[0] == 2
    assert json.loads(syndicate("--json", "note", W41, "Hello")[1]) == {"edition": W41, "note": "Hello"}
    for verb in ("approve", "hold", "resume", "discard"):
        code, said = syndicate(verb, W41)
        assert (code, f"There is no edition {W41} yet." in said) == (2, True)
    code, said = syndicate("run", "--week", W41)
    assert (code, f"`syndicate approve {W41}`" in said) == (6, True)
    code, said = syndicate("deliver")
    assert (code, f"{W41} waits for its editor" in said) == (6, True)
    assert "waits for its editor" in syndicate("status")[1]
    assert syndicate("hold", W41)[0] == 0
    assert "held, waits for its editor" in syndicate("status")[1]
    assert json.loads(syndicate("--json", "resume", W41)[1])["held_at"] is None
    assert json.loads(syndicate("--json", "approve", W41, "--no-send")[1])["waits"] is False
    syndicate("hold", W41)
    for words in (["run", "--week", W41], ["deliver"]):
        code, said = syndicate(*words)
        assert (code, f"{W41} is held: `syndicate resume {W41}`" in said) == (3, True)
        assert "do not have it yet" not in said
    assert json.loads(syndicate("--json", "discard", W41)[1])["articles"] == 1
    assert approving.mails() == []
