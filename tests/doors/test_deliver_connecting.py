"""How a session comes about: TLS, its certificates, the login, and mails that follow each other over TLS."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import trustme
import uvloop

from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.session import Session, Timeouts
from syndication.domain.delivery import Outcome, Reply
from tests.doors.smtp_server import PIPELINING, Script, Step

LONG = Timeouts(connect=30, command=30, data=30, block=30, dot=30, quit=30)
MESSAGE = b"Subject: x\r\n\r\n.one\r\n..two\r\n\r\n.\r\nend\r\n"
LARGE = (b"x" * 998 + b"\r\n") * 20_000  # more than the sockets of both sides take
WEEKLY = "weekly@hanok.example"
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_tls_is_verified_and_used_before_the_login(
    security: Security, server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    script = Script(context=server_context, implicit=security is Security.TLS, extensions=("AUTH PLAIN",))
    async with script:
        session = Session()
        server = script.server(security, username="desk")
        failed = await session.connect(server, ssl_context=trusting, hostname="us.example", timeouts=LONG)
        assert failed is None
        result = await session.transact(WEEKLY, "a@example.com", MESSAGE)
        await session.close()
    assert result.outcome is Outcome.ACCEPTED
    verbs = [line.split(" ")[0] for line in script.said]
    before = ["EHLO", "STARTTLS", "EHLO"] if security is Security.STARTTLS else ["EHLO"]
    assert verbs == [*before, "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("extensions", [(), (PIPELINING,)], ids=["one by one", "in one go"])
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_mails_of_any_size_follow_each_other_over_tls_refused_ones_among_them(
    security: Security,
    extensions: tuple[str, ...],
    new_loop: Callable[[], asyncio.AbstractEventLoop],
    server_context: ssl.SSLContext,
    trusting: ssl.SSLContext,
) -> None:
    """A TLS transport pauses its protocol at its high-water mark, not above it: at a mark of 0 every second write."""
    sizes = [MESSAGE, MESSAGE, LARGE, MESSAGE, LARGE, MESSAGE]

    async def converse() -> list[Outcome]:
        refusals = {"rcpt": [Step(), Step("550 5.1.1 nobody"), Step(), Step("450 4.2.1 later")]}
        script = Script(refusals, extensions, context=server_context, implicit=security is Security.TLS)
        async with script:
            session = Session()
            patient = replace(LONG, block=10)
            failed = await session.connect(
                script.server(security), ssl_context=trusting, hostname="us.example", timeouts=patient
            )
            assert failed is None
            outcomes = [
                (await session.transact(WEEKLY, f"r{number}@example.com", message)).outcome
                for number, message in enumerate(sizes)
            ]
            await session.close()
        assert script.connections == 1
        return outcomes

    taken, refused, later = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.TRY_LATER
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(converse()) == [taken, refused, taken, later, taken, taken]


async def test_without_starttls_offered_there_is_no_session_and_no_login(trusting: ssl.SSLContext) -> None:
    async with Script(extensions=("AUTH PLAIN",)) as script:
        session = Session()
        server = script.server(Security.STARTTLS, username="desk")
        failed = await session.connect(server, ssl_context=trusting, hostname="us.example", timeouts=LONG)
    assert failed is not None
    assert "STARTTLS" in failed.text
    assert not any(line.startswith("AUTH") for line in script.said)


async def refusal(script: Script, server: SmtpServer, context: ssl.SSLContext, timeouts: Timeouts) -> Reply:
    async with script:
        session = Session()
        failed = await session.connect(
            replace(server, port=script.port), ssl_context=context, hostname="us.example", timeouts=timeouts
        )
    assert failed is not None
    assert not session.usable
    return failed


LAST_YEAR = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize(
    ("names", "ends", "known", "said"),
    [
        (["localhost"], LAST_YEAR, True, "its certificate has expired"),
        (["mx.example"], None, True, "its certificate is for another name"),
        (
            ["localhost"],
            None,
            False,
            "its certificate is signed by an authority that this machine does not trust",
        ),
    ],
)
def test_a_certificate_that_does_not_hold_is_no_session_and_one_clause(
    *,
    authority: trustme.CA,
    trusting: ssl.SSLContext,
    new_loop: Callable[[], asyncio.AbstractEventLoop],
    security: Security,
    names: list[str],
    ends: datetime | None,
    known: bool,
    said: str,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=ends).configure_cert(context)
    script = Script(context=context, implicit=security is Security.TLS)
    ours = trusting if known else ssl.create_default_context()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        failed = runner.run(refusal(script, SmtpServer("localhost", 0, security), ours, LONG))
    assert failed.text == said


@pytest.mark.parametrize("new_loop", LOOPS)
def test_starttls_at_a_port_of_tls_and_the_reverse_are_told_apart(
    server_context: ssl.SSLContext,
    trusting: ssl.SSLContext,
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        implicit = SmtpServer("localhost", 0, Security.TLS)
        failed = runner.run(refusal(Script(), implicit, trusting, LONG))
        assert failed.text == "its answer is not TLS: perhaps it expects STARTTLS (smtp://)"
        late = SmtpServer("localhost", 0, Security.STARTTLS)
        silent = Script(context=server_context, implicit=True)
        failed = runner.run(refusal(silent, late, trusting, replace(LONG, connect=1)))
        assert failed.text == "it did not greet: perhaps it expects TLS from the start (smtps://)"


@pytest.mark.parametrize(
    ("steps", "offered", "said", "tries"),
    [
        ([Step("535 5.7.8 no")], "AUTH LOGIN PLAIN CRAM-MD5", "5.7.8 no", 1),
        ([Step("454 4.7.0 later")], "AUTH LOGIN PLAIN", "4.7.0 later", 1),
        ([Step("421 4.7.0 too many", close=True)], "AUTH LOGIN PLAIN", "4.7.0 too many", 1),
        ([Step("504 5.5.4 not that one"), Step("535 5.7.8 no")], "AUTH LOGIN PLAIN", "5.7.8 no", 2),
        ([Step("534 5.7.9 too weak"), Step("535 5.7.8 no")], "AUTH LOGIN PLAIN", "5.7.8 no", 2),
        ([], "AUTH XOAUTH2", "it offers no login method that we know (xoauth2)", 0),
        ([], "SIZE", "it offers no login method that we know (none at all)", 0),
    ],
)
async def test_a_login_is_tried_once_and_its_refusal_is_the_servers(
    *,
    server_context: ssl.SSLContext,
    trusting: ssl.SSLContext,
    steps: list[Step],
    offered: str,
    said: str,
    tries: int,
) -> None:
    script = Script({"auth": steps}, context=server_context, extensions=(offered,))
    server = SmtpServer("localhost", 0, Security.STARTTLS, "desk", "open sesame")
    failed = await refusal(script, server, trusting, LONG)
    assert failed.text == said
    assert sum(line.startswith("AUTH") for line in script.said) == tries


@pytest.mark.parametrize("refused", ["501 5.5.4 no initial response", "500 what", "535 5.5.2 syntax"])
@pytest.mark.parametrize(
    ("method", "said"),
    [("PLAIN", ["AGRlc2sAb3BlbiBzZXNhbWU="]), ("LOGIN", ["ZGVzaw==", "b3BlbiBzZXNhbWU="])],
)
async def test_a_server_that_wants_to_ask_first_is_answered_step_by_step(
    server_context: ssl.SSLContext, trusting: ssl.SSLContext, method: str, said: list[str], refused: str
) -> None:
    asking = {word[:8].lower(): [Step("334 next")] for word in said[:-1]}
    steps = {
        "auth": [Step(refused), Step("334 go on")],
        **asking,
        said[-1][:8].lower(): [Step("235 2.7.0 in")],
    }
    async with Script(steps, context=server_context, extensions=(f"AUTH {method}",)) as script:
        server, session = script.server(Security.STARTTLS, username="desk"), Session()
        failed = await session.connect(server, ssl_context=trusting, hostname="us.example", timeouts=LONG)
        assert failed is None
        await session.close()
    begun = script.said.index(f"AUTH {method}")
    assert script.said[begun + 1 : begun + 1 + len(said)] == said


async def test_a_password_that_is_wrong_step_by_step_is_the_servers_reply(
    server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    steps = {"auth": [Step("501 no"), Step("334 go on")], "agrlc2sa": [Step("535 5.7.8 wrong")]}
    script = Script(steps, context=server_context, extensions=("AUTH PLAIN LOGIN",))
    failed = await refusal(
        script, SmtpServer("localhost", 0, Security.STARTTLS, "desk", "open sesame"), trusting, LONG
    )
    assert (failed.code, failed.text) == (535, "5.7.8 wrong")


async def test_a_user_without_a_password_is_not_tried(
    server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    script = Script(context=server_context, extensions=("AUTH PLAIN",))
    failed = await refusal(script, SmtpServer("localhost", 0, Security.STARTTLS, "desk"), trusting, LONG)
    assert "there is no password" in failed.text
    assert not any(line.startswith("AUTH") for line in script.said)


async def test_a_wrong_password_is_the_servers_reply_and_never_shows_it(
    server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    script = Script({"auth": [Step("535 5.7.8 no")]}, context=server_context, extensions=("AUTH PLAIN",))
    async with script:
        session = Session()
        failed = await session.connect(
            script.server(Security.STARTTLS, username="desk"),
            ssl_context=trusting,
            hostname="us.example",
            timeouts=LONG,
        )
    assert failed is not None
    assert failed.code == 535
    assert "sesame" not in failed.text


async def test_a_reply_in_the_segment_of_the_ehlo_reply_kills_the_session() -> None:
    async with Script({"ehlo": [Step("250 loopback\r\n250 stray\r\n25")]}) as script:
        session = Session()
        failed = await session.connect(
            script.server(), ssl_context=None, hostname="us.example", timeouts=LONG
        )
    assert failed is not None
    assert failed.code == 0
    assert not session.usable


@pytest.mark.parametrize(
    ("limit", "taken"), [("SIZE 20", False), ("SIZE 0", True), ("SIZE", True), ("SIZE x", True)]
)
@pytest.mark.parametrize("pipelining", [False, True])
async def test_a_mail_above_the_servers_limit_never_travels_and_the_next_is_sent(
    *, limit: str, taken: bool, pipelining: bool
) -> None:
    async with Script(extensions=(limit, *([PIPELINING] if pipelining else []))) as script:
        session = Session()
        assert (
            await session.connect(script.server(), ssl_context=None, hostname="us.example", timeouts=LONG)
            is None
        )
        large = await session.transact(WEEKLY, "a@example.com", MESSAGE)
        small = await session.transact(WEEKLY, "b@example.com", b"x\r\n")
        await session.close()
    assert large.outcome is (Outcome.ACCEPTED if taken else Outcome.REFUSED)
    if not taken:
        assert large.reply.text == f"5.3.4 the mail has {len(MESSAGE)} bytes, and the server takes 20 at most"
    assert small.outcome is Outcome.ACCEPTED
    assert [mail.recipient for mail in script.taken] == (["a@example.com"] if taken else []) + [
        "b@example.com"
    ]
