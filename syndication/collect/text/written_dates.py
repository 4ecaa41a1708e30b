"""Dates in words and in figures, as people and their systems write them in ten languages."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo

__all__ = ["read_written_date"]

_MONTHS = """
january february march april may june july august september october november december
januar februar märz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
januari februari maart april mei juni juli augustus september oktober november december
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
"""
_SHORT = {"mrz": 3, "mrt": 3}
# Zones that RFC 822 does not know. A name that is two zones (IST, CST outside America) is none.
_ZONES = {
    "z": 0, "gmt": 0, "ut": 0, "utc": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2,
    "eest": 3, "msk": 3, "hkt": 8, "sgt": 8, "kst": 9, "jst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_LETTERS = r"[^\W\d_]{3,12}"
_OF = r"(?:\s+(?:de|del|of|di)\s+|\s*[-.,]?\s*)"
_DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|º|ª)?\.?{_OF}({_LETTERS}){_OF}(\d{{4}})(?!\d)")
_MONTH_FIRST = re.compile(rf"({_LETTERS})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")
_EASTERN = re.compile(r"(\d{4})\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日号]?")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-./])(\d{1,2})\2(\d{1,2})(?!\d)t?")
_DOTS = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
_SLASHES = re.compile(r"(?<!\d)(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?!\d)")
_CLOCK = re.compile(
    r"(?P<before>오전|오후|上午|下午|午前|午後)?\s*(?<!\d)(?P<hour>\d{1,2})\s?(?::|h|시|時|时|点)\s?(?:(?P<minute>\d{1,2})(?!\d)\s?[분分]?)?"
    r"(?::(?P<second>\d{1,2}))?(?:[.,]\d+)?\s*(?P<after>[ap]\.?m\b\.?)?\s*(?P<offset>(?:gmt|utc)?\s?[+-]\d{2}(?::?\d{2})?|\(?[a-z]{1,4}\b)?"
)
_AFTERNOON = ("오후", "下午", "午後", "pm", "p.m", "p.m.", "pm.")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")
_MONTHS_OF_YEAR = 12


def read_written_date(text: str) -> datetime | None:
    """The time that `text` means, naive where it names no zone; None when it means none, or one of two.

    `11/16/2026` is a date, since there is no sixteenth month; `11/12/2026` is two. Raises ValueError for a day that there is not.
    """
    value = " ".join(text.casefold().split())
    if stamp := _STAMP.fullmatch(value):
        return datetime(*map(int, stamp.groups()))  # type: ignore[arg-type] # six whole numbers  # noqa: DTZ001
    for form, read in _FORMS:
        match = form.search(value)
        day = read(match) if match else None
        if match and day:
            return _at(day, value[: match.start()] + " | " + value[match.end() :])
    return None


def _at(day: datetime, rest: str) -> datetime:
    """The day with the clock of `rest`; midnight when there is none."""
    clock = _CLOCK.search(rest)
    if not clock:
        return day
    hour = int(clock["hour"])
    half = clock["before"] or clock["after"] or ""
    if half:
        hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    days, hour = divmod(hour, 24) if hour == 24 else (0, hour)  # noqa: PLR2004 - midnight at the end of the day
    at = day.replace(hour=hour, minute=int(clock["minute"] or 0), second=min(int(clock["second"] or 0), 59))
    return (at + timedelta(days=days)).replace(tzinfo=_zone(clock["offset"] or ""))


def _zone(text: str) -> tzinfo | None:
    offset = re.search(r"([+-])(\d{2}):?(\d{2})?", text)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    hours = _ZONES.get(text.strip("( "))
    return None if hours is None else timezone(timedelta(hours=hours))


def _bare(word: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", word) if not unicodedata.combining(mark))


def _prefixes() -> dict[str, int]:
    """Every beginning of a month's name that is no other month's, from three letters on."""
    found: dict[str, set[int]] = {}
    for index, name in enumerate(_MONTHS.split()):
        for length in range(3, len(_bare(name)) + 1):
            found.setdefault(_bare(name)[:length], set()).add(index % _MONTHS_OF_YEAR + 1)
    return {prefix: months.pop() for prefix, months in found.items() if len(months) == 1} | _SHORT


_NAMED = _prefixes()


def _day(year: str, month: str | int | None, day: str) -> datetime | None:
    return datetime(int(year), int(month), int(day)) if month else None  # noqa: DTZ001 - the clock knows the zone


def _slashed(match: re.Match[str]) -> datetime | None:
    one, other = int(match[1]), int(match[3])
    if one > _MONTHS_OF_YEAR or one == other:
        return _day(match[4], other, match[1])
    return _day(match[4], one, match[3]) if other > _MONTHS_OF_YEAR else None


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], datetime | None]], ...] = (
    (_YEAR_FIRST, lambda match: _day(match[1], match[3], match[4])),
    (_EASTERN, lambda match: _day(match[1], match[2], match[3])),
    (_DAY_FIRST, lambda match: _day(match[3], _NAMED.get(_bare(match[2])), match[1])),
    (_MONTH_FIRST, lambda match: _day(match[3], _NAMED.get(_bare(match[1])), match[2])),
    (_DOTS, lambda match: _day(match[3], match[2], match[1])),
    (_SLASHES, _slashed),
)
