"""What a bounce means for its subscriber, and how soft bounces add up. Pure decisions.

hard         no such address (`_DEAD`, or words)  the subscriber is bounced: no more mail
soft         full, disabled, out of reach         counts; bounced when the score reaches the threshold
blocked      policy (x.7.x): about our mail       never changes a subscriber
complaint    "this is spam" (RFC 5965)            the subscriber has complained: no more mail, and the form does not take them back
unsubscribe  a mail with the subscriber's token   the subscriber has left
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syndication.domain.subscriber import Consent

SECOND = timedelta(seconds=1)  # the resolution of a mail's date in a return path
# The statuses (RFC 3463, RFC 7505) that alone prove a dead address; `bounce_words` adds those that do with certain words.
_DEAD = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}
_ABOUT_US = {"5.1.7", "5.1.8", "5.2.3", "5.3.4"}  # RFC 3463: the sender's address; a message too big


class BounceKind(StrEnum):
    """What an incoming message is. The first five are kept as events of the subscriber."""

    HARD = "hard"
    SOFT = "soft"
    BLOCKED = "blocked"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    DELAYED = "delayed"  # a warning: the server is still trying
    DELIVERED = "delivered"
    AUTOMATIC = "automatic"  # out of office, challenges, receipts, other lists' answers
    UNDECIDED = "undecided"

    @property
    def kept(self) -> bool:
        """Whether it is kept as an event of the subscriber."""
        return self in _KEPT


_KEPT = frozenset(
    {BounceKind.HARD, BounceKind.SOFT, BounceKind.BLOCKED, BounceKind.COMPLAINT, BounceKind.UNSUBSCRIBE}
)


def kind_of(status: str) -> BounceKind:
    """Return the kind of an enhanced status code (RFC 3463) like `5.1.1`. A 4.x is never a dead address."""
    first, subject, detail = status.split(".")
    if first == "2":
        return BounceKind.DELIVERED
    if subject in {"6", "7"} or f"5.{subject}.{detail}" in _ABOUT_US:
        return BounceKind.BLOCKED
    return BounceKind.HARD if status in _DEAD else BounceKind.SOFT


@dataclass(frozen=True, slots=True)
class BounceFinding:
    """What a message reports: the status (RFC 3463; may be empty) and the server's `words`, on one line."""

    kind: BounceKind
    status: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A finding about the subscriber with the random key `key` and the mail dated `sent`. `source` is `smtp`, `mail` or `hook`."""

    key: str
    sent: datetime
    finding: BounceFinding
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """When soft bounces suppress a subscriber: each counts 1, and half as much after every `half_life`."""

    threshold: float
    half_life: timedelta


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a mail server reported about a subscriber while we were sending, and the rule that decides what follows from it."""

    finding: BounceFinding
    rule: Rule


@dataclass(frozen=True, slots=True)
class ConsentState:
    """A subscriber before a decision: consent, when it was given, and the dates of the mails since then whose soft bounces counted."""

    consent: Consent
    confirmed: datetime | None
    soft: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The subscriber's new `consent` (None: unchanged), the reason as a clause, and the score after a soft bounce."""

    consent: Consent | None
    why: str
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A decision as the store keeps it: `at` is when we learned of the bounce, `sent` the date of the mail."""

    at: datetime
    sent: datetime
    kind: BounceKind
    status: str
    words: str
    source: str
    score: float
    why: str


def score(times: Iterable[datetime], now: datetime, half_life: timedelta) -> float:
    """Return the weight, now, of the soft bounces of mails dated `times`."""
    return sum(math.exp2(-(max(now - time, timedelta()) / half_life)) for time in times)


def decide(happened: Happened, subscriber: ConsentState, rule: Rule, now: datetime) -> Decision:
    """Decide what follows for the subscriber. A bounce of a mail from before the subscriber's last confirmation changes nothing."""
    kind = happened.finding.kind
    if kind is BounceKind.UNSUBSCRIBE:
        leaves = subscriber.consent in {Consent.PENDING, Consent.CONFIRMED}
        return (
            Decision(Consent.UNSUBSCRIBED, "left by mail")
            if leaves
            else Decision(None, "no change: the subscriber had left")
        )
    if kind is BounceKind.BLOCKED:
        return Decision(None, "no change: it is about our mail, not about the subscriber")
    if subscriber.confirmed is not None and happened.sent + SECOND <= subscriber.confirmed:
        return Decision(
            None, f"no change: the subscriber said yes after this mail, on {subscriber.confirmed:%Y-%m-%d}"
        )
    if kind is BounceKind.COMPLAINT and subscriber.consent is not Consent.COMPLAINED:
        return Decision(Consent.COMPLAINED, "complained")
    if subscriber.consent is not Consent.CONFIRMED:
        return Decision(None, f"no change: the subscriber is {subscriber.consent}")
    return _weighed(happened, subscriber, rule, now)


def _weighed(happened: Happened, subscriber: ConsentState, rule: Rule, now: datetime) -> Decision:
    if happened.finding.kind is BounceKind.HARD:
        return Decision(Consent.BOUNCED, "bounced: there is no such address")
    weight = score((*subscriber.soft, happened.sent), now, rule.half_life)
    counted = f"{weight:.2f} of {rule.threshold:g}"
    if weight >= rule.threshold:
        return Decision(Consent.BOUNCED, f"bounced: soft bounces came to {counted}", weight)
    return Decision(None, f"counted: {counted}", weight)
