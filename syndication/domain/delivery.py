"""The ledger's words: mailing, recipient, batch, state, outcome, and which state may follow which.

    queued → claimed → dotting → sent | failed | deferred (→ claimed) | unknown (→ queued, by policy)
    claimed → queued (given back) | no_content (nothing in it for the subscriber's topics) | failed (no mail can have this address)
    queued, deferred → failed (the subscriber has left); failed → queued (when the operator asks)

`dotting` is durable before the final dot of a message may be written (RFC 5321 §4.1.1.4); what is found there after a crash is
`unknown`, because the server may have taken it.

What is made anew for every mail is a named tuple: a frozen dataclass takes five times as long to make.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from syndication.domain.bounce import Refusal

__all__ = [
    "Batch",
    "Counts",
    "DeliveryLine",
    "MailingKind",
    "Outcome",
    "Recipient",
    "Reply",
    "Settled",
    "Stage",
    "State",
]


class State(StrEnum):
    """Of one row of the ledger."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DOTTING = "dotting"
    SENT = "sent"
    FAILED = "failed"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    NO_CONTENT = "no_content"

    def may_become(self, other: "State") -> bool:
        """Whether a row in this state may go over into `other`."""
        return other in _LEGAL[self]


_LEGAL: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.CLAIMED, State.FAILED}),
    State.CLAIMED: frozenset({State.DOTTING, State.QUEUED, State.FAILED, State.NO_CONTENT}),
    State.DOTTING: frozenset({State.SENT, State.FAILED, State.DEFERRED, State.UNKNOWN}),
    State.DEFERRED: frozenset({State.CLAIMED, State.FAILED}),
    State.UNKNOWN: frozenset({State.QUEUED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.SENT: frozenset(),
    State.NO_CONTENT: frozenset(),
}


class MailingKind(StrEnum):
    """What a mailing is made of."""

    DIGEST = "digest"
    CONFIRMATION = "confirmation"


class Stage(StrEnum):
    """How far a transaction came."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # before the final dot
    DOT = "dot"  # after it
    CONSENT = "consent"  # the subscriber had left before it was sent
    ADDRESS = "address"  # the server cannot take this address (SMTPUTF8)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete SMTP reply: code, text without the code, and who said it."""

    code: int
    text: str
    server: str = ""


class Outcome(StrEnum):
    """What became of one transaction."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # 5yz
    TRY_LATER = "try_later"  # 4yz
    NOT_SENT = "not_sent"  # lost or closed before the final dot: no fault of the recipient's
    UNKNOWN = "unknown"  # lost after the final dot


class Recipient(NamedTuple):
    """One (mailing, subscriber, serial) row as planned at the freeze: all that its merge needs, whatever changes later."""

    subscriber: int
    serial: int
    email: str
    name: str
    language: str  # of the variant it gets
    topics: tuple[str, ...]
    key: str  # the subscriber's random key
    token_key: str  # the id of the secret that signs its links
    since: datetime | None  # confirmed, for the footer
    attempts: int = 0
    deferrals_since: datetime | None = None  # when it was first deferred


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to 500 rows of one mailing and lane, leased to `owner`; `token` fences every change to them.

    They may go to one `server`, over so many `connections`: that was granted with them.
    """

    id: int
    mailing: str
    lane: str
    server: str
    connections: int
    owner: str
    token: str
    rows: tuple[Recipient, ...]


class Settled(NamedTuple):
    """What to write about one row after its transaction: its new state, and why."""

    subscriber: int
    serial: int
    state: State
    stage: Stage
    reply: Reply
    due: datetime | None = None  # when a deferred row may be tried again
    counted: bool = True  # whether it counts as an attempt (a 421 does not)
    refusal: Refusal | None = None  # what the reply says about the subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How a mailing stands. `recipients` is the sum of queued, sent, deferred, failed, unknown and no_content."""

    recipients: int
    queued: int  # claimed and dotting rows included
    sent: int
    deferred: int
    failed: int
    unknown: int  # now
    no_content: int
    failed_for_us: int  # of the failed: neither a dead address (5.1.x) nor a subscriber who had left
    doubtful: int  # rows that were ever unknown, whatever became of them


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """One delivery as an operator reads it. `at` is when it came into its state; `stage` is None before the first transaction.

    `due` is when it may be tried next, None for a row that does not wait; `first_deferred` when a server first asked to wait.
    """

    email: str
    state: State
    attempts: int
    unknowns: int
    stage: Stage | None
    code: int
    text: str
    server: str
    at: datetime
    due: datetime | None = None
    first_deferred: datetime | None = None
