"""One round trip a message: what travels together, how replies are matched, and what becomes of an envelope that rode ahead."""

import asyncio
import ssl
from itertools import pairwise

import pytest
import trustme

from syndication.deliver.envelope import Envelope
from syndication.deliver.pool import Pool
from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.session import Session, Timeouts
from syndication.deliver.transaction import Transaction
from syndication.domain.delivery import Outcome, Stage
from tests.doors.leaping import leap_at, run_leaping
from tests.doors.smtp_server import PIPELINING, Script, Step, comes

LONG = Timeouts(connect=60, command=60, data=60, block=60, dot=60, quit=60)
MESSAGE = b"Subject: x\r\n\r\n.hello\r\n"
WEEKLY = "weekly@hanok.example"
OFFERED = ("SIZE 50000000", PIPELINING)


def envelope(name: str) -> Envelope:
    return Envelope(WEEKLY, f"{name}@example.com", len(MESSAGE))


async def connected(server: SmtpServer, timeouts: Timeouts = LONG) -> Session:
    session = Session()
    assert await session.connect(server, ssl_context=None, hostname="us.example", timeouts=timeouts) is None
    return session


async def all_of(session: Session, names: str) -> list[Transaction]:
    """Send to each name, the next one announced."""
    following = [*map(envelope, names[1:]), None]
    return [
        await session.transact(WEEKLY, f"{name}@example.com", MESSAGE, after)
        for name, after in zip(names, following, strict=True)
    ]


class Mute:
    """A server that answers a group of commands only when told, so that what came with it can be seen."""

    def __init__(self) -> None:
        self.heard = b""
        self.more = asyncio.Event()

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        writer.write(b"220 mute\r\n")
        while data := await reader.read(65536):
            self.heard += data
            if self.heard.endswith(b"EHLO us.example\r\n"):
                writer.write(b"250-mute\r\n250 PIPELINING\r\n")
            self.more.set()
        writer.close()

    async def until(self, end: bytes) -> bytes:
        while not self.heard.endswith(end):
            self.more.clear()
            await asyncio.wait_for(self.more.wait(), 60)
        heard, self.heard = self.heard, b""
        return heard


