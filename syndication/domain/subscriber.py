"""Subscribers and their consent."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Consent", "Subscriber"]


class Consent(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """An address with its consent. `key` is random and stands for the subscriber in every token (16 lowercase base32 characters)."""

    id: int
    email: str
    key: str
    consent: Consent
    created: datetime
    name: str = ""
    language: str = ""  # BCP 47; empty: the publication's
    topics: tuple[str, ...] = ()  # section slugs; empty: all
    confirmed: datetime | None = None
    proof: str = ""  # how the consent came about
