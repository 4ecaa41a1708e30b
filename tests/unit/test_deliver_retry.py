"""What follows from a transaction."""

from datetime import UTC, datetime, timedelta

import pytest

from syndication.bounces.message import read_message
from syndication.bounces.verdict import judge
from syndication.deliver.retry import FIRST_DELAY, LONGEST_DELAY, resend_at, settle, with_refusal
from syndication.deliver.transaction import Transaction
from syndication.domain.bounce import BounceKind, Rule
from syndication.domain.delivery import Outcome, Recipient, Reply, Settled, Stage, State
from tests.unit.bounce_samples import bounce

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
READER = Recipient(
    subscriber=7,
    serial=1,
    email="a@example.com",
    name="",
    language="en",
    topics=(),
    key="k",
    token_key="t",
    since=None,
)
LATER = Transaction(Outcome.TRY_LATER, Stage.RCPT, Reply(451, "4.3.0 later"))


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.ACCEPTED, State.SENT), (Outcome.REFUSED, State.FAILED), (Outcome.UNKNOWN, State.UNKNOWN)],
)
def test_what_is_certain_is_written_as_it_is(outcome: Outcome, state: State) -> None:
    reply = Reply(250, "ok", "mx:25")
    settled = settle(READER, Transaction(outcome, Stage.DOT, reply), now=NOW, jitter=0.5)
    assert (settled.subscriber, settled.serial, settled.state, settled.stage) == (7, 1, state, Stage.DOT)
    assert (settled.reply, settled.due, settled.counted) == (reply, None, True)


def test_the_first_delay_is_five_minutes_or_a_little_more() -> None:
    assert settle(READER, LATER, now=NOW, jitter=0.0).due == NOW + FIRST_DELAY == NOW + timedelta(minutes=5)
    spread = settle(READER, LATER, now=NOW, jitter=0.99).due
    assert spread is not None
    assert NOW + timedelta(minutes=6) < spread < NOW + timedelta(minutes=7)


def test_delays_double_up_to_six_hours() -> None:
    delays = []
    for attempts in range(12):
        due = settle(READER._replace(attempts=attempts, deferrals_since=NOW), LATER, now=NOW, jitter=0.0).due
        assert due is not None
        delays.append(due - NOW)
    assert delays[:4] == [timedelta(minutes=minutes) for minutes in (5, 10, 20, 40)]
    assert delays[-1] == LONGEST_DELAY
    assert delays == sorted(delays)


@pytest.mark.parametrize(
    ("attempts_before", "age", "state"),
    [
        (4, timedelta(days=4), State.FAILED),
        (40, timedelta(days=9), State.FAILED),
        (3, timedelta(days=30), State.DEFERRED),
        (40, timedelta(days=4) - timedelta(seconds=1), State.DEFERRED),
    ],
)
def test_nobody_is_given_up_before_five_attempts_and_four_days(
    attempts_before: int, age: timedelta, state: State
) -> None:
    subscriber = READER._replace(attempts=attempts_before, deferrals_since=NOW - age)
    assert settle(subscriber, LATER, now=NOW, jitter=0.5).state is state


@pytest.mark.parametrize(
    "transaction",
    [
        Transaction(Outcome.NOT_SENT, Stage.CONNECT, Reply(0, "refused")),
        Transaction(Outcome.TRY_LATER, Stage.DOT, Reply(421, "4.3.2 closing")),
        Transaction(Outcome.NOT_SENT, Stage.DATA, Reply(421, "4.3.2 closing")),
    ],
)
def test_the_servers_own_trouble_counts_for_nobody(transaction: Transaction) -> None:
    old = READER._replace(attempts=90, deferrals_since=NOW - timedelta(days=90))
    settled = settle(old, transaction, now=NOW, jitter=0.0)
    assert (settled.state, settled.counted) == (State.DEFERRED, False)
    first = settle(READER, transaction, now=NOW, jitter=0.0)
    assert first.due == NOW + FIRST_DELAY


def test_a_connection_lost_before_the_dot_is_tried_again_and_counts() -> None:
    settled = settle(READER, Transaction(Outcome.NOT_SENT, Stage.DATA, Reply(0, "lost")), now=NOW, jitter=0.0)
    assert (settled.state, settled.counted) == (State.DEFERRED, True)


def test_a_refused_sender_is_our_own_fault_and_costs_no_reader_the_mail() -> None:
    refused = Transaction(Outcome.REFUSED, Stage.MAIL, Reply(530, "5.7.0 authentication required"))
    assert settle(READER, refused, now=NOW, jitter=0.0).state is State.DEFERRED
    old = READER._replace(attempts=4, deferrals_since=NOW - timedelta(days=4))
    assert settle(old, refused, now=NOW, jitter=0.0).state is State.FAILED


def test_a_doubtful_mail_is_sent_again_later_each_time_and_not_for_ever() -> None:
    times = [resend_at(unknowns, NOW) for unknowns in (1, 2, 3, 4, 5)]
    assert times[:4] == [NOW + timedelta(minutes=minutes) for minutes in (5, 10, 20, 40)]
    assert times[4] is None


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (550, "5.1.1 whoever that is", BounceKind.HARD),
        (550, "no such user here", BounceKind.HARD),
        (550, "5.2.1 user unknown", BounceKind.HARD),
        (550, "5.4.1 Recipient address rejected: Access denied", BounceKind.HARD),
        (550, "5.1.8 unknown sender", BounceKind.BLOCKED),
        (550, "5.1.0 refused", BounceKind.SOFT),
        (552, "5.1.1 over quota", BounceKind.SOFT),
        (450, "5.1.1 user unknown", BounceKind.SOFT),
        (450, "4.1.1 user unknown", BounceKind.SOFT),
        (554, "your host has no PTR: address not found", BounceKind.BLOCKED),
    ],
)
def test_a_session_and_a_returned_mail_judge_alike(code: int, text: str, kind: BounceKind) -> None:
    refused = Settled(7, 1, State.FAILED, Stage.RCPT, Reply(code, text), None, True)
    refusal = with_refusal(refused, Rule(3, timedelta(days=28))).refusal
    assert refusal is not None
    assert refusal.finding.kind is kind
    groups = f"Final-Recipient: rfc822; a@example.com\nAction: failed\nDiagnostic-Code: smtp; {code} {text}\n"
    assert judge(read_message(bounce(groups=groups))).kind is kind
