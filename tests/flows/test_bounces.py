"""From the mail that goes out to the bounce that comes back: proof, decision, and what an operator is told."""

import hashlib
import hmac
import json
import mailbox
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndication.cli.main import run
from syndication.domain.bounce import Event
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.bounces.take import poll_mailboxes, take
from syndication.flows.progress import NONE, Silent
from syndication.flows.site.doctor import Check, check_site
from syndication.flows.subscribers.double_opt_in import Visitor, ask, read_address
from syndication.flows.subscribers.operator import (
    KeptAwayRecord,
    SubscriberHistory,
    add_subscriber,
    erase_subscriber,
    subscriber_history,
)
from tests.doors.smtp_server import Script, Step
from tests.doors.subscribers_site import Served, link, serve
from tests.flows.newsroom import PAGE, Newsroom, article
from tests.unit.bounce_samples import BOUNCES, ORIGINAL, autoreply, bounce, complaint, plain

if TYPE_CHECKING:
    from tests.doors.imap_server import ImapProcess

pytest_plugins = ("tests.doors.imap_server",)

ANN, BO = "ann@readers.example", "bo@readers.example"
VERP = f'[bounces]\naddress = "{BOUNCES}"\n'
W41 = "2023-W41"
SECRET = "a secret of the hook, long enough to be one"


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path, more=VERP)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(ANN, BO)
    return room


@dataclass(slots=True)
class Sent:
    """What a subscriber's mail has: its return path and the token of its unsubscribe link."""

    path: str
    token: str


async def sent(room: Newsroom, week: str = W41) -> dict[str, Sent]:
    """Send a week's edition and look at what went out."""
    async with Script() as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        assert (await room.run(week)).sent
        return {
            mail.recipient: Sent(mail.sender, link(mail.content, "unsubscribe").rpartition("/")[2])
            for mail in server.taken
        }


async def consent(app: App, email: str = ANN) -> str:
    subscriber = await app.store.subscribers.get(email)
    assert subscriber
    return subscriber.consent.value


async def bounces_of(app: App, email: str) -> tuple[Event, ...]:
    found = await subscriber_history(app, email)
    assert isinstance(found, SubscriberHistory)
    return found.bounces


async def kept_away(app: App, email: str) -> KeptAwayRecord:
    found = await subscriber_history(app, email)
    assert isinstance(found, KeptAwayRecord)
    return found


async def came(app: App, message: bytes, recipient: str = "") -> str:
    return (await take(app, message, recipient)).result


async def test_a_hard_bounce_to_the_mails_own_return_path_suppresses_its_reader(newsroom: Newsroom) -> None:
    mails = await sent(newsroom)
    async with newsroom.app() as app:
        assert await came(app, bounce(to=mails[ANN].path)) == "hard"
        assert (await consent(app, ANN), await consent(app, BO)) == ("bounced", "confirmed")
        shown = await bounces_of(app, ANN)
    assert [(each.kind, each.status, each.why) for each in shown] == [
        ("hard", "5.1.1", "bounced: there is no such address")
    ]
    assert "no such user here" in shown[0].words
    newsroom.later(days=7)
    newsroom.write("articles/next.md", article("The week after", "2023-10-19"))
    assert list(await sent(newsroom, "2023-W42")) == [BO]


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To"])
async def test_the_return_path_is_found_wherever_a_mail_server_writes_it(
    newsroom: Newsroom, header: str
) -> None:
    path = (await sent(newsroom))[ANN].path
    async with newsroom.app() as app:
        assert await came(app, f"{header}: {path}\n".encode() + bounce(to="undisclosed")) == "hard"


async def test_a_mail_server_may_say_whom_a_message_came_for(newsroom: Newsroom) -> None:
    path = (await sent(newsroom))[ANN].path
    async with newsroom.app() as app:
        assert await came(app, bounce(to="postmaster@harbour.example"), path.upper()) == "hard"
        assert await consent(app) == "bounced"


