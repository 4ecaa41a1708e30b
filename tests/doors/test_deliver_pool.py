"""The pool against real servers: caps, reuse, failover, weights, and going slower when told."""

import asyncio
from collections import Counter

from syndication.deliver.pool import Pool
from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.session import Timeouts
from syndication.deliver.transaction import Transaction
from syndication.domain.delivery import Outcome, Stage
from tests.doors.smtp_server import Script, Step

SHORT = Timeouts(connect=2, command=1, data=1, block=1, dot=1, quit=0.2)
MESSAGE = b"Subject: x\r\n\r\nhello\r\n"


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.early = 0.0  # how much of a longer sleep is left out
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds - self.early if seconds > self.early else seconds
        await asyncio.sleep(0)


async def nobody() -> SmtpServer:
    """An address that nobody listens at."""
    async with Script() as script:
        return script.server()


def pool_of(*servers: SmtpServer, clock: Clock, connections: int = 1, per_connection: int = 100) -> Pool:
    return Pool(
        servers,
        connections=connections,
        per_connection=per_connection,
        hostname="us.example",
        timeouts=SHORT,
        clock=clock,
        sleep=clock.sleep,
    )


async def send(pool: Pool, count: int = 1) -> list[Transaction]:
    async with pool.session() as place:
        return [
            await place.transact("weekly@hanok.example", f"r{number}@example.com", MESSAGE)
            for number in range(count)
        ]


async def test_an_idle_connection_is_used_again() -> None:
    async with Script() as script, pool_of(script.server(), clock=Clock(), connections=3) as pool:
        for _ in range(4):
            await send(pool)
        assert script.connections == 1
    assert len(script.taken) == 4
    assert script.said[-1] == "QUIT"


async def test_never_more_connections_than_allowed() -> None:
    async with Script() as script, pool_of(script.server(), clock=Clock(), connections=3) as pool:
        await asyncio.gather(*(send(pool, 2) for _ in range(12)))
    assert script.most_at_once == 3
    assert len(script.taken) == 24


async def test_a_connection_carries_so_many_messages_and_no_more() -> None:
    async with Script() as script, pool_of(script.server(), clock=Clock(), per_connection=2) as pool:
        results = await send(pool, 5)
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert script.connections == 3


async def test_a_dead_server_answers_not_sent_at_connect_and_is_left_alone_for_its_pause() -> None:
    clock = Clock()
    async with pool_of(await nobody(), clock=clock) as pool:
        results = await send(pool, 20)
    assert {(result.outcome, result.stage, result.reply.code) for result in results} == {
        (Outcome.NOT_SENT, Stage.CONNECT, 0)
    }
    assert "connect" in results[0].reply.text.lower()
    assert clock.slept == []


async def test_a_dead_server_is_tried_again_after_its_pause() -> None:
    clock = Clock()
    async with (
        Script({"greeting": [Step("554 5.3.2 closed")]}) as script,
        pool_of(script.server(), clock=clock) as pool,
    ):
        assert (await send(pool))[0].reply.code == 554
        clock.now += 0.9
        assert (await send(pool))[0].reply.code == 554
        assert script.connections == 1
        clock.now += 0.2
        assert (await send(pool))[0].outcome is Outcome.ACCEPTED


async def test_ready_tells_beforehand_that_nothing_can_be_sent() -> None:
    async with Script() as script:
        async with pool_of(await nobody(), clock=Clock()) as dead, dead.session() as place:
            unreachable = await place.ready()
            assert unreachable is not None
            assert unreachable.outcome is Outcome.NOT_SENT
        async with pool_of(script.server(), clock=Clock()) as alive, alive.session() as place:
            assert await place.ready() is None
            assert script.connections == 1


async def test_the_next_server_takes_over_when_one_cannot_be_reached() -> None:
    async with Script() as script:
        dead = await nobody()
        preferred = SmtpServer(dead.host, dead.port, Security.PLAIN, weight=9)
        async with pool_of(preferred, script.server(), clock=Clock()) as pool:
            results = await send(pool, 3)
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}


async def test_servers_share_the_connections_by_weight() -> None:
    async with Script() as one, Script() as two:
        servers = (one.server(weight=3), two.server(weight=1))
        async with pool_of(*servers, clock=Clock(), per_connection=1) as pool:
            await send(pool, 8)
        assert Counter(one=one.connections, two=two.connections) == Counter(one=6, two=2)


