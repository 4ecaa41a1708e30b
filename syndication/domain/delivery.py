"""The ledger's vocabulary: mailing, recipient, batch, state, outcome, and which state may follow which.

`dotting` is durable before the final dot of a message may be written (RFC 5321 §4.1.1.4). A row that is found there after a crash becomes
`unknown`, because the server may have taken the mail. `docs/explanation/states.md` shows the transitions as a diagram.

Values that are made for every mail are named tuples: a frozen dataclass takes five times as long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from syndication.domain.bounce import Refusal


class State(StrEnum):
    """The state of one row of the ledger."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DOTTING = "dotting"
    SENT = "sent"
    FAILED = "failed"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    NO_CONTENT = "no_content"

    def may_become(self, other: "State") -> bool:
        """Whether a row in this state may change to `other`."""
        return other in TRANSITIONS[self]


# From each state the states that may follow, and why.
TRANSITIONS: Mapping[State, Mapping[State, str]] = {
    State.QUEUED: {State.CLAIMED: "a batch takes it", State.FAILED: "the subscriber has left"},
    State.CLAIMED: {
        State.DOTTING: "marked, durably",
        State.QUEUED: "given back unsent",
        State.FAILED: "no mail can have this address",
        State.NO_CONTENT: "nothing in the subscriber's topics",
    },
    State.DOTTING: {
        State.SENT: "accepted",
        State.FAILED: "refused, or deferred for too long",
        State.DEFERRED: "to be tried again",
        State.UNKNOWN: "no answer after the dot",
    },
    State.DEFERRED: {State.CLAIMED: "due again", State.FAILED: "the subscriber has left"},
    State.UNKNOWN: {State.QUEUED: "by policy or by hand"},
    State.FAILED: {State.QUEUED: "by hand"},
    State.SENT: {},
    State.NO_CONTENT: {},
}


class MailingKind(StrEnum):
    """What the mails of a mailing are."""

    DIGEST = "digest"
    CONFIRMATION = "confirmation"


class Stage(StrEnum):
    """How far a transaction got."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # before the final dot
    DOT = "dot"  # after it
    CONSENT = "consent"  # the subscriber left before it was sent
    ADDRESS = "address"  # the server cannot take this address (SMTPUTF8)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete SMTP reply: code, text without the code, and the server that gave it."""

    code: int
    text: str
    server: str = ""


class Outcome(StrEnum):
    """How one transaction ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # 5yz
    TRY_LATER = "try_later"  # 4yz
    NOT_SENT = "not_sent"  # connection lost or closed before the final dot; says nothing about the recipient
    UNKNOWN = "unknown"  # connection lost after the final dot


class Recipient(NamedTuple):
    """One (mailing, subscriber, serial) row as planned at the freeze, with everything its merge needs, whatever changes later."""

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
    """Up to 500 rows of one mailing and lane, leased to `owner`; every change to them must name `token`.

    The claim also granted one `server` and a number of `connections` to it.
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
    refusal: Refusal | None = None  # if the reply is about the subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The rows of a mailing by state. `recipients` is the sum of queued, sent, deferred, failed, unknown and no_content."""

    recipients: int = 0
    queued: int = 0  # claimed and dotting rows included
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0  # now
    no_content: int = 0
    failed_for_us: int = 0  # of the failed: neither a dead address (5.1.x) nor a subscriber who left
    doubtful: int = 0  # rows that were ever unknown, whatever their state is now


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """One delivery as an operator reads it. `at` is when it got its state; `stage` is None before the first transaction.

    `due` is when it may be tried next, None for a row that does not wait; `first_deferred` is when a server first deferred it.
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