async def test_forged_bounces_change_nothing_and_are_counted(newsroom: Newsroom) -> None:
    mails = await sent(newsroom)
    real = mails[ANN].path
    local, _, domain = real.partition("@")
    returned = ORIGINAL.format(path=real, link=mails[ANN].token)
    forgeries = [
        f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}",  # another MAC
        f"{local[:40]}{'a' if local[40] != 'a' else 'b'}{local[41:]}@{domain}",  # another date
        f"bounces+{'a' * 47}@{domain}",
        f"bounces+x@{domain}",
    ]
    async with newsroom.app() as app:
        for forged in forgeries:
            assert await came(app, bounce(to=forged)) == "forged"
            assert await came(app, bounce(to=forged, returned=returned)) == "forged"
        stranger = ORIGINAL.format(path="weekly@harbour.example", link="a" * 46)
        assert await came(app, bounce(returned=stranger)) == "strange"
        assert await came(app, bounce(to=ANN)) == "strange"
        assert (await consent(app, ANN), await consent(app, BO)) == ("confirmed", "confirmed")
        assert await app.store.bounces.taken() == {"forged": 8, "strange": 2}
        assert await bounces_of(app, ANN) == ()


async def test_without_a_return_path_the_link_of_the_returned_mail_is_the_proof(newsroom: Newsroom) -> None:
    """Bounces to From, when no address is configured for them. A Message-ID proves nothing: anybody can compute one."""
    newsroom.configure(more="")
    mails = await sent(newsroom)
    assert mails[ANN].path == "weekly@harbour.example"
    async with newsroom.app() as app:
        returned = ORIGINAL.format(path="weekly@harbour.example", link=mails[ANN].token)
        assert await came(app, bounce(to="weekly@harbour.example", returned=returned)) == "hard"
        assert await consent(app) == "bounced"


async def test_the_same_message_twice_counts_once_however_it_comes(newsroom: Newsroom) -> None:
    path = (await sent(newsroom))[ANN].path
    full = bounce("4.2.2", "452 4.2.2 mailbox full", to=path)
    async with newsroom.app() as app:
        assert await came(app, full) == "soft"
        assert await came(app, full) == "repeated"
        assert await came(app, full.replace(b"\n", b"\r\n")) == "repeated"
        assert (
            await came(app, b"From MAILER-DAEMON Mon Oct 16 08:00:05 2023\n" + full + b"\n\n") == "repeated"
        )
        again = await take(app, b"Received: from elsewhere\n" + full)
        assert (again.result, again.event) == ("soft", None)
        assert len(await bounces_of(app, ANN)) == 1


async def test_soft_bounces_in_a_row_end_the_mail(newsroom: Newsroom) -> None:
    newsroom.more = f"{VERP}threshold = 1.8\n"
    decisions = []
    for week, day in (("2023-W41", 12), ("2023-W42", 19)):
        newsroom.write(f"articles/{week}.md", article(f"News of {week}", f"2023-10-{day}"))
        path = (await sent(newsroom, week))[ANN].path
        async with newsroom.app() as app:
            decisions.append((await take(app, bounce("4.2.2", "452 full", to=path))).event)
        newsroom.later(days=7)
    assert [event.why if event else "" for event in decisions] == [
        "counted: 1.00 of 1.8",
        "bounced: soft bounces came to 1.85 of 1.8",
    ]


async def test_policy_blocks_delays_and_answers_of_machines_suppress_nobody(newsroom: Newsroom) -> None:
    path = (await sent(newsroom))[ANN].path
    async with newsroom.app() as app:
        for _ in range(5):
            assert (
                await came(app, bounce("5.7.1", "550 5.7.1 blocked by policy", to=path, text=f"{_}"))
                == "blocked"
            )
        assert await came(app, bounce(action="delayed", to=path)) == "delayed"
        assert await came(app, autoreply(to=path)) == "automatic"
        assert await came(app, plain("Thank you!", to=path, sender=ANN, subject="Re: Ferry")) == "undecided"
        assert await consent(app) == "confirmed"


async def test_a_bounce_of_a_reader_who_came_back_since_changes_nothing(newsroom: Newsroom) -> None:
    path = (await sent(newsroom))[ANN].path
    newsroom.later(hours=1)
    async with newsroom.app() as app:
        ann = await app.store.subscribers.get(ANN)
        assert ann
        await app.store.consents.unsubscribe(ann.key, at=app.clock())
        await app.store.confirmations.confirm(ann, "web form", (), at=app.clock())
        event = (await take(app, bounce(to=path))).event
        assert event
        assert event.why == "no change: the subscriber said yes after this mail, on 2023-10-16"
        assert await consent(app) == "confirmed"


async def test_a_complaint_ends_the_mail_by_the_return_path_or_the_link(newsroom: Newsroom) -> None:
    mails = await sent(newsroom)
    async with newsroom.app() as app:
        assert await came(app, complaint(path=mails[ANN].path)) == "complaint"
        assert await came(app, complaint(link=mails[BO].token)) == "complaint"
        assert await came(app, complaint(to="abuse@harbour.example")) == "strange"
        assert (await consent(app, ANN), await consent(app, BO)) == ("complained", "complained")


