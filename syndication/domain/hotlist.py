"""The week's ranked list: its lines as collected, its entries as published, movement, and which article a title means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["HotEntry", "HotLine", "HotList", "Movement", "Trend"]


@dataclass(frozen=True, slots=True)
class HotLine:
    """One line of a list as collected."""

    rank: int
    title: str
    url: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class HotList:
    """A collected list. `origin` is the page or file it stood on, `published` that page's own time (it does not date the list)."""

    source: str
    origin: str
    lines: tuple[HotLine, ...]
    published: datetime | None = None


class Trend(StrEnum):
    UP = "up"
    DOWN = "down"
    SAME = "same"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Movement:
    trend: Trend
    places: int = 0


@dataclass(frozen=True, slots=True)
class HotEntry:
    """One place of an edition's list. No `movement` in a first edition; `url` is empty as long as no article is known."""

    rank: int
    title: str
    url: str = ""
    article: str = ""  # its id, if known
    section: str = ""
    score: float | None = None
    movement: Movement | None = None