async def test_a_421_closes_the_connection_and_the_next_waits_longer_each_time() -> None:
    clock = Clock()
    trouble = [Step("421 4.7.0 slow down", close=True)] * 3
    async with Script({"rcpt": trouble}) as script, pool_of(script.server(), clock=clock) as pool:
        results = await send(pool, 4)
    assert [result.reply.code for result in results] == [421, 421, 421, 250]
    assert clock.slept == [1.0, 2.0, 4.0]
    assert script.connections == 4


async def test_pauses_never_grow_over_a_minute_and_end_with_a_mail_that_was_taken() -> None:
    clock = Clock()
    trouble = [Step("421 4.7.0 slow down", close=True)] * 8
    script = Script({"rcpt": [*trouble, Step(), Step("421 4.7.0 again", close=True)]})
    async with script, pool_of(script.server(), clock=clock) as pool:
        await send(pool, 11)
    assert clock.slept == [1, 2, 4, 8, 16, 32, 60, 60, 1]


async def test_a_server_that_takes_so_many_mails_a_connection_is_obeyed_from_then_on() -> None:
    clock = Clock()
    script = Script({"mail": [Step(), Step(), Step("421 4.7.0 two are enough", close=True)]})
    async with script, pool_of(script.server(), clock=clock) as pool:
        results = await send(pool, 6)
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert script.connections == 3
    assert clock.slept == [1.0]


async def test_a_sleep_that_ends_a_moment_early_is_slept_to_its_end() -> None:
    clock = Clock()
    clock.early = 2**-10
    trouble = [Step("421 4.7.0 slow down", close=True)]
    async with Script({"rcpt": trouble}) as script, pool_of(script.server(), clock=clock) as pool:
        results = await send(pool, 2)
    assert [result.reply.code for result in results] == [421, 250]
    assert clock.slept == [1.0, 2**-10]


async def test_a_server_that_greets_with_421_is_waited_for_once() -> None:
    clock = Clock()
    trouble = [Step("421 4.3.2 too busy", close=True)] * 2
    async with Script({"greeting": trouble}) as script, pool_of(script.server(), clock=clock) as pool:
        (result,) = await send(pool)
        assert (result.outcome, result.stage, result.reply.code) == (Outcome.NOT_SENT, Stage.CONNECT, 421)
        assert clock.slept == [1.0]
        (result,) = await send(pool)
        assert result.outcome is Outcome.ACCEPTED
    assert clock.slept == [1.0, 2.0]


async def test_many_connections_told_to_slow_down_at_once_are_one_step() -> None:
    clock = Clock()
    trouble = [Step("421 4.7.0 slow down", close=True)] * 5
    async with (
        Script({"rcpt": trouble}) as script,
        pool_of(script.server(), clock=clock, connections=5) as pool,
    ):
        await asyncio.gather(*(send(pool) for _ in range(5)))
        await send(pool)
    assert clock.slept == [1.0]


async def test_a_connection_that_the_server_closed_while_idle_costs_no_mail() -> None:
    script = Script({"dot": [Step("250 2.0.0 took it", close=True)]})
    async with script, pool_of(script.server(), clock=Clock()) as pool:
        results = await send(pool, 2)
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert script.connections == 2
    assert [mail.recipient for mail in script.taken] == ["r0@example.com", "r1@example.com"]


async def test_a_mail_whose_dot_was_written_is_never_sent_again_by_itself() -> None:
    script = Script({"dot": [Step(), Step("", close=True)]})
    async with script, pool_of(script.server(), clock=Clock()) as pool:
        results = await send(pool, 2)
    assert [result.outcome for result in results] == [Outcome.ACCEPTED, Outcome.UNKNOWN]
    assert len(script.dots) == 2


async def test_a_cancelled_sender_gives_its_place_back() -> None:
    async with (
        Script({"dot": [Step("", hang=True)]}) as script,
        pool_of(script.server(), clock=Clock()) as pool,
    ):
        task = asyncio.create_task(send(pool))
        await script.reached["dot"].wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        (result,) = await send(pool)
    assert result.outcome is Outcome.ACCEPTED
    assert script.connections == 2


async def test_many_connects_that_fail_at_once_are_one_step() -> None:
    clock = Clock()
    trouble = [Step("554 5.3.2 closed", after=0.05)] * 5
    async with (
        Script({"greeting": trouble}) as script,
        pool_of(script.server(), clock=clock, connections=5) as pool,
    ):
        await asyncio.gather(*(send(pool) for _ in range(5)))
        assert script.connections == 5
        clock.now += 1.1
        assert (await send(pool))[0].outcome is Outcome.ACCEPTED
