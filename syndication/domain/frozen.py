"""What is fixed once an edition is frozen: resumed runs and resent mails use it, whatever has changed since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from syndication.domain.delivery import MailingKind
from syndication.domain.hotlist import HotEntry
from syndication.domain.variant import Variant
from syndication.domain.week import WeekKey

__all__ = ["EditionSummary", "FrozenEdition", "Mailing"]


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
class Mailing:
    """What a mailing's messages have in common. `headers` are the sender's frozen facts (from, reply_to, list_id, …)."""

    id: str
    kind: MailingKind
    edition: WeekKey | None
    date: datetime
    headers: Mapping[str, str]
    variants: tuple[Variant, ...]
