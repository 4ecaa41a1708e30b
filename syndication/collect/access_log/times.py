"""Parse the time of a line, and check whether it is in the week."""

import re
from datetime import UTC, datetime, tzinfo

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_STAMP = re.compile(rb"(\d\d)/([A-Z][a-z][a-z])/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MINUTE = 60
_MILLISECONDS = (
    10_000_000_000  # from here on a number is milliseconds since 1970: as seconds it would be the year 2286
)


class Clock:
    """Compares times with the week after `begins`, up to and including `ends`. `zone` applies to times without one."""

    def __init__(self, begins: datetime, ends: datetime, zone: tzinfo = UTC) -> None:
        self._begins, self._ends = begins.timestamp(), ends.timestamp()
        self._zone = zone
        self.first = self.last = 0.0  # seconds since 1970; 0: no line yet

    def within(self, seconds: float) -> bool:
        """Return whether an instant is in the week."""
        self._note(seconds)
        return self._begins < seconds <= self._ends

    def minute(self, stamp: bytes) -> bool | None:
        """Return whether the minute of `16/Nov/2026:00:07:59 +0900` is in the week; None if the week's edge is in it.

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
        """Return whether the second of such a time is in the week. Raises ValueError."""
        return self.within(_seconds(stamp))

    def of(self, value: object) -> bool:
        """Return whether a time of a JSON line (see `epoch_of`) is in the week. Raises ValueError."""
        return self.within(epoch_of(value, self._zone))

    def _note(self, seconds: float) -> None:
        self.first = min(self.first or seconds, seconds)
        self.last = max(self.last, seconds)


def epoch_of(value: object, zone: tzinfo) -> float:
    """Convert a time of a JSON line to seconds since 1970. Raises ValueError.

    It is seconds or milliseconds since 1970, ISO 8601, or written as in the text formats: `16/Nov/2026:00:07:59 +0900`.
    """
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
        raise ValueError("not a time")
    return value / 1000 if value >= _MILLISECONDS else value


def _seconds(stamp: bytes) -> int:
    match = _STAMP.fullmatch(stamp)
    if not match:
        raise ValueError("not a time")
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
