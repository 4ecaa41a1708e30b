"""The hot list at the foot of a saved page: a heading, then lines in which rank and title are glued together."""

import re
from collections.abc import Sequence

from syndication.collect.hot_headings import is_heading
from syndication.collect.words import fold, without_addresses
from syndication.domain.hotlist import HotLine

__all__ = ["heading_at", "ranked_lines"]

_BULLET = re.compile(r"^[-*•·▪‣–—]\s*")  # noqa: RUF001 - the bullets and dashes that copied pages have
_AFTER_RANK = re.compile(
    r"^(?:위\s|[.):]\s)?\s*"
)  # "1. Title", "1) Title", "1위 Title"; "2.5 million" stays whole


def heading_at(lines: Sequence[str]) -> int | None:
    """The index of the list's heading: one of the known words alone on a line, with a ranked list below it."""
    for index, line in enumerate(lines):
        if is_heading(line) and ranked_lines(lines[index + 1 :]):
            return index
    return None


def ranked_lines(lines: Sequence[str]) -> tuple[HotLine, ...]:
    """The list that begins with the first of `lines`; it ends where a line is not in its place.

    A glued rank is read by position: in place 2, `- 228 Years Later` is rank 2 and `28 Years Later`. A rank may stand on a line of
    its own above its title. A list without any ranks counts by its bullets.
    """
    bulleted = [_BULLET.sub("", line) for line in lines]
    if not _is_ranked(bulleted):
        return _unranked(lines)
    found: list[HotLine] = []
    pending = False
    for line in bulleted:
        rank = len(found) + 1
        text = line if pending else line.removeprefix(str(rank))
        if not pending and text == line:
            break
        title = _title(text) if pending else _title(_AFTER_RANK.sub("", text, count=1))
        pending = not title
        if title:
            found.append(HotLine(rank, title))
    return tuple(found)


def _is_ranked(lines: Sequence[str]) -> bool:
    """By the first two places: one title alone may begin with its own number ("1917")."""
    if not lines or not lines[0].startswith("1"):
        return False
    later = lines[2:3] if _title(_AFTER_RANK.sub("", lines[0][1:])) == "" else lines[1:2]
    return not later or later[0].startswith("2")


def _unranked(lines: Sequence[str]) -> tuple[HotLine, ...]:
    found: list[HotLine] = []
    for line in lines:
        if not _BULLET.match(line) or not (title := _title(_BULLET.sub("", line))):
            break
        found.append(HotLine(len(found) + 1, title))
    return tuple(found)


def _title(text: str) -> str:
    return fold(without_addresses(text))
