"""Week keys and cut-offs: when an edition ends, in the publication's time zone, daylight saving included."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_YEAR, LAST_YEAR = 1970, 9998


@dataclass(frozen=True, slots=True, order=True)
class WeekKey:
    """An ISO 8601 week, `2026-W47`, the key of an edition."""

    year: int
    week: int

    @classmethod
    def parse(cls, text: str) -> "WeekKey":
        """Read `2026-W47`. Raises ValueError if `text` is not an ISO week that exists."""
        match = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", text)
        if not match:
            raise ValueError(f"{text!r} is not a week like 2026-W47")
        if (
            not FIRST_YEAR <= int(match[1]) <= LAST_YEAR
        ):  # at the ends of the calendar a week has no neighbour
            raise ValueError(f"the year {match[1]} is not between {FIRST_YEAR} and {LAST_YEAR}")
        key = cls(int(match[1]), int(match[2]))
        try:
            key.monday()
        except ValueError:
            raise ValueError(f"the year {match[1]} has no week {match[2]}") from None
        return key

    @classmethod
    def of(cls, day: date) -> "WeekKey":
        """Return the week of `day`."""
        year, week, _ = day.isocalendar()
        return cls(year, week)

    def monday(self) -> date:
        """Return its first day."""
        return date.fromisocalendar(self.year, self.week, 1)

    def shifted(self, weeks: int) -> "WeekKey":
        """Return the week that is `weeks` later, or earlier if negative."""
        return WeekKey.of(self.monday() + timedelta(weeks=weeks))

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.week:02}"


@dataclass(frozen=True, slots=True)
class CutOff:
    """The weekly instant at which an edition ends.

    The cut-off of a key lies within (Monday 00:00 of the key, the next Monday 00:00], computed in local time and compared in UTC.
    A time that daylight saving skips is read with the offset before the change; of a time that occurs twice, the first counts.
    """

    weekday: int  # 0 is Monday
    time: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> "CutOff":
        """Read `"friday 07:00"`. Raises ValueError."""
        match = re.fullmatch(r"([a-z]+) +([0-9]{1,2}):([0-9]{2})", text.strip().lower())
        if not match or match[1] not in WEEKDAYS or int(match[2]) > 23 or int(match[3]) > 59:  # noqa: PLR2004 - hours and minutes
            raise ValueError('not a weekday and a time like "monday 00:00"')
        return cls(WEEKDAYS.index(match[1]), time(int(match[2]), int(match[3])), zone)

    def at(self, key: WeekKey) -> datetime:
        """Return the cut-off of `key`, in UTC."""
        day = key.monday() + timedelta(days=self.weekday)
        if self.weekday == 0 and self.time == time(0):
            day += timedelta(days=7)
        return datetime.combine(day, self.time, self.zone).astimezone(UTC)

    def window(self, key: WeekKey) -> tuple[datetime, datetime]:
        """Return what `key` covers: after the first instant, up to and including the second, both in UTC."""
        return self.at(key.shifted(-1)), self.at(key)

    def latest(self, now: datetime) -> WeekKey:
        """Return the latest key whose cut-off has passed at `now`."""
        key = WeekKey.of(now.astimezone(self.zone).date())
        return key if self.at(key) <= now else key.shifted(-1)
