"""What follows from a transaction: the row's new state, and when to try again. Pure."""

from datetime import datetime, timedelta

from syndication.deliver.transaction import Transaction
from syndication.deliver.wire import CLOSING
from syndication.domain.delivery import Outcome, Recipient, Settled, Stage, State

__all__ = [
    "FIRST_DELAY",
    "GIVE_UP_AFTER",
    "LONGEST_DELAY",
    "MIN_ATTEMPTS",
    "POLICY_DELAY",
    "resend_at",
    "settle",
]

FIRST_DELAY = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=6)
POLICY_DELAY = timedelta(hours=1)  # the first after a policy block: as long as its lane pauses
MIN_ATTEMPTS = 5  # and
GIVE_UP_AFTER = timedelta(days=4)  # RFC 5321 §4.5.4.1: at least 4-5 days
_SPREAD = 0.25  # how much of a delay jitter may add


def settle(recipient: Recipient, transaction: Transaction, *, now: datetime, jitter: float) -> Settled:
    """Judge one transaction. `recipient.attempts` are the counted attempts before this one; `jitter` is in [0, 1).

    A 421 and a server that cannot be reached are the server's own trouble: no attempt is counted, and nobody is given up for them.
    A sender that is refused (at MAIL, before any subscriber was named) is ours, and may be mended: tried again. So is a policy block
    (5.7.x): it is about us, not about the subscriber.
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
    """When a mail whose dot went unanswered `unknowns` times, at last at `since`, may be sent again.

    None after too many: a server that takes every mail and answers none would fill the subscriber's mailbox. Then a person decides.
    """
    return since + _delay(unknowns, 0.0) if unknowns < MIN_ATTEMPTS else None


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
