"""The pool against real servers: reuse, the limit of a connection, the server that was asked for, and none in trouble kept open."""

import asyncio
from dataclasses import replace

from syndication.deliver.envelope import Envelope
from syndication.deliver.pool import Pool
from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.session import Timeouts
from syndication.deliver.transaction import Transaction
from syndication.domain.delivery import Outcome, Stage
from tests.doors.ports import free_port
from tests.doors.smtp_server import Script, Step, comes

LONG = Timeouts(connect=60, command=60, data=60, block=60, dot=60, quit=60)
MESSAGE = b"Subject: x\r\n\r\nhello\r\n"


def nobody() -> SmtpServer:
    """An address that nobody listens at."""
    return SmtpServer("127.0.0.1", free_port(), Security.PLAIN)


def pool_of(*servers: SmtpServer, connections: int = 20, per_connection: int = 100) -> Pool:
    return Pool(
        servers,
        connections=connections,
        per_connection=per_connection,
        hostname="us.example",
        timeouts=LONG,
    )


async def send(pool: Pool, count: int = 1, server: str = "") -> list[Transaction]:
    async with pool.session(server or next(iter(pool.servers))) as slot:
        return [
            await slot.transact("weekly@hanok.example", f"r{number}@example.com", MESSAGE)
            for number in range(count)
        ]


async def test_an_idle_connection_is_used_again() -> None:
    async with Script() as script, pool_of(script.server()) as pool:
        for _ in range(4):
            await send(pool)
        assert script.connections == 1
    assert len(script.taken) == 4
    assert script.said[-1] == "QUIT"


async def test_a_connection_carries_so_many_messages_and_no_more() -> None:
    async with Script() as script, pool_of(script.server(), per_connection=2) as pool:
        results = await send(pool, 5)
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert script.connections == 3


async def test_ready_tells_beforehand_that_nothing_can_be_sent() -> None:
    async with Script() as script:
        async with pool_of(nobody()) as dead, dead.session(*dead.servers) as slot:
            unreachable = await slot.ready()
            assert unreachable is not None
            assert unreachable.outcome is Outcome.NOT_SENT
        async with pool_of(script.server()) as alive, alive.session(*alive.servers) as slot:
            assert await slot.ready() is None
            assert script.connections == 1


async def test_a_server_that_takes_so_many_mails_a_connection_is_obeyed_from_then_on() -> None:
    script = Script({"mail": [Step(), Step(), Step("421 4.7.0 two are enough", close=True)]})
    async with script, pool_of(script.server()) as pool:
        results = await send(pool, 6)
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert script.connections == 3


async def test_another_mail_than_the_announced_one_goes_out_on_a_new_connection() -> None:
    following = Envelope("weekly@hanok.example", "announced@example.com", len(MESSAGE))
    script = Script(extensions=("PIPELINING",))
    async with script, pool_of(script.server()) as pool, pool.session(*pool.servers) as slot:
        first = await slot.transact("weekly@hanok.example", "first@example.com", MESSAGE, following)
        assert slot.announced == following
        other = await slot.transact("weekly@hanok.example", "other@example.com", MESSAGE)
        assert (first.outcome, other.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert (script.connections, len(script.taken)) == (2, 2)


async def test_a_connection_that_the_server_closed_while_idle_costs_no_mail() -> None:
    script = Script({"dot": [Step("250 2.0.0 took it", close=True)]})
    async with script, pool_of(script.server()) as pool:
        results = await send(pool, 2)
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert script.connections == 2
    assert [mail.recipient for mail in script.taken] == ["r0@example.com", "r1@example.com"]


async def test_a_mail_whose_dot_was_written_is_never_sent_again_by_itself() -> None:
    script = Script({"dot": [Step(), Step("", close=True)]})
    async with script, pool_of(script.server()) as pool:
        results = await send(pool, 2)
    assert [result.outcome for result in results] == [Outcome.ACCEPTED, Outcome.UNKNOWN]
    assert len(script.dots) == 2


async def test_a_cancelled_sender_gives_its_place_back() -> None:
    async with (
        Script({"dot": [Step("", hang=True)]}) as script,
        pool_of(script.server()) as pool,
    ):
        task = asyncio.create_task(send(pool))
        await script.reached["dot"].wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        (result,) = await send(pool)
    assert result.outcome is Outcome.ACCEPTED
    assert script.connections == 2


async def test_a_dead_server_answers_not_sent_at_connect() -> None:
    async with pool_of(nobody()) as pool:
        (result,) = await send(pool)
    assert (result.outcome, result.stage, result.reply.code) == (Outcome.NOT_SENT, Stage.CONNECT, 0)
    assert "connect" in result.reply.text.lower()


async def test_a_server_that_lets_nobody_in_is_asked_once_by_all_who_want_in() -> None:
    async with Script({"greeting": [Step("554 5.7.1 no")] * 20}) as script, pool_of(script.server()) as pool:
        results = await asyncio.gather(*(send(pool) for _ in range(5)))
        assert {result.reply.text for (result,) in results} == {"5.7.1 no"}
        assert script.connections == 1
        await send(pool)  # whoever comes later asks anew
        assert script.connections == 2


async def test_once_it_lets_us_in_connections_are_made_side_by_side() -> None:
    steps = [Step(), *(Step("", hang=True) for _ in range(4))]
    async with Script({"greeting": steps}) as script, pool_of(script.server()) as pool:
        senders = [asyncio.create_task(send(pool)) for _ in range(5)]
        await comes(lambda: script.connections == 5)
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)


async def test_a_first_connection_that_hangs_keeps_the_others_for_a_moment_only() -> None:
    hanging = Script({"greeting": [Step("", hang=True)]})
    async with hanging as script:
        hasty = Pool(
            [script.server()],
            connections=9,
            hostname="us.example",
            timeouts=replace(LONG, first_connection=0.1),
        )
        async with hasty as pool:
            first = asyncio.create_task(send(pool))
            await comes(lambda: script.connections == 1)
            results = await asyncio.gather(*(send(pool) for _ in range(3)))
            assert {result.outcome for (result,) in results} == {Outcome.ACCEPTED}
            first.cancel()


async def test_who_waits_for_a_first_connection_that_is_given_up_makes_it_himself() -> None:
    async with Script({"greeting": [Step("", hang=True)]}) as script, pool_of(script.server()) as pool:
        first, second = asyncio.create_task(send(pool)), asyncio.create_task(send(pool))
        await comes(lambda: script.connections == 1)
        first.cancel()
        (result,) = await second
    assert result.outcome is Outcome.ACCEPTED


async def test_mail_goes_to_the_server_that_was_asked_for() -> None:
    async with Script() as one, Script() as two, pool_of(one.server(), two.server()) as pool:
        await send(pool, 2, two.server().name)
        await send(pool, 1, one.server().name)
    assert (len(one.taken), len(two.taken)) == (1, 2)


async def test_an_idle_connection_makes_room_for_one_to_another_server() -> None:
    async with Script() as one, Script() as two, pool_of(one.server(), two.server(), connections=1) as pool:
        await send(pool, 1, one.server().name)
        assert "QUIT" not in one.said
        await send(pool, 1, two.server().name)
        assert one.said[-1] == "QUIT"


async def test_a_421_closes_the_idle_connections_to_that_server() -> None:
    trouble = {"rcpt": [Step(), Step(), Step("421 4.7.0 too many", close=True)]}
    async with Script(trouble) as script, pool_of(script.server()) as pool:
        await asyncio.gather(send(pool), send(pool))
        (result,) = await send(pool)
        assert result.reply.code == 421
        assert script.said[-1] == "QUIT"