async def test_who_complained_and_was_erased_is_neither_imported_nor_asked_again(newsroom: Newsroom) -> None:
    path = (await sent(newsroom))[ANN].path
    async with newsroom.app() as app:
        assert await came(app, complaint(path=path)) == "complaint"
        await erase_subscriber(app, ANN)
        with pytest.raises(UsageError, match="the owner of this mailbox has complained"):
            await add_subscriber(app, ANN)
        assert await ask(app, read_address(ANN.upper()), "en", Visitor("192.0.2.1")) == "nothing"
        assert await ask(app, read_address("ann+1@readers.example"), "en", Visitor("192.0.2.1")) == "nothing"
        assert await ask(app, read_address("cy@readers.example"), "en", Visitor("192.0.2.1")) == "mailed"


async def test_show_says_of_an_address_that_is_not_on_the_list_what_keeps_it_away(newsroom: Newsroom) -> None:
    path = (await sent(newsroom))[ANN].path
    async with newsroom.app() as app:
        await erase_subscriber(app, BO)
        bo = await kept_away(app, f"{BO.partition('@')[0]}+1@readers.example")
        assert (bo.kept_away, bo.since) == ("erased", f"{newsroom.now:%Y-%m-%dT%H:%M:%SZ}")
        assert "only its owner can subscribe again" in bo.why
        assert await came(app, complaint(path=path)) == "complaint"
        tagged = await kept_away(app, "ann+1@readers.example")
        assert (tagged.kept_away, tagged.known_by) == (
            "complained",
            "the row of another address of the mailbox",
        )
        await erase_subscriber(app, ANN)
    shown = newsroom.syndicate("subscribers", "show", ANN.upper()).stdout
    assert "kept_away  complained" in shown
    assert "a keyed hash of the mailbox" in shown
    stranger = newsroom.syndicate("subscribers", "show", "cy@readers.example")
    assert (stranger.returncode, "is not on the list" in stranger.stderr) == (2, True)


async def test_the_mailto_form_of_unsubscribing_works(newsroom: Newsroom) -> None:
    text = newsroom.config.read_text().replace(
        "[smtp]", 'unsubscribe_mailto = "leave@harbour.example"\n\n[smtp]'
    )
    newsroom.config.write_text(text)
    await newsroom.run(W41)
    (subject,) = {
        line.partition(b"?subject=")[2].partition(b">")[0].decode()
        for mail in newsroom.mails()
        for line in mail.split(b"\r\n")
        if line.startswith(b"List-Unsubscribe:") and b"\r\nTo: ann@" in mail
    }
    async with newsroom.app() as app:
        forged = subject[:-1] + ("a" if subject[-1] != "a" else "b")
        for wrong in ("unsubscribe", forged):
            assert (
                await came(app, plain("", to="leave@harbour.example", subject=wrong, sender=ANN))
                == "undecided"
            )
        assert await consent(app) == "confirmed"
        assert (
            await came(app, plain("", to="leave@harbour.example", subject=subject, sender=BO))
            == "unsubscribe"
        )
        assert (await consent(app, ANN), await consent(app, BO)) == ("unsubscribed", "confirmed")
        behind_plus = f"leave+{subject.removeprefix('unsubscribe-')}@harbour.example"
        assert await came(app, plain("", to=behind_plus, subject="", sender=ANN)) == "unsubscribe"


async def test_who_is_refused_while_we_send_is_judged_by_the_same_rule(newsroom: Newsroom) -> None:
    refusals = [Step("550 5.1.1 nobody here"), Step("550 5.2.2 the mailbox is full")]
    async with Script({"rcpt": refusals}) as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}", connections=1)
        assert (await newsroom.run(W41)).failed == 2
    async with newsroom.app() as app:
        assert (await consent(app, ANN), await consent(app, BO)) == ("bounced", "confirmed")
        (hard,), (soft,) = await bounces_of(app, ANN), await bounces_of(app, BO)
    assert (hard.source, hard.kind, hard.words) == ("smtp", "hard", "550 5.1.1 nobody here")
    assert (soft.kind, soft.why) == ("soft", "counted: 1.00 of 3")


