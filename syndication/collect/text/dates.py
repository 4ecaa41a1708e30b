"""Dates and times as sources write them: ISO 8601, RFC 822, seconds since 1970, and the written forms of ten languages.

`dateparser` knows more languages, but guesses the order of `3/09/2015`, needs the date to stand alone ("Posted on …" is
read as nothing), and takes eighty times as long.
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

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
# Zone names beyond those of RFC 822, as hours from UTC. Ambiguous ones are left out (IST is India's, Israel's or Ireland's).
_ZONES = {
    "z": 0, "gmt": 0, "ut": 0, "utc": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2,
    "eest": 3, "msk": 3, "hkt": 8, "sgt": 8, "kst": 9, "jst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_LETTERS = r"[^\W\d_]{3,12}"
_OF = r"(?:\.?\s+(?:de|del|of|di)\s+|\s*[-.,]?\s*)"
_DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|º|ª)?\.?{_OF}({_LETTERS}){_OF}(\d{{4}})(?!\d)")
_MONTH_FIRST = re.compile(rf"({_LETTERS})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")
_EASTERN = re.compile(r"(\d{4})\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日号]?")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?([-./])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)t?")
_DOTS = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
_SLASHES = re.compile(r"(?<!\d)(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?!\d)")
_HALF = r"[ap]\.?\s?m\b\.?"
_CLOCK = re.compile(
    rf"(?P<before>오전|오후|上午|下午|午前|午後|\b{_HALF})?\s*(?<!\d)(?P<hour>\d{{1,2}})\s?(?::|h|시|時|时|点)\s?(?:(?P<minute>\d{{1,2}})(?!\d)\s?[분分]?)?"
    rf"(?::(?P<second>\d{{1,2}}))?(?:[.,]\d+)?\s*(?P<after>{_HALF})?\s*(?P<offset>(?:gmt|utc)\s?[+-]\d{{1,2}}(?::?\d{{2}})?(?!\d)|[+-]\d{{2}}(?::?\d{{2}})?|\(?[a-z]{{1,4}}\b)?"
)
_AFTERNOON = ("p", "오후", "下午", "午後")
_ISO = re.compile(r"\d{4}(?:-\d\d-\d\d|\d{4}|-?[Ww]\d\d(?:-?\d)?)(?:[Tt ].+)?")
_REGION = re.compile(r"[a-z]+(?:/[a-z_+-]+\d*){1,2}")  # as in the tz database
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")
_SECONDS = re.compile(r"(\d{10})(?:\d{3})?")  # since 1970, or milliseconds
_MONTHS_OF_YEAR = 12
_LONGEST = 100  # characters
# An unset clock writes year 0 or 1; the last years of the calendar overflow when converted between zones.
_YEARS = range(1900, 9000)


def read_time(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the zone-aware time that `text` means, or None when it has none or is ambiguous.

    A time without an offset is local to `zone`; a day without a time is midnight there. Fractions of seconds are cut
    off. Text around the date is ignored. `11/16/2026` is a date, since there is no sixteenth month; `11/12/2026` is
    ambiguous.
    """
    value = " ".join(text[: _LONGEST + 1].split())
    if len(value) > _LONGEST:
        return None
    try:
        found = _in_figures(value) or _written(value.casefold()) or parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if found.year not in _YEARS:
        return None
    return found.replace(tzinfo=zone) if found.tzinfo is None else found


def _in_figures(value: str) -> datetime | None:
    """Read ISO 8601 with all its digits, `20261116093000`, or (milli)seconds since 1970."""
    if _ISO.fullmatch(value):  # most dates: the written forms would read it, too, but four times as slowly
        with suppress(ValueError):
            return datetime.fromisoformat(value).replace(microsecond=0)
    if seconds := _SECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(seconds[1]), UTC)
    stamp = _STAMP.fullmatch(value)
    return datetime(*map(int, stamp.groups())) if stamp else None  # type: ignore[arg-type] # six whole numbers  # noqa: DTZ001


def _written(value: str) -> datetime | None:
    """Read the first form that fits; naive if `value` names no zone. Raises ValueError for a day that does not exist."""
    for form, read in _FORMS:
        match = form.search(value)
        day = read(match) if match else None
        if match and day:
            return _at(day, value[: match.start()] + " | " + value[match.end() :])
    return None


def _at(day: datetime, rest: str) -> datetime:
    """Add the time of day found in `rest` to `day`."""
    clock = _CLOCK.search(rest)
    if not clock:
        return day
    hour = int(clock["hour"])
    if half := clock["before"] or clock["after"]:
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    days, hour = divmod(hour, 24) if hour == 24 else (0, hour)  # noqa: PLR2004 - midnight at the end of the day
    at = day.replace(hour=hour, minute=int(clock["minute"] or 0), second=min(int(clock["second"] or 0), 59))
    return (at + timedelta(days=days)).replace(tzinfo=_zone(clock["offset"] or "") or _region(rest))


def _zone(text: str) -> tzinfo | None:
    offset = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", text)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    hours = _ZONES.get(text.strip("( "))
    return None if hours is None else timezone(timedelta(hours=hours))


def _region(text: str) -> tzinfo | None:
    names = (_regions().get(found[0]) for found in _REGION.finditer(text))
    return next((ZoneInfo(name) for name in names if name), None)


@cache
def _regions() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def _bare(word: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", word) if not unicodedata.combining(mark))


def _prefixes() -> dict[str, int]:
    """Map every prefix of three or more letters that is unique to one month to that month."""
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
