"""When a line was written, and whether that is in the week."""

import re
from datetime import UTC, datetime, tzinfo

__all__ = ["Clock", "epoch_of"]

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_STAMP = re.compile(rb"(\d\d)/([A-Z][a-z][a-z])/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MINUTE = 60
_MILLISECONDS = 10_000_000_000  # a number beyond is no seconds since 1970 of our time


class Clock:
    """Judges times against the week after `begins`, up to and including `ends`. `zone` is that of a time that names none."""

    def __init__(self, begins: datetime, ends: datetime, zone: tzinfo = UTC) -> None:
        self._begins, self._ends = begins.timestamp(), ends.timestamp()
        self._zone = zone
        self.first = self.last = 0.0  # seconds since 1970, 0 before there is any

    def within(self, seconds: float) -> bool:
        """Whether an instant is in the week."""
        self._note(seconds)
        return self._begins < seconds <= self._ends

    def minute(self, stamp: bytes) -> bool | None:
        """Whether the minute of a `16/Nov/2026:00:07:59 +0900` is in the week, None when it holds one of its ends.

        Raises ValueError.
        """
        second = _seconds(stamp)
        begins = second - second % _MINUTE
        ends = begins + _MINUTE - 1
        self._note(begins)
        if self._begins < begins and ends <= self._ends:
            return True
        if ends <= self._begins or begins > self._ends:
            return False
        return None

    def second(self, stamp: bytes) -> bool:
        """Whether that very second is in the week. Raises ValueError."""
        return self.within(_seconds(stamp))

    def of(self, value: object) -> bool:
        """Whether a time of a JSON line is in the week: seconds or milliseconds since 1970, ISO 8601, or as in `minute`. Raises ValueError."""
        return self.within(epoch_of(value, self._zone))

    def _note(self, seconds: float) -> None:
        self.first = min(self.first or seconds, seconds)
        self.last = max(self.last, seconds)


def epoch_of(value: object, zone: tzinfo) -> float:
    """A time as JSON lines write it, in seconds since 1970. Raises ValueError."""
    if isinstance(value, str):
        text = value.strip()
        if _STAMP.fullmatch(text.encode()):
            return float(_seconds(text.encode()))
        try:
            value = float(text)
        except ValueError:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MILLISECONDS * 1000:
        raise ValueError("no time")
    return value / 1000 if value >= _MILLISECONDS else value


def _seconds(stamp: bytes) -> int:
    match = _STAMP.fullmatch(stamp)
    if not match:
        raise ValueError("no time")
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    local = datetime(
        int(year),
        _MONTHS.get(month, 0),
        int(day),
        int(hour),
        int(minute),
        min(int(second), 59),  # a leap second
        tzinfo=UTC,
    )
    offset = (int(hours) * 60 + int(minutes)) * _MINUTE
    return int(local.timestamp()) - (offset if sign == b"+" else -offset)
