"""The week's ranked list: its lines as collected, its entries as published, movement, and which article a title means."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum

SAME = 0.93  # the ratio from which two titles may mean the same
LEAD = 0.05  # by how much the best match must beat the next article; otherwise there is no match

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
    """A collected list. `origin` is the page or file it was on, `published` the time of that page (it does not date the list),
    `collected` when it was stored.
    """

    source: str
    origin: str
    lines: tuple[HotLine, ...]
    published: datetime | None = None
    collected: datetime | None = None


class Trend(StrEnum):
    """The direction in which an entry moved."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Movement:
    """How an entry moved since the nearest earlier list. `places` is 0 for SAME and NEW."""

    trend: Trend
    places: int = 0


@dataclass(frozen=True, slots=True)
class HotEntry:
    """One place of an edition's list. A first edition has no `movement`; `url` may be empty while no article is known."""

    rank: int
    title: str
    url: str = ""
    article: str = ""  # its id, if known
    section: str = ""
    score: float | None = None
    movement: Movement | None = None


def normalise_title(text: str) -> str:
    """Return `text` in the form in which titles are compared: NFKC, casefolded, one kind of quote, dash and space. Idempotent."""
    # Quotes first: NFKC would turn an acute accent typed as an apostrophe into a space and a combining accent.
    folded = text.translate(_QUOTES)
    for _ in range(2):  # casefolding can undo NFKC, and vice versa (Unicode §3.13, NFKC_Casefold)
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
    return "" if category == "Cf" else character  # soft hyphens and zero-width spaces are invisible


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """The id of the article that a title means, and how similar the two titles are: 1 when they compare equal."""

    article: str
    ratio: float


def match_title(title: str, candidates: Mapping[str, str]) -> TitleMatch | None:
    """Return the article that `title` means, or None. `candidates` maps normalised titles to ids.

    It is an equal title, or the most similar one, if its ratio is at least 0.93, it has the same numbers in the same order ("Week 2024" is
    not "Week 2025"), and it leads the next article by 0.05.
    """
    wanted = normalise_title(title)
    if wanted in candidates:
        return TitleMatch(candidates[wanted], 1.0)
    numbers = _NUMBERS.findall(wanted)
    best: dict[str, float] = {}
    matcher = SequenceMatcher(None, "", wanted, autojunk=False)  # analyses its second text once for all
    for candidate, article in candidates.items():
        # Cheap bounds first: lengths, numbers, then the bag of characters. Anything within LEAD of SAME is a rival.
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
    """Return how `entry` moved against `previous`, the nearest earlier edition's list; None if there was none.

    Entries are the same if they have the same article or, where either has none, the same title.
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
