"""The limits of a lane or a server, and its meter: what was used of them.

Meters are rows of the store, so several processes and runs share them. `syndication.deliver.throttle` decides from them what may be sent;
a claim applies its decision.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a lane or a server takes; 0 is no limit."""

    connections: int = 0  # at once
    per_second: float = 0.0  # mails
    per_day: int = 0  # mails, in the publication's time zone
    warm_up: int = 0  # mails on the first day, doubled after every day that was used, until `per_day`


@dataclass(frozen=True, slots=True)
class Meter:
    """The state of one lane or server, under the name that `lane_meter` or `server_meter` gives it."""

    name: str
    tokens: float = 0.0  # mails that may go now, as of `at`
    at: datetime | None = None
    day: datetime | None = None  # the beginning of the day on which `used` mails went
    used: int = 0
    days: int = 0  # of the warm-up, before this one
    credit: float = 0.0  # mails that a server is owed against the others
    cap: int = 0  # connections learned from 421, as of `capped`; 0: none
    capped: datetime | None = None
    troubles: int = 0  # in a row
    not_before: datetime | None = None  # it is paused until then
    words: str = ""  # why
    refused: tuple[str, ...] = ()  # domains that refused us by policy since the last accepted mail

    def spent(self, rows: int) -> "Meter":
        """Return the meter after `rows` mails were taken for sending."""
        return replace(self, tokens=self.tokens - rows, used=self.used + rows)

    def refunded(self, rows: int, taken: datetime) -> "Meter":
        """Return the meter after `rows` mails, taken at `taken`, came back unsent. Mails taken yesterday do not add to today's."""
        if self.day is None or taken < self.day:
            return self
        return replace(self, tokens=self.tokens + rows, used=max(0, self.used - rows))


def lane_meter(lane: str) -> str:
    """Return the name of a lane's meter."""
    return f"lane {lane}"


def server_meter(server: str) -> str:
    """Return the name of a server's meter."""
    return f"server {server}"


class Reason(StrEnum):
    """Why nothing may be sent now."""

    NOTHING = "nothing"  # nothing is due
    PACE = "pace"
    CONNECTIONS = "connections"
    PAUSE = "pause"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Situation:
    """The input of a plan. Connections in use are those of all live batches: `in_use` by the name of a meter, `connections` in all."""

    now: datetime
    lanes: tuple[str, ...]  # with due rows, next in turn first
    meters: Mapping[str, Meter]
    in_use: Mapping[str, int]
    connections: int


@dataclass(frozen=True, slots=True)
class Grant:
    """Up to `rows` mails of one lane may go to one server over `connections`, or over `most` if fewer than `rows` are due."""

    lane: str
    server: str
    rows: int
    connections: int
    most: int
    probe: bool  # whether one of the two was in trouble and is tried again with a few mails
    meter: Meter  # the lane's
    servers: tuple[tuple[Meter, float], ...]  # all that could have taken them, with their shares (sum 1)

    def taken(self, rows: int) -> tuple[Meter, ...]:
        """Return the meters after `rows` mails were taken: smooth weighted round robin, by mails."""
        servers = []
        for meter, share in self.servers:
            owed = replace(meter, credit=meter.credit + rows * share)
            if meter.name == server_meter(self.server):
                owed = replace(owed.spent(rows), credit=owed.credit - rows)
            servers.append(owed)
        return self.meter.spent(rows), *servers


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may go before `until`; None if nothing is due."""

    until: datetime | None
    reason: Reason

    @property
    def brief(self) -> bool:
        """Whether mail still goes out, only slowed by a rate: a run does not end because of such a wait."""
        return self.reason in {Reason.PACE, Reason.CONNECTIONS}


Plan: TypeAlias = Callable[[Situation], Grant | Wait]
# The meters of a batch's lane and server, and the server's connections in use → both meters as the batch leaves them.
Judge: TypeAlias = Callable[[Meter, Meter, int], tuple[Meter, Meter]]
