"""How a week's ranking was made: the output of `syndicate hot`, also kept with a frozen edition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from syndication.domain.audience import Audience
from syndication.domain.hotlist import HotEntry, HotLine
from syndication.domain.week import WeekKey


class HotKind(StrEnum):
    """Where the ranked list comes from."""

    SOURCE = "source"  # the sources' own pages
    PAGE = "page"
    LOG = "access-log"
    FILE = "file"


class MatchKind(StrEnum):
    """How a line of the list was matched to an article."""

    ADDRESS = "address"
    TITLE = "title"  # the titles compare equal
    NEAR = "near title"  # see `match_title`
    NONE = "nobody"  # no known article


@dataclass(frozen=True, slots=True)
class HotPlace:
    """One place of the ranking, the line it was made from, and how that was matched; `ratio` is 1 except for a near title."""

    entry: HotEntry
    line: HotLine
    meant: MatchKind
    ratio: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HotAccount:
    """The whole ranking of one week: after `begins`, up to and including `ends`.

    `origin` is the page, file or pattern of the list, empty if there was none. `published` is the time of its page, `read` when we read
    the list, `lines` their number. `against` is the edition that movements compare with.
    """

    kind: HotKind
    begins: datetime
    ends: datetime
    origin: str = ""
    published: datetime | None = None
    read: datetime | None = None
    lines: int = 0
    against: WeekKey | None = None
    places: tuple[HotPlace, ...] = ()
    audience: Audience | None = None  # of a log

    def document(self) -> dict[str, Any]:
        """Return the account as a JSON document; times are in ISO 8601 (UTC)."""
        return {
            "kind": str(self.kind),
            "begins": self.begins.isoformat(),
            "ends": self.ends.isoformat(),
            "origin": self.origin,
            "published": _iso(self.published),
            "read": _iso(self.read),
            "lines": self.lines,
            "against": str(self.against) if self.against else None,
            "log": _log(self.audience) if self.audience else None,
            "entries": [self._entry(place) for place in self.places],
        }

    def _entry(self, place: HotPlace) -> dict[str, Any]:
        return _place(place.entry) | {
            "views": self.audience.views.get(place.entry.article) if self.audience else None,
            "line": {"rank": place.line.rank, "title": place.line.title, "url": place.line.url},
            "meant": str(place.meant),
            "ratio": round(place.ratio, 4),
        }


def entries_only(entries: Sequence[HotEntry]) -> dict[str, Any]:
    """Return the document of a ranking that an older version made, which kept the entries only."""
    known = ("kind", "begins", "ends", "origin", "published", "read", "lines", "against", "log")
    unknown = dict.fromkeys(("views", "line", "meant", "ratio"))
    return {**dict.fromkeys(known), "entries": [_place(entry) | unknown for entry in entries]}


def _place(entry: HotEntry) -> dict[str, Any]:
    moved = entry.movement
    return {
        "rank": entry.rank,
        "title": entry.title,
        "url": entry.url,
        "article": entry.article,
        "section": entry.section,
        "score": entry.score,
        "movement": {"trend": str(moved.trend), "places": moved.places} if moved else None,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _log(found: Audience) -> dict[str, Any]:
    return {
        "files": list(found.files),
        "passed_over": found.passed_over,
        "lines": found.lines,
        "left_out": {str(reason): number for reason, number in found.left_out.items()},
        "articles": len(found.visitors),
        "views": sum(found.views.values()),
        "nameless": found.nameless,
        "estimated": found.estimated,
        "first": _iso(found.first),
        "last": _iso(found.last),
    }
