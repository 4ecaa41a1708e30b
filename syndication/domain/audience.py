"""Who read what in a week, as a web server's log tells it: numbers alone, nobody's address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = ["Audience", "LeftOut"]


class LeftOut(StrEnum):
    """Why a line of a log counts for no article: the first that holds, in this order."""

    BROKEN = "broken"  # no line of a log
    ASSET = "asset"  # a style, a script, an image, a feed
    NO_ARTICLE = "no article"  # the address is none of a known article's
    HOST = "another host"  # the path is an article's, the host is not
    METHOD = "no GET"
    STATUS = "status"  # neither 200 nor 304
    WINDOW = "another week"
    ROBOT = "robot"
    PREFETCH = "prefetch"  # fetched by a browser that nobody looks at yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """`visitors` (visitors told apart by address and user agent) and `views` by the id of the article.

    `lines` is how many there were, `left_out` how many of them for which reason. `first` and `last`: the minutes (UTC) of the first
    and last line that asked for an article, whichever week. `passed_over`: files that were last written before the week.
    `estimated`: of the articles with the most visitors the number is within about one per cent. `nameless`: views of lines without
    a user agent, among which no robot can be told.
    """

    visitors: Mapping[str, int]
    views: Mapping[str, int]
    lines: int = 0
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    passed_over: int = 0
    first: datetime | None = None
    last: datetime | None = None
    estimated: bool = False
    nameless: int = 0
