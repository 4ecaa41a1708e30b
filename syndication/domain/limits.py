"""Limits of a lane or a server, and the meter: what the site remembers of one.

Meters are rows of the store, so several processes and runs share them. `syndication.deliver.throttle` decides by them what may be sent;
a claim carries its decision out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

__all__ = [
    "Grant",
    "Judge",
    "Limits",
    "Meter",
    "Plan",
    "Reason",
    "Situation",
    "Wait",
    "lane_meter",
    "server_meter",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a lane or a server bears; 0 is no limit."""

    connections: int = 0  # at once
    per_second: float = 0.0  # mails
    per_day: int = 0  # mails, in the publication's time zone
    warm_up: int = 0  # mails on the first day, doubled after every day that was used, until `per_day`


@dataclass(frozen=True, slots=True)
class Meter:
    """What is remembered of one lane or server, under the name that `lane_meter` or `server_meter` gives."""

    name: str
    tokens: float = 0.0  # mails that may go now, as of `at`
    at: datetime | None = None
    day: datetime | None = None  # when the day began on which `used` mails went
    used: int = 0
    days: int = 0  # of the warm-up, before this one
    credit: float = 0.0  # mails that a server is owed against the others
    cap: int = 0  # connections learned from 421, as of `capped`; 0: none
    capped: datetime | None = None
    troubles: int = 0  # in a row
    not_before: datetime | None = None  # it is paused until then
    words: str = ""  # why
    refused: tuple[str, ...] = ()  # domains that refused us by policy, without an accepted mail since

    def spent(self, rows: int) -> "Meter":
        """After so many mails were taken to be sent."""
        return replace(self, tokens=self.tokens - rows, used=self.used + rows)

    def refunded(self, rows: int, taken: datetime) -> "Meter":
        """After so many mails, taken at that time, came back unsent. What was taken yesterday gives today nothing."""
        if self.day is None or taken < self.day:
            return self
        return replace(self, tokens=self.tokens + rows, used=max(0, self.used - rows))


def lane_meter(lane: str) -> str:
    """The name of a lane's meter."""
    return f"lane {lane}"


def server_meter(server: str) -> str:
    """The name of a server's meter."""
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
    """What a plan is made of. Connections in use are those of all live batches: by the name of a meter, and in all."""

    now: datetime
    lanes: tuple[str, ...]  # with due rows, the one whose turn it is first
    meters: Mapping[str, Meter]
    in_use: Mapping[str, int]
    connections: int


@dataclass(frozen=True, slots=True)
class Grant:
    """Up to `rows` mails of one lane may go to one server, over so many connections; over `most` when fewer than that are due."""

    lane: str
    server: str
    rows: int
    connections: int
    most: int
    probe: bool  # whether one of the two was in trouble, and is asked again with a few
    meter: Meter  # the lane's
    servers: tuple[
        tuple[Meter, float], ...
    ]  # all that could have had them, each with its share (they sum up to 1)

    def taken(self, rows: int) -> tuple[Meter, ...]:
        """The meters after so many were taken: smooth weighted round robin, by mails."""
        servers = []
        for meter, share in self.servers:
            owed = replace(meter, credit=meter.credit + rows * share)
            if meter.name == server_meter(self.server):
                owed = replace(owed.spent(rows), credit=owed.credit - rows)
            servers.append(owed)
        return self.meter.spent(rows), *servers


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may go before `until`; None when nothing is due."""

    until: datetime | None
    reason: Reason

    @property
    def brief(self) -> bool:
        """Whether mail is going all the same, only paced: a run never ends for that."""
        return self.reason in {Reason.PACE, Reason.CONNECTIONS}


Plan: TypeAlias = Callable[[Situation], Grant | Wait]
# The meters of a batch's lane and server, and the server's connections in use → what the batch has taught about both.
Judge: TypeAlias = Callable[[Meter, Meter, int], tuple[Meter, Meter]]