async def test_a_pipe_takes_a_message_and_never_refuses_one_for_good(newsroom: Newsroom) -> None:
    path = (await sent(newsroom))[ANN].path
    given = {"input": bounce(to="x@harbour.example").decode()}
    first = newsroom.syndicate("bounces", "receive", "--recipient", path, **given)
    assert (first.returncode, first.stdout) == (0, "hard: bounced: there is no such address\n")
    newsroom.config.write_text("[nonsense")
    broken = newsroom.syndicate("bounces", "receive", **given)
    assert (broken.returncode, "is not TOML" in broken.stderr) == (75, True)
    assert run(["bounces", "receive", "--odd"]) == 75


async def test_poll_takes_every_box_and_a_second_poll_nothing(
    newsroom: Newsroom, imap: "ImapProcess"
) -> None:
    mails = await sent(newsroom)
    box = mailbox.Maildir(newsroom.folder / "var/bounces")
    box.add(bounce(to=mails[ANN].path))
    box.add(autoreply(to=mails[BO].path))
    file = mailbox.mbox(newsroom.folder / "var/bounces.mbox")
    file.add(bounce(to=f"bounces+{'a' * 47}@harbour.example"))
    file.close()
    folder = imap.folder(complaint(path=mails[BO].path)).replace(" ", "%20")
    newsroom.write("var/imap-password", f"{imap.password}\n")
    newsroom.configure(
        more=f"""{VERP}maildir = "var/bounces"
mbox = "var/bounces.mbox"
imap = "imap+plain://{imap.user}@127.0.0.1:{imap.port}/{folder}"
password_file = "var/imap-password"
"""
    )
    async with newsroom.app() as app:
        assert await poll_mailboxes(app) == {"hard": 1, "automatic": 1, "forged": 1, "complaint": 1}
        assert await poll_mailboxes(app) == {}
        assert (await consent(app, ANN), await consent(app, BO)) == ("bounced", "complained")


class Seen(Silent):
    """What a person would be shown of a task: how far it is, of how many, and what became of them."""

    def __init__(self) -> None:
        self.counts: list[tuple[str, int, int, dict[str, int]]] = []

    def count(self, task: str, done: int, total: int, outcomes: Mapping[str, int] = NONE) -> None:
        self.counts.append((task, done, total, dict(outcomes)))


async def test_poll_shows_how_far_it_is_and_says_at_the_end_what_came(newsroom: Newsroom) -> None:
    mails = await sent(newsroom)
    box = mailbox.Maildir(newsroom.folder / "var/bounces")
    for to in (mails[ANN].path, BOUNCES):
        box.add(bounce(to=to))
    newsroom.configure(more=f'{VERP}maildir = "var/bounces"\n')
    async with newsroom.app() as app:
        seen = Seen()
        assert await poll_mailboxes(replace(app, progress=seen)) == {"hard": 1, "strange": 1}
    assert [(task, done, total) for task, done, total, _ in seen.counts] == [
        ("bounces", done, 2) for done in range(3)
    ]
    assert seen.counts[-1][3] == {"hard": 1, "strange": 1}
    box.add(bounce(to=mails[BO].path))
    shown = newsroom.syndicate("bounces", "poll")
    assert (shown.returncode, shown.stdout) == (0, "1 message: 1 hard\n")
    assert newsroom.syndicate("bounces", "poll").stdout == "0 messages\n"


async def examined(room: Newsroom, more: str) -> Check:
    room.configure(more=VERP + more)
    async with room.app() as app:
        return next(check for check in await check_site(app) if check.name == "bounces")


async def test_the_doctor_opens_the_boxes_and_reads_the_secret(newsroom: Newsroom) -> None:
    assert "only a pipe could take them" in (await examined(newsroom, "")).said
    missing = await examined(newsroom, 'maildir = "var/bounces"\n')
    assert (missing.ok, "is not a Maildir" in missing.said) == (False, True)
    box = mailbox.Maildir(newsroom.folder / "var/bounces")
    box.add(bounce(to=BOUNCES))
    newsroom.write("var/hook", SECRET)
    good = await examined(newsroom, 'maildir = "var/bounces"\nhook_secret_file = "var/hook"\n')
    assert (good.ok, good.said.partition(" and are")[2]) == (
        True,
        " taken from 1 mailbox and the hook at https://news.harbour.example/bounces",
    )
    assert [file.parent.name for file in (newsroom.folder / "var/bounces").rglob("*") if file.is_file()] == [
        "new"
    ]
    newsroom.write("var/hook", "short and known")
    short = await examined(newsroom, 'hook_secret_file = "var/hook"\n')
    assert (short.ok, "short and known" in short.said) == (False, False)


