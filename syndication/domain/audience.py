"""How often each article was read in a week, counted from a web server's log. Numbers only, no addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class LeftOut(StrEnum):
    """Why a line of a log counts for no article: the first reason that applies, in this order."""

    BROKEN = "broken"  # not a line of a log
    ASSET = "asset"  # a style, a script, an image, a feed
    NO_ARTICLE = "no article"  # the address is not a known article's
    HOST = "another host"  # the path is an article's, the host is not
    METHOD = "no GET"
    STATUS = "status"  # neither 200 nor 304
    WINDOW = "another week"
    ROBOT = "robot"
    PREFETCH = "prefetch"  # fetched by a browser in advance, not seen by a person yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """`visitors` and `views` by the id of the article. Visitors are distinguished by address and user agent.

    `lines` is the number of lines, `left_out` how many of them were left out for which reason. `first` and `last` are the minutes (UTC)
    of the first and last request for an article, in any week. `passed_over` counts files that were last written before the week.
    `estimated`: for the articles with the most visitors the number is accurate to about one per cent. `nameless` counts views without a
    user agent, among which robots cannot be recognised. `alike`: (nearly) all views have one address, `addressless`: they have none; then the
    numbers mean nothing.
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
    alike: bool = False
    addressless: bool = False
