"""Read the hot list at the end of a saved page: a heading, then lines with rank and title glued together."""

import re
import unicodedata
from collections.abc import Sequence

from syndication.collect.text.words import fold, without_addresses
from syndication.domain.hotlist import HotLine

_LONGEST = 60  # characters: longer is a sentence
# Letters only: "Most-Read", "★ MOST  READ ★" and "Most read:" are the same.
_HEADING = re.compile(
    r"weeklyhot|hot(?:this)?week|hotarticles|hotnews"
    r"|(?:the|our|this)?(?:weeks?|months?|todays?)?most(?:read|viewed|popular|clicked|visited|shared)"
    r"(?:articles?|stor(?:y|ies)|news|posts|pages)?(?:(?:of)?(?:today|now|(?:the|this)(?:week|month)|weekly|daily))?"
    r"|popular(?:articles|stories|posts|news|reads|now|today|(?:this)?week)|trending(?:now|stories|articles|news|today|(?:this)?week)?"
    r"|(?:주간|일간|월간|오늘|오늘의|금주의|이주의|실시간|지금)?(?:가장|제일)?많이(?:본|읽은|본순|보는)(?:기사|뉴스|글)?"
    r"|(?:주간|일간|월간|오늘의|금주의|이주의|실시간|최신)인기(?:기사|뉴스|글)?|인기(?:기사|뉴스|글)"
    r"|(?:주간|실시간|오늘의)?(?:베스트|랭킹)(?:기사|뉴스)"
)
_MORE = re.compile(r"(?:seeall|seemore|viewall|more|더보기|전체보기)$")  # a link beside the heading
_BULLET = re.compile(r"^[-*•·▪‣–—]\s*")  # noqa: RUF001 - the bullets and dashes of copied pages
# "1. Title", "1) Title", "1위 Title", "1 | Title", but not "2.5 million"
_AFTER_RANK = re.compile(r"^(?:위[\s.:)]|[.):]\s|\s*[|–—-]\s)?\s*")  # noqa: RUF001 - as above
# "#1", "No. 1", "(1)" and "01" before a rank, and the digits in circles and emoji.
_SIGN = re.compile(r"^(?:#|№|(?:no|nr|rank)\b\.?)\s*(?=\d)", re.IGNORECASE)
_BRACKETED = re.compile(r"^[(\[](\d{1,3})[)\]]")
_ZEROS = re.compile(r"^0{1,2}(?=[1-9])")
_ROUND = re.compile(r"^(?:[①-⑳❶-❿➀-➉➊-➓⓵-⓾]|[\uff10-\uff19]{1,3}|\d{1,3}\ufe0f?\u20e3|🔟)")


def heading_at(lines: Sequence[str]) -> int | None:
    """Return the index of the list's heading: a known phrase alone on a line, with a ranked list below it."""
    for index, line in enumerate(lines):
        if is_heading(line) and ranked_lines(lines[index + 1 :]):
            return index
    return None


def ranked_lines(lines: Sequence[str]) -> tuple[HotLine, ...]:
    """Read the list that begins with the first of `lines`. It ends at the first line without the expected rank.

    A glued rank is read by position: on line 2, `- 228 Years Later` is rank 2 and `28 Years Later`. A rank may be on a
    separate line above its title. A list without any ranks is numbered by its bullets.
    """
    bulleted = [plain_rank(_BULLET.sub("", line)) for line in lines]
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


def plain_rank(line: str) -> str:
    """Return `line` with the rank at its start in plain digits: `①`, `#1`, `No. 1`, `(1)` and `01` are `1`."""
    if match := _ROUND.match(line):
        digits = "".join(_digits(each) for each in match[0])
        return f"{digits} {line[match.end() :].lstrip()}"
    line = _BRACKETED.sub(r"\1 ", _SIGN.sub("", line))
    return _ZEROS.sub("", line)


def _digits(character: str) -> str:
    if character == "🔟":
        return "10"
    return str(int(unicodedata.numeric(character))) if character.isnumeric() else ""


def _is_ranked(lines: Sequence[str]) -> bool:
    """Return whether the lines have ranks, judging by two of them: a single title may begin with a number ("1917")."""
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


def is_heading(text: str) -> bool:
    """Return whether `text` is a heading like "Most read", in English or Korean, whatever its case, spaces and punctuation."""
    if len(text) > _LONGEST:
        return False
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(character for character in folded if character.isalpha())
    return bool(_HEADING.fullmatch(letters) or _HEADING.fullmatch(_MORE.sub("", letters)))