async def test_an_envelope_travels_in_one_go_and_the_next_one_behind_the_dot() -> None:
    mute = Mute()
    server = await asyncio.start_server(mute.run, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        session = await connected(SmtpServer("127.0.0.1", port, Security.PLAIN))
        await mute.until(b"EHLO us.example\r\n")
        first = asyncio.create_task(session.transact(WEEKLY, "a@example.com", MESSAGE, envelope("b")))
        assert await mute.until(b"DATA\r\n") == (
            b"MAIL FROM:<weekly@hanok.example>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n"
        )
        mute.writer.write(b"250 ok\r\n250 ok\r\n354 go\r\n")
        assert await mute.until(b"DATA\r\n") == (
            b"Subject: x\r\n\r\n..hello\r\n.\r\nMAIL FROM:<weekly@hanok.example>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
        )
        mute.writer.write(b"250 took it\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        assert (await first).outcome is Outcome.ACCEPTED
        second = asyncio.create_task(session.transact(WEEKLY, "b@example.com", MESSAGE))
        assert await mute.until(b"\r\n.\r\n") == b"Subject: x\r\n\r\n..hello\r\n.\r\n"
        mute.writer.write(b"250 took it\r\n")
        assert (await second).outcome is Outcome.ACCEPTED
        mute.writer.close()
        await session.close()


async def test_no_body_is_written_before_its_own_transaction() -> None:
    async with Script(extensions=OFFERED) as script:
        session = await connected(script.server())
        await session.transact(WEEKLY, "a@example.com", MESSAGE, envelope("b"))
        await comes(lambda: script.said[-1] == "DATA")
        assert session.announced == envelope("b")
        await session.close()
        await comes(lambda: script.unfinished)
    assert [mail.recipient for mail in script.dots] == ["a@example.com"]
    assert script.said[-2:] == ["RCPT TO:<b@example.com>", "DATA"]
    assert script.unfinished == [b""]  # a QUIT would be a line of it


async def test_replies_in_one_go_may_be_cut_anywhere() -> None:
    for cut in range(75):
        async with Script(extensions=OFFERED, gather=True, cut=cut) as script:
            session = await connected(script.server())
            results = await all_of(session, "abc")
            await session.close()
        assert {result.outcome for result in results} == {Outcome.ACCEPTED}, cut
        assert [mail.content for mail in script.taken] == [MESSAGE] * 3
        assert [result.reply.text for result in results] == [f"2.0.0 took {n}" for n in (1, 2, 3)], cut


@pytest.mark.parametrize("gather", [False, True])
async def test_each_reply_decides_its_own_message(gather: bool) -> None:
    script = Script(
        {
            "mail": [Step(), Step("451 4.3.0 later")],
            "rcpt": [Step(), Step("550 5.1.1 nobody")],
            "dot": [Step("550 5.7.1 spam"), Step("451 4.3.0 disk full")],
        },
        extensions=OFFERED,
        gather=gather,
    )
    async with script:
        session = await connected(script.server())
        results = await all_of(session, "abcde")
        await session.close()
    assert [(result.outcome, result.stage) for result in results] == [
        (Outcome.REFUSED, Stage.DOT),
        (Outcome.TRY_LATER, Stage.MAIL),
        (Outcome.REFUSED, Stage.RCPT),
        (Outcome.TRY_LATER, Stage.DOT),
        (Outcome.ACCEPTED, Stage.DOT),
    ]
    assert [mail.recipient[0] for mail in script.dots] == ["a", "d", "e"]
    assert script.connections == 1


async def test_a_data_let_through_without_a_recipient_gets_an_empty_message_that_fails() -> None:
    script = Script(
        {"rcpt": [Step("550 5.1.1 nobody")], "late data": [Step("354 go on then")]}, extensions=OFFERED
    )
    async with script:
        session = await connected(script.server())
        results = await all_of(session, "ab")
        await session.close()
    assert [(result.outcome, result.stage) for result in results] == [
        (Outcome.REFUSED, Stage.RCPT),
        (Outcome.ACCEPTED, Stage.DOT),
    ]
    assert "RSET" in script.said
    assert [mail.recipient for mail in script.dots] == ["b@example.com"]


@pytest.mark.parametrize(
    "steps",
    [
        {
            "rcpt": [Step("550 5.1.1 nobody")],
            "late data": [Step("354 go on")],
            "empty": [Step("250 2.0.0 took it")],
        },
        {
            "mail": [Step("451 4.3.0 later")],
            "late rcpt": [Step("250 2.1.5 ok")],
            "late data": [Step("354 go on")],
        },
    ],
    ids=["an empty message is taken", "a recipient without a sender"],
)
async def test_a_server_that_loses_count_of_the_envelope_loses_the_connection(
    steps: dict[str, list[Step]],
) -> None:
    async with Script(steps, extensions=OFFERED) as script:
        session = await connected(script.server())
        first = await session.transact(WEEKLY, "a@example.com", MESSAGE)
        second = await session.transact(WEEKLY, "b@example.com", MESSAGE)
        await session.close()
    assert first.outcome in {Outcome.REFUSED, Outcome.TRY_LATER}
    assert (second.outcome, second.stage) == (Outcome.NOT_SENT, Stage.CONNECT)
    assert script.dots == []


async def conversation(script: Script, event: str) -> list[Transaction]:
    """Two mails, in a minute that is over when the server comes to `event`."""
    patient = Timeouts(connect=60, command=30, data=30, block=60, dot=120, quit=60)
    async with script, leap_at(script.reached[event]):
        session = await connected(script.server(), patient)
        results = await all_of(session, "ab")
        await session.close()
    return results


def test_a_dot_may_take_longer_than_the_mail_behind_it_would() -> None:
    script = Script({"dot": [Step(after=50)]}, extensions=OFFERED)
    results = run_leaping(conversation(script, "dot"))
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}


@pytest.mark.parametrize("moment", ["mail", "rcpt", "data"])
def test_each_reply_behind_the_dot_has_its_own_time(moment: str) -> None:
    script = Script({moment: [Step(), Step("", hang=True)]}, extensions=OFFERED)
    results = run_leaping(conversation(script, "hang"))
    assert results[0].outcome is Outcome.ACCEPTED
    assert results[1].outcome is Outcome.NOT_SENT
    assert "no reply within 30 s" in results[1].reply.text


async def test_pipelining_counts_only_when_offered_after_tls() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for after, announced in (((PIPELINING,), envelope("b")), ((), None)):
        async with Script(context=context, extensions=after, before_tls=(PIPELINING,)) as script:
            session = Session()
            server = script.server(Security.STARTTLS)
            await session.connect(server, ssl_context=trusting, hostname="us.example", timeouts=LONG)
            result = await session.transact(WEEKLY, "a@example.com", MESSAGE, envelope("b"))
            assert result.outcome is Outcome.ACCEPTED
            assert session.announced == announced
            await session.close()


def pool_of(script: Script, per_connection: int = 100, connections: int = 1) -> Pool:
    return Pool(
        [script.server()],
        connections=connections,
        per_connection=per_connection,
        hostname="us.example",
        timeouts=LONG,
    )


async def sent(pool: Pool, names: str) -> list[Transaction]:
    async with pool.session(*pool.servers) as slot:
        return [
            await slot.transact(WEEKLY, f"{name}@example.com", MESSAGE, envelope(after))
            for name, after in pairwise(names + "z")
        ]


async def test_no_envelope_is_announced_beyond_what_a_connection_may_carry() -> None:
    async with Script(extensions=OFFERED) as script, pool_of(script, per_connection=2) as pool:
        results = await sent(pool, "abcd")
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert script.connections == 2
    assert not any("z@" in line for line in script.said)


async def test_a_421_to_an_announced_mail_teaches_the_limit_and_costs_its_message_nothing() -> None:
    steps = {"mail": [Step(), Step(), Step("421 4.7.0 two are enough", close=True)]}
    async with Script(steps, extensions=OFFERED) as script, pool_of(script) as pool:
        results = await sent(pool, "abcdef")
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert [mail.recipient[0] for mail in script.dots] == list("abcdef")
    assert script.connections == 3


async def test_a_421_to_an_announced_recipient_is_that_message_s_own_result() -> None:
    steps = {"rcpt": [Step(), Step("421 4.7.0 not now", close=True)]}
    async with (
        Script(steps, extensions=OFFERED) as script,
        pool_of(script) as pool,
        pool.session(*pool.servers) as slot,
    ):
        first = await slot.transact(WEEKLY, "a@example.com", MESSAGE, envelope("b"))
        await asyncio.sleep(0.05)
        assert slot.usable  # its next message has its answer already
        second = await slot.transact(WEEKLY, "b@example.com", MESSAGE)
        assert not slot.usable
    assert first.outcome is Outcome.ACCEPTED
    assert (second.outcome, second.stage, second.reply.code) == (Outcome.TRY_LATER, Stage.RCPT, 421)


async def test_another_message_than_the_announced_one_takes_another_connection() -> None:
    async with (
        Script(extensions=OFFERED) as script,
        pool_of(script) as pool,
        pool.session(*pool.servers) as slot,
    ):
        first = await slot.transact(WEEKLY, "a@example.com", MESSAGE, envelope("b"))
        second = await slot.transact(WEEKLY, "c@example.com", MESSAGE)
    assert (first.outcome, second.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert [mail.recipient[0] for mail in script.dots] == ["a", "c"]
    assert script.connections == 2


async def test_a_place_with_an_open_envelope_is_not_lent_to_the_next() -> None:
    async with Script(extensions=OFFERED) as script, pool_of(script) as pool:
        assert (await sent(pool, "a"))[0].outcome is Outcome.ACCEPTED
        await comes(lambda: script.unfinished)  # it is closed at once
        assert script.unfinished == [b""]
        assert (await sent(pool, "b"))[0].outcome is Outcome.ACCEPTED
    assert script.connections == 2
    assert [mail.recipient[0] for mail in script.dots] == ["a", "b"]


async def test_an_address_that_the_server_cannot_take_is_not_announced() -> None:
    async with Script(extensions=OFFERED) as script:
        session = await connected(script.server())
        strange = Envelope(WEEKLY, "지은@example.com", len(MESSAGE))
        assert (await session.transact(WEEKLY, "a@example.com", MESSAGE, strange)).outcome is Outcome.ACCEPTED
        assert session.announced is None
        result = await session.transact(WEEKLY, strange.recipient, MESSAGE, envelope("c"))
        assert (result.outcome, result.stage) == (Outcome.REFUSED, Stage.ADDRESS)
        assert (await session.transact(WEEKLY, "c@example.com", MESSAGE)).outcome is Outcome.ACCEPTED
        await session.close()
