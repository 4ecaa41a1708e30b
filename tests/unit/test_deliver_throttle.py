"""The throttle: what may be sent when, by limits, days, weights, pauses, and what a batch has taught."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.deliver.batch_findings import Findings
from syndication.deliver.lanes import OTHER
from syndication.deliver.throttle import BATCH, LANE_PAUSES, PROBE, SERVER_PAUSES, Throttle
from syndication.deliver.transaction import Transaction
from syndication.domain.delivery import Outcome, Reply, Stage
from syndication.domain.limits import (
    Grant,
    Limits,
    Meter,
    Reason,
    Situation,
    Wait,
    lane_meter,
    server_meter,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{name: 1}) for name in ("seconds", "minutes", "hours", "days"))
SEOUL = ZoneInfo("Asia/Seoul")
TAKEN = Transaction(Outcome.ACCEPTED, Stage.DOT, Reply(250, "2.0.0 ok"))
BUSY = Transaction(Outcome.TRY_LATER, Stage.RCPT, Reply(421, "4.7.0 slow down"))
POLICY = Transaction(Outcome.REFUSED, Stage.RCPT, Reply(550, "5.7.1 listed"))
LOST = Transaction(Outcome.UNKNOWN, Stage.DOT, Reply(0, "the connection was closed"))


def throttle(
    lane: Limits | None = None,
    *servers: Limits,
    weights: tuple[int, ...] = (),
    connections: int = 20,
    zone: ZoneInfo = SEOUL,
) -> Throttle:
    """A site with the lane `gmail`, and servers `mx0`, `mx1` …"""
    limits = servers or (Limits(),)
    names = [f"mx{number}" for number in range(len(limits))]
    return Throttle(
        lanes={"gmail": lane or Limits(), "naver": Limits()},
        servers=dict(zip(names, limits, strict=True)),
        weights=dict(zip(names, weights or [1] * len(names), strict=True)),
        connections=connections,
        zone=zone,
    )


@dataclass
class Site:
    """What a store keeps between claims."""

    throttle: Throttle
    now: datetime = NOON
    meters: dict[str, Meter] = field(default_factory=dict)
    in_use: dict[str, int] = field(default_factory=dict)

    def ask(self, *lanes: str, wanted: int = 10, most: int = 20) -> Grant | Wait:
        total = sum(number for name, number in self.in_use.items() if name.startswith("server "))
        lanes = lanes or ("gmail",)
        return self.throttle.plan(Situation(self.now, lanes, self.meters, self.in_use, total), wanted, most)

    def send(self, *lanes: str, due: int = 10_000) -> int:
        """Take what is granted; how many mails that is."""
        grant = self.ask(*lanes)
        if isinstance(grant, Wait):
            return 0
        rows = min(grant.rows, due)
        self.meters |= {meter.name: meter for meter in grant.taken(rows)}
        return rows

    def hold(self, grant: Grant) -> None:
        for name in (lane_meter(grant.lane), server_meter(grant.server)):
            self.in_use[name] = self.in_use.get(name, 0) + grant.connections

    def learn(
        self,
        *results: tuple[Transaction, str],
        lane: str = "gmail",
        jitter: float = 0.0,
        unreachable: Reply | None = None,
    ) -> None:
        """What a batch ends with."""
        findings = Findings(lane, trouble=unreachable)
        for transaction, email in results:
            findings.learn(transaction, email)
        names = lane_meter(lane), server_meter("mx0")
        of_lane, of_server = (self.meters.get(name) or Meter(name) for name in names)
        in_use = self.in_use.get(names[1], 8)
        after = self.throttle.judged(
            of_lane, of_server, in_use, findings=findings, now=self.now, jitter=jitter
        )
        self.meters |= {meter.name: meter for meter in after}

    def wait(self) -> Wait:
        answer = self.ask()
        assert isinstance(answer, Wait)
        return answer


seconds = st.floats(0, 3, allow_nan=False).map(lambda value: timedelta(seconds=value))
rates = st.floats(0.1, 200, allow_nan=False)


@given(rate=rates, gaps=st.lists(seconds, min_size=1, max_size=60), by_server=st.booleans())
def test_in_no_window_of_time_goes_more_than_the_rate_and_one_bucket(
    rate: float, gaps: list[timedelta], *, by_server: bool
) -> None:
    limits = Limits(per_second=rate)
    site = Site(throttle(Limits(), limits) if by_server else throttle(limits))
    sent: list[tuple[datetime, int]] = []
    for gap in gaps:
        site.now += gap
        sent.append((site.now, site.send()))
    for first in range(len(sent)):
        total = 0
        for now, rows in sent[first:]:
            total += rows
            assert total <= rate * (now - sent[first][0]).total_seconds() + max(1.0, rate) + 0.001


@given(rate=rates)
def test_who_waits_as_long_as_told_gets_something_and_keeps_up_with_the_rate(rate: float) -> None:
    site, sent, began = Site(throttle(Limits(per_second=rate))), 0, NOON
    for _ in range(200):
        rows = site.send()
        sent += rows
        if not rows:
            wait = site.wait()
            assert wait.brief
            assert wait.until is not None
            assert wait.until > site.now
            site.now = wait.until
            assert isinstance(site.ask(), Grant)
    assert sent >= rate * (site.now - began).total_seconds() - 1


@given(
    jumps=st.lists(
        st.floats(-40 * 86_400, 40 * 86_400, allow_nan=False).map(lambda value: timedelta(seconds=value)),
        max_size=12,
    ),
    results=st.lists(st.sampled_from([TAKEN, BUSY, POLICY, LOST]), max_size=12),
)
def test_a_clock_that_jumps_stops_nobody_for_longer_than_a_day_and_gives_no_more_than_a_bucket(
    jumps: list[timedelta], results: list[Transaction]
) -> None:
    site = Site(throttle(Limits(per_second=7, per_day=100, warm_up=50), Limits(connections=3)))
    for number, jump in enumerate(jumps):
        site.now += jump
        assert site.send() <= 7
        if number < len(results):
            site.learn((results[number], "a@gmail.com"))
    site.now += LANE_PAUSES[1] * 1.25 + DAY * 2
    assert isinstance(site.ask(), Grant)


@given(
    lane=st.integers(0, 6),
    server=st.integers(0, 6),
    total=st.integers(1, 12),
    asked=st.lists(st.integers(1, 8), max_size=12),
)
def test_no_cap_of_connections_is_ever_passed(lane: int, server: int, total: int, asked: list[int]) -> None:
    site = Site(throttle(Limits(connections=lane), Limits(connections=server), connections=total))
    for wanted in asked:
        grant = site.ask(wanted=wanted)
        if isinstance(grant, Wait):
            assert grant.reason is Reason.CONNECTIONS
            continue
        assert 1 <= grant.connections <= wanted
        assert grant.connections <= grant.most or grant.connections <= grant.rows
        site.hold(grant)
    used = site.in_use.get("server mx0", 0)
    assert used <= min(total, lane or total, server or total)


def test_the_last_mails_of_a_lane_may_have_every_connection_that_is_free() -> None:
    grant = Site(throttle(Limits(connections=15))).ask(wanted=10, most=20)
    assert isinstance(grant, Grant)
    assert (grant.connections, grant.most, grant.rows) == (10, 15, BATCH)


@given(
    weights=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    due=st.lists(st.integers(1, BATCH), min_size=40, max_size=80),
)
def test_servers_share_the_mails_by_weight(weights: list[int], due: list[int]) -> None:
    site = Site(throttle(Limits(), *[Limits()] * len(weights), weights=tuple(weights)))
    for rows in due:
        site.send(due=rows)
    for number, weight in enumerate(weights):
        share = sum(due) * weight / sum(weights)
        assert abs(site.meters[f"server mx{number}"].used - share) <= BATCH * len(weights)


def test_a_server_that_was_away_does_not_get_everything_when_it_is_back() -> None:
    site = Site(throttle(Limits(), Limits(), Limits(), weights=(1, 1)))
    site.learn((BUSY, "a@gmail.com"))
    for _ in range(10):
        site.send()
    assert site.meters["server mx1"].used == 10 * BATCH
    site.now += MINUTE
    site.meters["server mx0"] = replace(site.meters["server mx0"], troubles=0)
    for _ in range(4):
        site.send()
    assert site.meters["server mx1"].used == 12 * BATCH


def test_a_lane_that_may_not_go_makes_way_for_the_next_in_turn() -> None:
    site = Site(throttle(Limits(per_second=10)))
    assert site.send("gmail", "naver") == 10
    grant = site.ask("gmail", "naver")
    assert isinstance(grant, Grant)
    assert grant.lane == "naver"
    assert site.wait().reason is Reason.PACE


def test_nothing_due_is_nothing_to_wait_for() -> None:
    assert throttle().plan(Situation(NOON, (), {}, {}, 0), 5, 5) == Wait(None, Reason.NOTHING)


def test_a_day_ends_at_midnight_in_the_publications_zone() -> None:
    site = Site(throttle(Limits(), Limits(per_day=700)))
    assert [site.send(), site.send(), site.send()] == [500, 200, 0]
    midnight = datetime(2026, 3, 3, tzinfo=SEOUL)
    assert site.wait() == Wait(midnight, Reason.DAY)
    assert not site.wait().brief
    site.now = midnight - SECOND
    assert site.send() == 0
    site.now = midnight
    assert site.send() == 500


def sent_in_a_day(site: Site, wanted: int = 10_000) -> int:
    total = 0
    while total < wanted and (rows := site.send(due=wanted - total)):
        total += rows
    return total


def test_a_warm_up_doubles_with_every_day_that_was_used_whatever_lies_between() -> None:
    site = Site(throttle(Limits(), Limits(per_day=900, warm_up=200)))
    days = []
    for _ in range(5):
        days.append(sent_in_a_day(site))
        site.now += 7 * DAY
    assert days == [200, 400, 800, 900, 900]


def test_a_few_late_retries_do_not_push_a_warm_up_on() -> None:
    site = Site(throttle(Limits(), Limits(per_day=900, warm_up=200)))
    assert sent_in_a_day(site) == 200
    for _ in range(5):
        site.now += DAY
        assert sent_in_a_day(site, wanted=3) == 3
    site.now += DAY
    assert sent_in_a_day(site) == 400


def test_what_comes_back_unsent_may_go_on_the_same_day_only() -> None:
    site = Site(throttle(Limits(per_day=300)))
    assert (site.send(), site.send()) == (300, 0)
    meter = site.meters["lane gmail"]
    site.meters["lane gmail"] = meter.refunded(20, NOON)
    assert site.send() == 20
    site.meters["lane gmail"] = site.meters["lane gmail"].refunded(50, NOON - DAY)
    assert site.send() == 0


def test_a_server_in_trouble_is_paused_a_little_longer_each_time_and_then_asked_with_a_few() -> None:
    site, pauses = Site(throttle()), []
    for _ in range(9):
        site.learn((LOST, "a@x"), (LOST, "b@x"))
        wait = site.wait()
        assert wait.reason is Reason.PAUSE
        assert wait.until is not None
        pauses.append((wait.until - site.now).total_seconds())
        site.now = wait.until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    probe = site.ask()
    assert isinstance(probe, Grant)
    assert (probe.probe, probe.rows, probe.connections, probe.most) == (True, PROBE, 1, 1)
    site.learn((TAKEN, "a@x"))
    whole = site.ask()
    assert isinstance(whole, Grant)
    assert (whole.probe, whole.rows) == (False, BATCH)


def test_a_wrong_password_is_tried_again_after_minutes_and_not_seconds() -> None:
    site, pauses = Site(throttle()), []
    for _ in range(6):
        site.learn(unreachable=Reply(535, "5.7.8 no"))
        until = site.wait().until
        assert until is not None
        pauses.append((until - site.now) / MINUTE)
        site.now = until
    assert pauses == [1, 2, 4, 8, 15, 15]
    site.learn(unreachable=Reply(0, "it did not greet"))  # another trouble has its own pauses
    assert site.wait().until == site.now + MINUTE


def test_many_that_are_told_at_once_are_one_step_and_jitter_only_adds() -> None:
    site = Site(throttle())
    for _ in range(5):
        site.learn((BUSY, "a@x"), jitter=0.99)
    until = site.wait().until
    assert until is not None
    assert SERVER_PAUSES[0] < until - site.now < 1.25 * SERVER_PAUSES[0]


def test_a_mail_that_was_accepted_before_the_trouble_came_does_not_end_the_pause() -> None:
    site = Site(throttle())
    site.learn((BUSY, "a@x"))
    site.learn((TAKEN, "a@x"))
    assert site.wait().reason is Reason.PAUSE


def connections_of(site: Site) -> int:
    grant = site.ask(wanted=20)
    assert isinstance(grant, Grant)
    return grant.connections


def test_a_421_halves_the_connections_and_one_comes_back_a_minute() -> None:
    site = Site(throttle())
    site.in_use["server mx0"] = 9
    site.learn((BUSY, "a@x"))
    site.in_use.clear()
    site.now += SECOND
    site.learn((TAKEN, "a@x"))
    assert connections_of(site) == 4
    site.now += 3 * MINUTE
    assert connections_of(site) == 7
    site.send()
    site.now += 2 * MINUTE
    assert connections_of(site) == 9
    site.now += HOUR
    assert connections_of(site) == 20


def test_the_last_connection_is_not_halved() -> None:
    site = Site(throttle())
    site.in_use["server mx0"] = 1
    site.learn((BUSY, "a@x"))
    assert site.meters["server mx0"].cap == 1


def test_one_broken_connection_is_wear_and_two_in_a_row_are_trouble() -> None:
    site = Site(throttle())
    site.learn((LOST, "a@x"), (TAKEN, "b@x"), (LOST, "c@x"))
    assert isinstance(site.ask(), Grant)
    site.learn((LOST, "a@x"), (LOST, "b@x"))
    assert site.wait().reason is Reason.PAUSE


def test_a_providers_lane_is_paused_by_its_first_policy_block_for_longer_each_time() -> None:
    site, pauses = Site(throttle()), []
    for _ in range(5):
        site.learn((TAKEN, "a@gmail.com"), (POLICY, "b@gmail.com"), (TAKEN, "c@gmail.com"))
        until = site.wait().until
        assert until is not None
        pauses.append((until - site.now) / HOUR)
        site.now = until
    assert pauses == [1, 2, 4, 6, 6]
    assert site.meters["lane gmail"].words == "550 5.7.1 listed"
    site.learn((TAKEN, "a@gmail.com"))
    assert site.meters["lane gmail"].troubles == 0


def other(site: Site, *results: tuple[Transaction, str]) -> bool:
    """Whether the lane of everybody else still goes."""
    site.learn(*results, lane=OTHER)
    return isinstance(site.ask(OTHER), Grant)


def test_one_companys_gateway_does_not_stop_everybody_else() -> None:
    site = Site(throttle())
    assert other(site, *[(POLICY, f"r{number}@one.example") for number in range(9)])
    assert other(site, (POLICY, "a@two.example"), (TAKEN, "b@fine.example"), (POLICY, "c@three.example"))
    assert other(site, (POLICY, "a@four.example"))
    assert not other(site, (POLICY, "a@five.example"))  # the third domain in a row, over two batches


def test_a_lane_that_is_stopped_takes_no_more_mail_of_its_batch() -> None:
    findings = Findings("gmail")
    findings.learn(TAKEN, "a@gmail.com")
    assert findings.blocked is None
    findings.learn(POLICY, "b@gmail.com")
    findings.learn(TAKEN, "c@gmail.com")
    assert findings.blocked == POLICY.reply


@pytest.mark.parametrize(
    ("stage", "text", "blocked"),
    [
        (Stage.RCPT, "5.7.26 unauthenticated", True),
        (Stage.DOT, "5.7.1 content", True),
        (Stage.MAIL, "5.7.0 log in first", False),
        (Stage.RCPT, "5.1.1 nobody here", False),
        (Stage.RCPT, "no 5.7.1 at the beginning", False),
    ],
)
def test_a_policy_block_is_a_5_7_to_the_reader_or_the_message(
    stage: Stage, text: str, *, blocked: bool
) -> None:
    assert Transaction(Outcome.REFUSED, stage, Reply(550, text)).policy_block is blocked
