"""One row of a list: its cells are checked before the subscriber is added."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from syndication.deliver.address import parse_address
from syndication.domain.slug import slugify
from syndication.domain.subscriber import Added, Consent, NewSubscriber, mailbox
from syndication.domain.tokens import Keyring
from syndication.flows.app import App

REFUSED = {
    Added.UNSUBSCRIBED: "this address has unsubscribed; only its owner can subscribe again",
    Added.BOUNCED: "mail to this mailbox has bounced; only its owner can subscribe again",
    Added.COMPLAINED: "the owner of this mailbox has complained; it cannot be added again",
    Added.ERASED: "its owner had it erased; only its owner can subscribe again",
}
LONGEST_NAME = 200  # characters
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # programs write 0001-01-01 for an unknown time
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # BCP 47


@dataclass(frozen=True, slots=True)
class RowParser:
    """Parse the cells of a row: each method parses one, or raises ValueError with the reason why the row is refused."""

    topics: frozenset[str]  # the known slugs
    proof: str
    now: datetime

    def row(self, cells: Mapping[str, str]) -> NewSubscriber:
        """Parse a whole row; a column may be missing."""
        if not cells.get("email", "").strip():
            raise ValueError("there is no address")
        self.consent(cells.get("consent", ""))
        return NewSubscriber(
            email=parse_address(cells["email"]).email,
            name=self.name(cells.get("name", "")),
            language=self.language(cells.get("language", "")),
            topics=self.chosen(cells.get("topics", "")),
            confirmed=self.time(cells.get("confirmed_at", "")),
            proof=self.proof,
        )

    def consent(self, text: str) -> str:
        """Parse a state of consent: an exported list also has subscribers who left."""
        consent = text.strip().casefold() or Consent.CONFIRMED
        if consent != Consent.CONFIRMED:
            raise ValueError(f"its consent is {consent}; only confirmed subscribers are imported")
        return consent

    def name(self, text: str) -> str:
        """Parse a name, and return it with single spaces."""
        name = " ".join(text.split())
        if len(name) > LONGEST_NAME:
            raise ValueError(f"the name is longer than {LONGEST_NAME} characters")
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
            raise ValueError("the name holds a control character")
        return name

    def language(self, text: str) -> str:
        """Parse a language tag; empty means the publication's language."""
        language = text.strip()
        if language and not _LANGUAGE.fullmatch(language):
            raise ValueError("the language is not a tag like en, ko or pt-BR")
        return language

    def chosen(self, text: str) -> tuple[str, ...]:
        """Parse topics; none means all."""
        chosen = tuple(text.replace(",", " ").replace(";", " ").split())
        if unknown := [topic for topic in chosen if topic not in self.topics]:
            known = ", ".join(sorted(self.topics)) or "none: collect first"
            raise ValueError(f"the topic {unknown[0]!r} is not a section (known: {known})")
        return chosen

    def time(self, text: str) -> datetime:
        """Parse the time of the subscriber's consent; now if it is not known."""
        if not text.strip():
            return self.now
        try:
            time = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError("confirmed_at is not a time like 2026-03-01 or 2026-03-01T09:30:00Z") from None
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        if time > self.now:
            raise ValueError("confirmed_at is in the future")
        if time < _EARLIEST:
            raise ValueError("confirmed_at is before 1970; leave it empty if it is not known")
        return time


def mailbox_hashes(keyring: Keyring, email: str) -> tuple[str, ...]:
    """Return the keyed hashes that recognise an address's mailbox without keeping it; the signing key's first.

    For an address with a plus, its own hashes follow: it was erased under them before complaints counted for whole mailboxes.
    """
    home = keyring.keyed_hashes(mailbox(email))
    return (*home, *keyring.keyed_hashes(email)) if "+" in email else home


async def known_topics(app: App) -> frozenset[str]:
    """Return the slugs of the sections of sources and articles."""
    sections = {source.section for source in app.sources if source.section} | set(
        await app.store.articles.sections()
    )
    return frozenset(slugify(section) for section in sections)
