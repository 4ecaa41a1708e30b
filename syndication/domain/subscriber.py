"""Subscribers: people on the list, and their consent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_LOWERCASE = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def same_address(email: str) -> str:
    """Return the form in which addresses are compared: equal ones are one subscriber.

    Only A-Z are folded before the @. `ß` and `ss`, the ligature of `fi` and `fi`, `Ä` and `ä` may be two people to a server (RFC 6531 §3.2
    forbids any change of the part before the @). A domain is the A-labels that `deliver.address` has made of it.
    """
    email = email.strip()
    if email.isascii():
        return email.lower()
    local, at, domain = email.rpartition("@")
    return f"{local.translate(_LOWERCASE)}{at}{domain.lower()}" if at else email.translate(_LOWERCASE)


def mailbox(email: str) -> str:
    """Return the mailbox where mail to an address most likely arrives, in lowercase: `ann+1@` and `ann+2@` are Ann. Suppression uses it."""
    local, _, domain = same_address(email).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def one_spelling(home: str) -> str:
    """Return a mailbox as Gmail compares it: without dots, and googlemail.com is gmail.com.

    For the limits of the sign-up form alone: what a provider does today is no reason to take two people for one.
    """
    local, _, domain = home.rpartition("@")
    return f"{local.replace('.', '')}@gmail.com" if domain in {"gmail.com", "googlemail.com"} else home


class Consent(StrEnum):
    """Only confirmed subscribers get a digest. An import never revives the last three."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """An address with its consent. `key` is random and identifies the subscriber in every token (16 lowercase base32 characters)."""

    id: int
    email: str
    key: str
    consent: Consent
    created: datetime
    name: str = ""
    language: str = ""  # BCP 47; empty: the publication's
    topics: tuple[str, ...] = ()  # section slugs; empty: all
    confirmed: datetime | None = None
    proof: str = ""  # how the consent was given
    paused: datetime | None = None  # gets no digest that is frozen before then


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a subscriber chose on the web. No topics means all of them; no language means the publication's."""

    topics: tuple[str, ...]
    language: str
    paused: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscriber:
    """A row to add. Without `confirmed` it waits for confirmation. Empty name, language or topics do not change a known subscriber."""

    email: str
    name: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()
    confirmed: datetime | None = None
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscribers:
    """Many confirmed rows to add at once, column by column: a million objects would cost more than adding them."""

    emails: Sequence[str]
    names: Sequence[str]
    languages: Sequence[str]
    topics: Sequence[tuple[str, ...]]
    confirmed: Sequence[datetime]
    proof: str

    @classmethod
    def of(cls, new: NewSubscriber) -> "NewSubscribers":
        """Make a list of one confirmed row."""
        assert new.confirmed is not None
        return cls(
            emails=(new.email,),
            names=(new.name,),
            languages=(new.language,),
            topics=(new.topics,),
            confirmed=(new.confirmed,),
            proof=new.proof,
        )

    def row(self, index: int) -> NewSubscriber:
        """Return one of the rows."""
        return NewSubscriber(
            email=self.emails[index],
            name=self.names[index],
            language=self.languages[index],
            topics=self.topics[index],
            confirmed=self.confirmed[index],
            proof=self.proof,
        )


class Added(StrEnum):
    """The result of adding a row. All but the first two are refusals: a subscriber who left is not revived."""

    ADDED = "added"
    PRESENT = "present"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"

    @property
    def refused(self) -> bool:
        """Whether the row was refused because the subscriber had left."""
        return self not in {Added.ADDED, Added.PRESENT}
