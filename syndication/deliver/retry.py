"""What follows from a transaction: the row's new state, when to try again, and what a refusal tells about the subscriber. Pure."""

import re
from datetime import datetime, timedelta

from syndication.deliver.transaction import CLOSING, Transaction
from syndication.domain.bounce import Refusal, Rule
from syndication.domain.bounce_words import finding_of
from syndication.domain.delivery import Outcome, Recipient, Settled, Stage, State

FIRST_DELAY = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=6)
POLICY_DELAY = timedelta(hours=1)  # the first after a policy block: its lane pauses as long
MIN_ATTEMPTS = 5  # and
GIVE_UP_AFTER = timedelta(days=4)  # RFC 5321 §4.5.4.1: at least 4-5 days
_SPREAD = 0.25  # how much of a delay jitter may add
_STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}(?!\d)")  # RFC 3463, at the beginning of a reply (RFC 2034)


def settle(recipient: Recipient, transaction: Transaction, *, now: datetime, jitter: float) -> Settled:
    """Decide the row's new state after a transaction. `recipient.attempts` does not include this one; `jitter` is in [0, 1).

    A 421 and an unreachable server are the server's trouble: they do not count as attempts, and no row fails because of them. A refusal at
    MAIL, before any recipient was named, and a policy block (5.7.x) are about us: the row is tried again, because we may fix the cause.
    """
    if transaction.outcome is Outcome.ACCEPTED:
        return _settled(recipient, transaction, State.SENT)
    ours = transaction.stage is Stage.MAIL or transaction.policy_block
    if transaction.outcome is Outcome.REFUSED and not ours:
        return _settled(recipient, transaction, State.FAILED)
    if transaction.outcome is Outcome.UNKNOWN:
        return _settled(recipient, transaction, State.UNKNOWN)
    counted = transaction.stage is not Stage.CONNECT and transaction.reply.code != CLOSING
    attempts = recipient.attempts + counted
    since = recipient.deferrals_since or now
    if counted and attempts >= MIN_ATTEMPTS and now - since >= GIVE_UP_AFTER:
        return _settled(recipient, transaction, State.FAILED)
    first = POLICY_DELAY if transaction.policy_block else FIRST_DELAY
    due = now + _delay(max(attempts, 1), jitter, first)
    return _settled(recipient, transaction, State.DEFERRED, due=due, counted=counted)


def resend_at(unknowns: int, since: datetime) -> datetime | None:
    """Return when a mail whose dot was not answered `unknowns` times, last at `since`, may be sent again.

    None after too many times: a server that takes every mail but never answers would fill the subscriber's mailbox. Then the operator
    decides.
    """
    return since + _delay(unknowns, 0.0) if unknowns < MIN_ATTEMPTS else None


def with_refusal(settled: Settled, rule: Rule) -> Settled:
    """Add what the reply tells about the subscriber, by the rule for bounces; both are stored in one transaction.

    A row that has not failed, or not because of a server's reply, is returned unchanged.
    """
    reply = settled.reply
    refused = settled.state is State.FAILED and settled.stage in {Stage.RCPT, Stage.DATA, Stage.DOT}
    if not refused or not reply.code:
        return settled
    code = _STATUS.match(reply.text)
    finding = finding_of(code[0] if code else "", f"{reply.code} {reply.text}")
    return settled._replace(refusal=Refusal(finding, rule))


def _delay(attempts: int, jitter: float, first: timedelta = FIRST_DELAY) -> timedelta:
    doubled: timedelta = first * (1 << min(attempts - 1, 16))
    spread: float = 1 + _SPREAD * jitter
    return min(doubled, LONGEST_DELAY) * spread


def _settled(
    recipient: Recipient,
    transaction: Transaction,
    state: State,
    *,
    due: datetime | None = None,
    counted: bool = True,
) -> Settled:
    return Settled(
        recipient.subscriber, recipient.serial, state, transaction.stage, transaction.reply, due, counted
    )