async def test_poll_without_a_box_says_what_to_set(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        with pytest.raises(UsageError, match=r"Set bounces\.maildir, bounces\.mbox or bounces\.imap\."):
            await poll_mailboxes(app)


def call(
    served: Served, document: Any, *, secret: str = SECRET, age: int = 0, body: bytes | None = None
) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(document).encode() if body is None else body
    timestamp = str(int(served.newsroom.now.timestamp()) - age)
    signature = hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hex()
    return body, {"X-Syndicate-Timestamp": timestamp, "X-Syndicate-Signature": signature}


@pytest.fixture
def hooked(newsroom: Newsroom) -> Newsroom:
    newsroom.write("var/hook", SECRET)
    newsroom.configure(more=f'{VERP}hook_secret_file = "var/hook"\n')
    return newsroom


async def test_the_hook_takes_signed_events(hooked: Newsroom) -> None:
    mails = await sent(hooked)
    events = [
        {"kind": "bounce", "return_path": mails[ANN].path, "status": "5.1.1", "words": "550 nobody"},
        {"kind": "complaint", "recipient": BO.upper()},
        {"kind": "bounce", "recipient": "stranger@readers.example", "status": "5.1.1"},
        {
            "kind": "bounce",
            "return_path": f"bounces+{'a' * 47}@harbour.example",
            "recipient": BO,
            "status": "5.1.1",
        },
    ]
    async with serve(hooked) as served:
        body, headers = call(served, {"events": events})
        answer = await served.client.post(f"{served.base}/bounces", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (
            200,
            {"results": ["hard", "complaint", "strange", "forged"]},
        )
        again = await served.client.post(f"{served.base}/bounces", content=body, headers=headers)
        assert again.json() == {"results": ["repeated"] * 4}
        assert (await served.consent(ANN), await served.consent(BO)) == ("bounced", "complained")


async def test_an_event_without_a_date_counts_once_a_day(hooked: Newsroom) -> None:
    event = {"kind": "bounce", "recipient": ANN, "status": "5.2.2"}
    async with serve(hooked) as served:
        results = []
        for days in (0, 0, 1, 0, 1):
            hooked.later(days=days)
            body, headers = call(served, {"events": [event]})
            answer = await served.client.post(f"{served.base}/bounces", content=body, headers=headers)
            results += answer.json()["results"]
        assert results == ["soft", "repeated", "soft", "repeated", "soft"]


async def test_a_call_of_the_hook_that_is_not_ours_changes_nothing(hooked: Newsroom) -> None:
    event = {"kind": "bounce", "recipient": ANN, "status": "5.1.1"}
    async with serve(hooked) as served:
        url, client = f"{served.base}/bounces", served.client
        body, headers = call(served, {"events": [event]})
        cases = [
            (body, {}, 401),
            (body + b" ", headers, 401),
            (*call(served, {"events": [event]}, secret="another"), 401),
            (*call(served, {"events": [event]}, age=301), 401),
            (*call(served, {"events": [event]}, age=-301), 401),
            (*call(served, None, body=b"x" * 262_145), 413),
            (*call(served, None, body=b"{"), 400),
            (*call(served, {"events": [{"kind": "joy", "recipient": ANN}]}), 400),
            (*call(served, {"events": [event | {"status": "511"}]}), 400),
            (*call(served, {"events": [{"kind": "bounce"}]}), 400),
            (*call(served, {"events": [event] * 1001}), 400),
        ]
        codes = [
            (await client.post(url, content=content, headers=given)).status_code
            for content, given, _ in cases
        ]
        assert codes == [code for _, _, code in cases]
        assert (await client.get(url)).status_code == 405
        assert await served.consent(ANN) == "confirmed"


async def test_without_a_secret_there_is_no_hook(newsroom: Newsroom) -> None:
    async with serve(newsroom) as served:
        body, headers = call(served, {"events": []}, secret="")
        assert (
            await served.client.post(f"{served.base}/bounces", content=body, headers=headers)
        ).status_code == 404


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["bounce", "complaint", "5.1.1", ANN]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["events", "kind", "recipient", "return_path", "status", "words", "sent"]),
            inner,
            max_size=5,
        )
    ),
)


@given(JSON)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_hook_answers_any_signed_json(hooked: Newsroom, document: Any) -> None:
    import asyncio

    async def ask() -> int:
        async with hooked.app() as app:
            from syndication.flows.bounces.hook import take_events

            try:
                await take_events(app, json.dumps({"events": [document]}).encode())
            except ValueError:
                return 400
            return 200

    assert asyncio.run(ask()) in {200, 400}
