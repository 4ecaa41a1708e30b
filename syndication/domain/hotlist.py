"""The week's ranked list: its lines as collected, its entries as published, movement, and which article a title means."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum

__all__ = [
    "HotEntry",
    "HotLine",
    "HotList",
    "Movement",
    "TitleMatch",
    "Trend",
    "match_title",
    "movement",
    "normalise_title",
]

SAME = 0.93  # a ratio from which two titles may be one
LEAD = 0.05  # by how much the best must beat the next article, or nobody is meant

_MARKS = '"`´′‵″‴‘’‚‛“”„‟‹›«»「」『』〈〉《》〝〞〟'  # noqa: RUF001 - these very characters are meant
_QUOTES = dict.fromkeys(map(ord, _MARKS), "'")
_NUMBERS = re.compile(r"\d+|\b[ivx]+\b")


@dataclass(frozen=True, slots=True)
class HotLine:
    """One line of a list as collected."""

    rank: int
    title: str
    url: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class HotList:
    """A collected list. `origin` is the page or file it stood on, `published` that page's own time (it does not date the list).
    `collected`: when it was stored.
    """

    source: str
    origin: str
    lines: tuple[HotLine, ...]
    published: datetime | None = None
    collected: datetime | None = None


class Trend(StrEnum):
    """Which way an entry moved."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Movement:
    """How an entry stands against the nearest earlier list. `places` is 0 for SAME and NEW."""

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


def normalise_title(text: str) -> str:
    """`text` as it is compared: NFKC, casefolded, with one kind of quote, dash and space. Normalising twice changes nothing."""
    # Quotes first: NFKC would make a space and a combining accent of an acute that stands for an apostrophe.
    folded = text.translate(_QUOTES)
    for _ in range(2):  # casefolding can undo NFKC, and the other way round (Unicode §3.13, NFKC_Casefold)
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    folded = "".join(_unified(character) for character in folded.translate(_QUOTES))
    folded = re.sub(r"([-'])\1+", r"\1", folded)  # -- typed for a dash, '' for a double quote
    return unicodedata.normalize("NFKC", " ".join(folded.split()))


def _unified(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    return "" if category == "Cf" else character  # soft hyphens and zero-width spaces are not seen


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """The id of the article that a title means, and how alike the two titles are: 1 when they compare equal."""

    article: str
    ratio: float


def match_title(title: str, candidates: Mapping[str, str]) -> TitleMatch | None:
    """The article that `title` means, or None. `candidates`: normalised title to id.

    An equal title, or one at a ratio of at least 0.93 with the same numbers in the same order ("Week 2024" is not "Week 2025")
    that leads the next article by 0.05.
    """
    wanted = normalise_title(title)
    if wanted in candidates:
        return TitleMatch(candidates[wanted], 1.0)
    numbers = _NUMBERS.findall(wanted)
    best: dict[str, float] = {}
    matcher = SequenceMatcher(
        None, "", wanted, autojunk=False
    )  # it learns its second text once for all of them
    for candidate, article in candidates.items():
        # Cheap bounds first: lengths, numbers, then the bag of characters. A rival counts from LEAD below SAME.
        if 2 * min(len(candidate), len(wanted)) < (SAME - LEAD) * (len(candidate) + len(wanted)):
            continue
        if _NUMBERS.findall(candidate) != numbers:
            continue
        matcher.set_seq1(candidate)
        if matcher.quick_ratio() > SAME - LEAD:
            best[article] = max(matcher.ratio(), best.get(article, 0.0))
    ranked = sorted(best.items(), key=lambda pair: pair[1], reverse=True)
    if not ranked or ranked[0][1] < SAME:
        return None
    return TitleMatch(*ranked[0]) if len(ranked) == 1 or ranked[0][1] - ranked[1][1] >= LEAD else None


def movement(entry: HotEntry, previous: Sequence[HotEntry] | None) -> Movement | None:
    """How `entry` moved against `previous`, the nearest earlier edition's list; None when there was none.

    The same article is the same entry; where one of the two knows no article, the same title is.
    """
    if previous is None:
        return None
    title = normalise_title(entry.title)
    same = [old for old in previous if entry.article and old.article == entry.article]
    titled = [old for old in previous if not (old.article and entry.article)]
    before = next(iter(same or [old for old in titled if normalise_title(old.title) == title]), None)
    if before is None:
        return Movement(Trend.NEW)
    if before.rank == entry.rank:
        return Movement(Trend.SAME)
    return Movement(Trend.UP if entry.rank < before.rank else Trend.DOWN, abs(before.rank - entry.rank))
