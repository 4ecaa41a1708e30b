"""What follows from a transaction: the row's new state, and when to try again. Pure."""

import re
from datetime import datetime, timedelta

from syndication.deliver.transaction import Transaction
from syndication.deliver.wire import CLOSING, REFUSED
from syndication.domain.delivery import Outcome, Recipient, Reply, Settled, Stage, State

__all__ = ["FIRST_DELAY", "GIVE_UP_AFTER", "LONGEST_DELAY", "MIN_ATTEMPTS", "permanent_for_address", "settle"]

FIRST_DELAY = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=6)
MIN_ATTEMPTS = 5  # and
GIVE_UP_AFTER = timedelta(days=4)  # RFC 5321 §4.5.4.1: at least 4-5 days
_SPREAD = 0.25  # how much of a delay jitter may add
_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")


def settle(recipient: Recipient, transaction: Transaction, *, now: datetime, jitter: float) -> Settled:
    """Judge one transaction. `recipient.attempts` are the counted attempts before this one; `jitter` is in [0, 1).

    A 421 and a server that cannot be reached are the server's own trouble: no attempt is counted, and nobody is given up for them.
    """
    if transaction.outcome is Outcome.ACCEPTED:
        return _settled(recipient, transaction, State.SENT)
    if transaction.outcome is Outcome.REFUSED:
        return _settled(recipient, transaction, State.FAILED)
    if transaction.outcome is Outcome.UNKNOWN:
        return _settled(recipient, transaction, State.UNKNOWN)
    counted = transaction.stage is not Stage.CONNECT and transaction.reply.code != CLOSING
    attempts = recipient.attempts + counted
    since = recipient.deferrals_since or now
    if counted and attempts >= MIN_ATTEMPTS and now - since >= GIVE_UP_AFTER:
        return _settled(recipient, transaction, State.FAILED)
    due = now + _delay(max(attempts, 1), jitter)
    return _settled(recipient, transaction, State.DEFERRED, due=due, counted=counted)


def permanent_for_address(reply: Reply) -> bool:
    """Whether a refusal at RCPT says that the address itself is dead (RFC 3463 §3.2: 5.1.x), not that we are blocked (5.7.x).

    5.1.7 and 5.1.8 speak of the sender's address.
    """
    match = _ENHANCED.match(reply.text) if reply.code // 100 == REFUSED else None
    return match is not None and match.group(1, 2) == ("5", "1") and match[3] not in {"7", "8"}


def _delay(attempts: int, jitter: float) -> timedelta:
    doubled: timedelta = FIRST_DELAY * (1 << min(attempts - 1, 16))
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
