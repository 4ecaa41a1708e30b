"""What is fixed once an edition is frozen: resumed runs and resent mails use it, whatever has changed since."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

from syndication.domain.delivery import MailingKind
from syndication.domain.hotlist import HotEntry
from syndication.domain.variant import Variant
from syndication.domain.week import WeekKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenEdition:
    """An edition as frozen. `date` is the Date of its mails, `planned` the number of rows in its mailing, `articles` the ids of its
    articles, lead first, `page` its archive page (HTML). Times are UTC. Without `approved_at` it waits for its editor; with `held_at`
    no mail may go out until it is resumed.
    """

    key: WeekKey
    number: int
    day: date
    frozen_at: datetime
    date: datetime
    subject: str
    mailing: str
    approved_at: datetime | None
    held_at: datetime | None
    published_at: datetime | None
    page: str
    hot: tuple[HotEntry, ...]
    articles: tuple[str, ...]
    planned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionSummary:
    """One line of the archive's index. `gone`: all of its articles were withdrawn."""

    key: WeekKey
    number: int
    day: date
    subject: str
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What the headers and links of every message of a mailing are made from: as configured now, or as frozen with a mailing.

    `sender` and `reply_to` are `Name <address>`, `list_id` is a bare id (RFC 2919); an empty `reply_to` or `unsubscribe_mailto` leaves
    its header out. `feedback` names the sender in Feedback-ID; empty in mailings of the first versions, which have `list_id` there. `bounces` is the address that return paths are made from; empty: mail comes back to the sender.
    """

    sender: str
    reply_to: str = ""
    list_id: str
    feedback: str = ""
    unsubscribe_mailto: str = ""
    bounces: str = ""
    web_url: str  # where the links of a message lead; ends in a slash
    timezone: str  # the publication's, a name of the IANA database
    domain: str  # the right side of the Message-IDs
    dkim: str = ""  # the names of the keys that sign, separated by spaces

    def document(self) -> dict[str, str]:
        """Return the JSON that the store keeps in `mailings.headers`."""
        return asdict(self)

    @classmethod
    def parse(cls, document: Mapping[str, str]) -> "HeaderFacts":
        """Read what `document` wrote. Stores of the first versions lack `feedback`, `bounces` and `dkim`."""
        return cls(**{each.name: document[each.name] for each in fields(cls) if each.name in document})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What a mailing's messages have in common."""

    id: str
    kind: MailingKind
    edition: WeekKey | None
    date: datetime
    headers: HeaderFacts
    variants: tuple[Variant, ...]
