"""A session against a server that misbehaves: outcome, stage and usability equal an oracle's, whatever happens when."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from syndication.deliver.envelope import Envelope
from syndication.deliver.session import Session, Timeouts
from syndication.deliver.transaction import Transaction
from syndication.domain.delivery import Outcome, Stage
from tests.doors.leaping import Leaping, leap_at, run_leaping
from tests.doors.smtp_server import PIPELINING, Script, Step

LONG = Timeouts(connect=30, command=30, data=30, block=30, dot=30, quit=30)
MESSAGE = b"Subject: x\r\n\r\n.one\r\n..two\r\n\r\n.\r\nend\r\n"
LARGE = (b"x" * 998 + b"\r\n") * 20_000  # more than the sockets of both sides take
WEEKLY = "weekly@hanok.example"


def patience(script: Script) -> Timeouts:
    """Short only where the server says nothing: elsewhere a machine that stops for a moment must not look like one."""
    if isinstance(asyncio.get_running_loop(), Leaping):
        return LONG
    silent = {moment for moment, steps in script.script.items() if any(step.hang for step in steps)}
    places = {"command": {"mail", "rcpt", "rset"}, "data": {"data"}, "block": {"body"}, "dot": {"dot"}}
    return replace(LONG, **{place: 0.5 for place, moments in places.items() if moments & silent})


async def connected(script: Script) -> Session:
    session = Session()
    timeouts = patience(script)
    assert (
        await session.connect(script.server(), ssl_context=None, hostname="us.example", timeouts=timeouts)
        is None
    )
    return session


async def one(script: Script, message: bytes = MESSAGE, recipient: str = "a@example.com") -> Transaction:
    session = await connected(script)
    result = await session.transact(WEEKLY, recipient, message)
    await session.close()
    return result


async def test_what_arrives_is_what_was_given_dots_included() -> None:
    async with Script() as script:
        result = await one(script)
    assert result.outcome is Outcome.ACCEPTED
    assert result.stage is Stage.DOT
    assert (result.reply.code, result.reply.text) == (250, "2.0.0 took 1")
    assert [(mail.sender, mail.recipient, mail.content) for mail in script.taken] == [
        (WEEKLY, "a@example.com", MESSAGE)
    ]


async def test_a_message_that_starts_with_a_dot_or_lacks_its_last_line_end_arrives_whole() -> None:
    async with Script() as script:
        await one(script, b".first\r\nlast")
    assert script.taken[0].content == b".first\r\nlast\r\n"


async def test_a_session_ends_with_quit_and_announces_the_size() -> None:
    async with Script() as script:
        await one(script)
    assert script.said[-1] == "QUIT"
    assert f"MAIL FROM:<{WEEKLY}> SIZE={len(MESSAGE)}" in script.said
    assert script.said[0] == "EHLO us.example"


async def test_a_server_without_ehlo_is_greeted_with_helo_and_gets_no_parameters() -> None:
    async with Script({"ehlo": [Step("502 5.5.1 never heard of it")]}) as script:
        result = await one(script)
    assert result.outcome is Outcome.ACCEPTED
    assert f"MAIL FROM:<{WEEKLY}>" in script.said


async def test_a_reply_of_many_lines_is_one_reply() -> None:
    async with Script({"rcpt": [Step("550-5.1.1 nobody\r\n550-5.1.1 of that\r\n550 5.1.1 name")]}) as script:
        result = await one(script)
    assert result.outcome is Outcome.REFUSED
    assert result.stage is Stage.RCPT
    assert result.reply.text == "5.1.1 nobody 5.1.1 of that 5.1.1 name"


async def test_a_hung_rset_does_not_spoil_the_refusal_before_it() -> None:
    async with Script({"data": [Step("550 5.7.1 not you")], "rset": [Step("", hang=True)]}) as script:
        session = await connected(script)
        first = await session.transact(WEEKLY, "a@example.com", MESSAGE)
        second = await session.transact(WEEKLY, "b@example.com", MESSAGE)
        assert not session.usable
        await session.close()
    assert (first.outcome, first.stage, first.reply.code) == (Outcome.REFUSED, Stage.DATA, 550)
    assert (second.outcome, second.stage) == (Outcome.NOT_SENT, Stage.CONNECT)


async def test_251_after_the_dot_means_sent() -> None:
    async with Script({"dot": [Step("251 will forward")]}) as script:
        assert (await one(script)).outcome is Outcome.ACCEPTED


async def test_a_421_in_the_middle_of_the_body_means_not_sent_and_names_the_421() -> None:
    async with Script({"body": [Step("421 4.3.2 shutting down", hang=True)]}) as script:
        result = await one(script, LARGE)
    assert (result.outcome, result.stage, result.reply.code) == (Outcome.NOT_SENT, Stage.DATA, 421)
    assert script.dots == []


async def test_a_server_that_takes_no_more_of_a_body_gets_no_dot() -> None:
    async with Script({"body": [Step("", hang=True)]}) as script:
        result = await one(script, LARGE)
    assert (result.outcome, result.stage) == (Outcome.NOT_SENT, Stage.DATA)


async def test_a_stray_reply_while_idle_kills_the_session() -> None:
    async with Script({"dot": [Step("250 2.0.0 took 1\r\n250 2.0.0 took 1")]}) as script:
        session = await connected(script)
        first = await session.transact(WEEKLY, "a@example.com", MESSAGE)
        assert not session.usable
        second = await session.transact(WEEKLY, "b@example.com", MESSAGE)
        await session.close()
    assert first.outcome is Outcome.ACCEPTED
    assert (second.outcome, second.stage) == (Outcome.NOT_SENT, Stage.CONNECT)
    assert len(script.dots) == 1


async def test_an_address_that_needs_smtputf8_is_refused_for_good_where_it_is_not_offered() -> None:
    async with Script() as script:
        result = await one(script, recipient="지은@example.com")
    assert (result.outcome, result.stage) == (Outcome.REFUSED, Stage.ADDRESS)
    assert not any(line.startswith("MAIL") for line in script.said)


async def test_an_address_that_needs_smtputf8_is_sent_where_it_is_offered() -> None:
    async with Script(extensions=("SMTPUTF8", "8BITMIME")) as script:
        result = await one(script, recipient="지은@한옥.example")
    assert result.outcome is Outcome.ACCEPTED
    assert f"MAIL FROM:<{WEEKLY}> BODY=8BITMIME SMTPUTF8" in script.said
    assert "RCPT TO:<지은@xn--wk5b71z.example>" in script.said


async def test_two_addresses_in_one_reach_nobody() -> None:
    async with Script() as script:
        result = await one(script, recipient="a@example.com, b@example.com")
    assert (result.outcome, result.stage) == (Outcome.REFUSED, Stage.ADDRESS)
    assert script.dots == []


# The oracle

COMMANDS = {"mail": Stage.MAIL, "rcpt": Stage.RCPT, "data": Stage.DATA, "dot": Stage.DOT}
GOOD = {"mail": "250 2.1.0 ok", "rcpt": "250 2.1.5 ok", "data": "354 go", "dot": "250 2.0.0 took it"}
ONE_BY_ONE: tuple[str, ...] = ("SIZE 50000000",)
IN_ONE_GO = (*ONE_BY_ONE, PIPELINING)


@dataclass(frozen=True)
class Trouble:
    moment: str  # where it happens: a key of COMMANDS
    kind: str
    split: int = 0

    def step(self) -> Step:
        good = GOOD[self.moment]
        steps = {
            "good": Step(good, self.split),
            "many lines": Step(f"{good[:3]}-first\r\n{good}", self.split),
            "4yz": Step("451-4.3.0 later\r\n451 4.3.0 please", self.split),
            "5yz": Step("550 5.1.1 no", self.split),
            "421": Step("421 4.7.0 slow down", self.split, close=True),
            "eof": Step("", close=True),
            "half a reply": Step(good[:2], close=True),
            "silence": Step("", hang=True),
            "half a many": Step(f"{good[:3]}-first", self.split, hang=True),
            "stray": Step(f"{good}\r\n{good}"),
            "nonsense": Step("hello there", self.split),
            "two codes": Step("250-first\r\n354 second", self.split),
            "odd": Step("334 what?" if self.moment != "data" else "250 ok", self.split),
        }
        return steps[self.kind]

    def expected(self) -> tuple[Outcome, Stage, bool]:
        """Outcome, stage, and whether the session may go on."""
        stage = COMMANDS[self.moment]
        if self.kind in {"good", "many lines"}:
            return Outcome.ACCEPTED, Stage.DOT, True
        if self.kind == "4yz":
            return Outcome.TRY_LATER, stage, True
        if self.kind == "5yz":
            return Outcome.REFUSED, stage, True
        if self.kind == "421":
            return Outcome.TRY_LATER, stage, False
        if self.kind == "stray" and stage is Stage.DOT:
            return Outcome.ACCEPTED, stage, False
        return (Outcome.UNKNOWN if stage is Stage.DOT else Outcome.NOT_SENT), stage, False

    def may_be(self, result: Transaction, *, in_one_go: bool, announced: bool) -> bool:
        """Whether the result is right. In one go two things cannot be told apart, and need not be: nothing was sent."""
        outcome, stage, _ = self.expected()
        if in_one_go and outcome is Outcome.NOT_SENT and self.kind == "stray":
            stage = Stage.DATA  # one reply too many shows at the last
        stages = {stage}
        if announced and outcome is Outcome.NOT_SENT and stage is Stage.MAIL:
            stages.add(Stage.CONNECT)  # gone before it was this message's turn
        return result.outcome is outcome and result.stage in stages


KINDS = [
    "good", "many lines", "4yz", "5yz", "421", "eof", "half a reply", "silence", "half a many", "stray", "nonsense",
    "two codes", "odd",
]  # fmt: skip
troubles = st.builds(Trouble, st.sampled_from(sorted(COMMANDS)), st.sampled_from(KINDS), st.integers(0, 4))


async def follow(plan: list[Trouble], extensions: tuple[str, ...], pause: float = 0.0) -> None:
    script: dict[str, list[Step]] = {moment: [] for moment in COMMANDS}
    for trouble in plan:
        for moment in COMMANDS:
            script[moment].append(trouble.step() if moment == trouble.moment else Step())
            if moment == trouble.moment and trouble.expected()[0] is not Outcome.ACCEPTED:
                break
    envelopes = [
        Envelope(WEEKLY, f"subscriber{number}@example.com", len(MESSAGE)) for number in range(len(plan))
    ]
    in_one_go = PIPELINING in extensions
    async with Script(script, extensions) as server, leap_at(server.reached["hang"]):
        session = await connected(server)
        for trouble, envelope, following in zip(plan, envelopes, [*envelopes[1:], None], strict=True):
            announced = in_one_go and envelope is not envelopes[0]
            result = await session.transact(WEEKLY, envelope.recipient, MESSAGE, following)
            await asyncio.sleep(pause)
            outcome, _, usable = trouble.expected()
            took = [mail.recipient for mail in server.taken]
            assert trouble.may_be(result, in_one_go=in_one_go, announced=announced), (trouble, result)
            assert outcome is Outcome.UNKNOWN or (envelope.recipient in took) == (outcome is Outcome.ACCEPTED)
            if not usable:
                await asyncio.sleep(0.001)
                # A reply too many after the dot is taken for the next MAIL's, and shows at the next DATA.
                shifted = trouble == Trouble("dot", "stray", trouble.split) and session.announced
                assert shifted or not session.usable
                after = await session.transact(WEEKLY, "late@example.com", MESSAGE)
                assert (after.outcome, after.stage) == (Outcome.NOT_SENT, Stage.CONNECT)
                break
        await session.close()
        dotted = [mail.recipient for mail in server.dots]
        assert len(dotted) == len(set(dotted))
        assert "late@example.com" not in dotted


@pytest.mark.parametrize("extensions", [ONE_BY_ONE, IN_ONE_GO], ids=["one by one", "in one go"])
@pytest.mark.parametrize("moment", sorted(COMMANDS))
@pytest.mark.parametrize("kind", KINDS)
def test_each_trouble_at_each_stage_has_the_outcome_of_the_oracle(
    moment: str, kind: str, extensions: tuple[str, ...]
) -> None:
    run_leaping(follow([Trouble(moment, kind)], extensions))


@pytest.mark.parametrize("pause", [0, 0.02])
@pytest.mark.parametrize("moment", sorted(COMMANDS))
@pytest.mark.parametrize("kind", KINDS)
def test_trouble_with_an_announced_envelope_is_its_own_message_s(
    moment: str, kind: str, pause: float
) -> None:
    plan = [Trouble("dot", "good"), Trouble(moment, kind), Trouble("dot", "good")]
    run_leaping(follow(plan, IN_ONE_GO, pause))


@pytest.mark.slow
@pytest.mark.parametrize("new_loop", [Leaping, uvloop.new_event_loop])
@pytest.mark.parametrize("extensions", [ONE_BY_ONE, IN_ONE_GO], ids=["one by one", "in one go"])
@settings(max_examples=40)
@given(plan=st.lists(troubles, min_size=1, max_size=4), pause=st.sampled_from([0.0, 0.003]))
def test_a_conversation_of_troubles_never_shifts_a_reply(
    plan: list[Trouble],
    pause: float,
    extensions: tuple[str, ...],
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(follow(plan, extensions, pause))


@pytest.mark.parametrize("extensions", [ONE_BY_ONE, IN_ONE_GO], ids=["one by one", "in one go"])
@pytest.mark.parametrize("moment", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("before", [0, 1])
async def test_a_cancelled_transaction_leaves_a_dead_session(
    before: int, moment: str, extensions: tuple[str, ...]
) -> None:
    async with Script({moment: [*[Step()] * before, Step(after=600)]}, extensions) as script:
        session = await connected(script)
        envelope = Envelope(WEEKLY, "a@example.com", len(MESSAGE))
        if before:
            await session.transact(WEEKLY, "first@example.com", MESSAGE, envelope)
        script.reached[moment].clear()
        task = asyncio.create_task(session.transact(WEEKLY, "a@example.com", MESSAGE, envelope))
        if not (before and moment != "dot" and PIPELINING in extensions):  # those are there already
            await script.reached[moment].wait()
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not session.usable
        after = await session.transact(WEEKLY, "a@example.com", MESSAGE)
        assert (after.outcome, after.stage) == (Outcome.NOT_SENT, Stage.CONNECT)
        await session.close()
    assert len(script.dots) == before + (moment == "dot")
