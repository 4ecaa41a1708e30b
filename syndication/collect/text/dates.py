"""Times as sources write them: RFC 3339, RFC 822, seconds since 1970, and the loose forms of newsroom systems and of people."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from syndication.collect.text.written_dates import read_written_date

__all__ = ["read_time"]

_LOOSE = re.compile(
    r"(\d{4})\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{1,2})\.?"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_SECONDS = re.compile(r"(\d{10})(?:\d{3})?")  # since 1970, or milliseconds
_LONGEST = 100  # characters
# A clock that was never set writes year 0 or 1; nothing later converts the last years of the calendar.
_YEARS = range(1900, 9000)


def read_time(text: str, zone: ZoneInfo) -> datetime | None:
    """The zone-aware time that `text` means; None when it means none.

    A time without an offset is local to `zone`, a day without a time begins at midnight there. Fractions of seconds are cut.
    """
    value = " ".join(text[: _LONGEST + 1].split())
    if len(value) > _LONGEST:
        return None
    try:
        found = _loose(value) or _seconds(value) or read_written_date(value) or parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if found.year not in _YEARS:
        return None
    return found.replace(tzinfo=zone) if found.tzinfo is None else found


def _loose(value: str) -> datetime | None:
    match = _LOOSE.fullmatch(value)
    if not match:
        return None
    year, month, day, hour, minute, second, offset = match.groups()
    iso = f"{year}-{month:0>2}-{day:0>2}T{hour or '0':0>2}:{minute or '00'}:{second or '00'}{(offset or '').upper()}"
    return datetime.fromisoformat(iso)


def _seconds(value: str) -> datetime | None:
    match = _SECONDS.fullmatch(value)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None
