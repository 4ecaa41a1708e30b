"""The throttle: which lane may send how much now, over which server and how many connections. Pure.

`Throttle.plan` is called within a claim, the only place that applies limits; `Throttle.judged` at the end of a batch.

A lane or a server with a rate has a bucket that fills up to one second's mails. A claim takes what is in it, and the batch is sent at full
speed: no connection ever waits for its turn, and a pause saves up no more than one second's mails.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from syndication.deliver.batch_findings import DOMAINS, Findings
from syndication.deliver.lanes import OTHER
from syndication.deliver.transaction import CLOSING
from syndication.domain.delivery import Reply
from syndication.domain.limits import (
    Grant,
    Limits,
    Meter,
    Reason,
    Situation,
    Wait,
    lane_meter,
    server_meter,
)

BATCH = 500  # mails at once, of a lane without limits
PER_CONNECTION = (
    100  # mails of a batch for each of its connections: with few connections, a full batch takes too long
)
PROBE = 5  # mails over one connection, until a server or a lane that was in trouble accepts one
POLL = timedelta(seconds=0.2)  # until the next look for connections that other batches use
SERVER_PAUSES = timedelta(seconds=1), timedelta(minutes=1)  # the first, and the longest after doubling
LOGIN_PAUSES = timedelta(minutes=1), timedelta(minutes=15)  # servers lock out clients that insist
LANE_PAUSES = timedelta(hours=1), timedelta(hours=6)
_NO_LOGIN = "535"  # RFC 4954 §6
_SPREAD = 0.25  # how much of a pause jitter may add
_MORE = timedelta(minutes=1)  # until a server that said 421 gets one more connection
_DAY = timedelta(days=1)
_NONE = Limits()
_LEAST = 1e-6  # of a mail: the rounding error of a bucket
_TICK = timedelta(microseconds=1)  # the resolution of a time
_SKEW = timedelta(minutes=1)  # by which the clocks of two hosts may differ; more is a clock that was set back


@dataclass(frozen=True, slots=True)
class _Room:
    """How much a lane or a server takes now."""

    meter: Meter
    rows: int
    connections: int


@dataclass(frozen=True, slots=True)
class Throttle:
    """The limits of a site: by lane, by server (with its weight), and the number of connections in all. Days are days of `zone`."""

    lanes: Mapping[str, Limits]
    servers: Mapping[str, Limits]
    weights: Mapping[str, int]
    connections: int
    zone: ZoneInfo

    def plan(self, situation: Situation, wanted: int, most: int) -> Grant | Wait:
        """Return what may be sent now: mail of the first lane in turn that may send, over `wanted` connections, or `most` for its last mails."""
        now = situation.now
        if not situation.lanes:
            return Wait(None, Reason.NOTHING)
        left = self.connections - situation.connections
        if left < 1:
            return Wait(now + POLL, Reason.CONNECTIONS)
        servers, waits = self._servers(situation)
        if not servers:
            return _soonest(waits)
        waits = []
        for lane in situation.lanes:
            room = self._room(situation, lane_meter(lane), self.lanes.get(lane, _NONE))
            if isinstance(room, _Room):
                return self._granted(lane, room, servers, (min(wanted, left), min(most, left)))
            waits.append(room)
        return _soonest(waits)

    def judged(
        self, lane: Meter, server: Meter, in_use: int, *, findings: Findings, now: datetime, jitter: float
    ) -> tuple[Meter, Meter]:
        """Return the meters after a batch. `in_use` counts the server's connections, this batch's included. `jitter` is in [0, 1)."""
        return _lane_after(lane, findings, now, jitter), _server_after(server, findings, in_use, now, jitter)

    def allowance(self, meter: Meter) -> int | None:
        """Return how many mails may go on the meter's day; None without a limit."""
        return _allowance(self.limits(meter.name), meter.days)

    def limits(self, meter: str) -> Limits:
        """Return the limits of the lane or the server whose meter has this name."""
        kind, _, name = meter.partition(" ")
        return (self.lanes if kind == "lane" else self.servers).get(name, _NONE)

    def knows(self, meter: str) -> bool:
        """Return whether the site still has the lane or the server whose meter has this name."""
        kind, _, name = meter.partition(" ")
        return name == OTHER or name in (self.lanes if kind == "lane" else self.servers)

    def tomorrow(self, now: datetime) -> datetime:
        """Return the end of the day of `now`."""
        day = now.astimezone(self.zone).date() + _DAY
        return datetime.combine(day, time(), self.zone).astimezone(now.tzinfo)

    def today(self, now: datetime) -> datetime:
        """Return the beginning of the day of `now`."""
        return datetime.combine(now.astimezone(self.zone).date(), time(), self.zone).astimezone(now.tzinfo)

    def _servers(self, situation: Situation) -> tuple[dict[str, _Room], list[Wait]]:
        rooms = {
            name: self._room(situation, server_meter(name), limits) for name, limits in self.servers.items()
        }
        return (
            {name: room for name, room in rooms.items() if isinstance(room, _Room)},
            [room for room in rooms.values() if isinstance(room, Wait)],
        )

    def _granted(
        self, lane: str, room: _Room, servers: Mapping[str, _Room], wanted: tuple[int, int]
    ) -> Grant:
        total = sum(self.weights[name] for name in servers)
        shares = {name: self.weights[name] / total for name in servers}
        name = max(servers, key=lambda name: servers[name].meter.credit + shares[name])
        server = servers[name]
        connections, most = (min(each, room.connections, server.connections) for each in wanted)
        rows = min(BATCH, room.rows, server.rows, PER_CONNECTION * connections)
        return Grant(
            lane=lane,
            server=name,
            rows=rows,
            connections=min(connections, rows),
            most=most,
            probe=bool(room.meter.troubles or server.meter.troubles),
            meter=room.meter,
            servers=tuple((each.meter, shares[name]) for name, each in servers.items()),
        )

    def _room(self, situation: Situation, name: str, limits: Limits) -> _Room | Wait:
        now = situation.now
        meter = self._current(situation.meters.get(name) or Meter(name), limits, now)
        if meter.not_before is not None and meter.not_before > now:
            return Wait(meter.not_before, Reason.PAUSE)
        allowed = _allowance(limits, meter.days)
        today = BATCH if allowed is None else allowed - meter.used
        if today < 1:
            return Wait(self.tomorrow(now), Reason.DAY)
        # Wait for half a bucket at least: otherwise each mail would be a claim.
        short = max(1.0, limits.per_second / 2) - meter.tokens if limits.per_second else 0.0
        if short > _LEAST:
            return Wait(now + timedelta(seconds=short / limits.per_second) + _TICK, Reason.PACE)
        tokens = int(meter.tokens + _LEAST) if limits.per_second else BATCH
        probing = meter.troubles > 0
        most = min(limits.connections or self.connections, meter.cap or self.connections)
        connections = (1 if probing else most) - situation.in_use.get(name, 0)
        if connections < 1:
            return Wait(now + POLL, Reason.CONNECTIONS)
        return _Room(meter, min(today, tokens, PROBE if probing else BATCH), connections)

    def _current(self, meter: Meter, limits: Limits, now: datetime) -> Meter:
        """Return the meter as of now. A clock that jumps fills at most one bucket, and no pause lasts longer than the longest."""
        full = max(1.0, limits.per_second)
        if meter.at is None or meter.at > now + _SKEW:
            tokens = full
        else:
            elapsed = max(0.0, (now - meter.at).total_seconds())
            tokens = min(full, max(0.0, meter.tokens) + limits.per_second * elapsed)
        _, longest = _pauses(meter, meter.words)
        set_back = meter.not_before is not None and meter.not_before > now + longest * (1 + _SPREAD)
        return replace(
            self._on_its_day(self._less_capped(meter, limits, now), limits, now),
            tokens=tokens,
            at=now,
            not_before=None if set_back else meter.not_before,
        )

    def _on_its_day(self, meter: Meter, limits: Limits, now: datetime) -> Meter:
        """Begin a new day if there is one. A day of a warm-up counts if at least half of it was used: a few late mails do not warm up anything."""
        today = self.today(now)
        if (
            meter.day is not None and today <= meter.day <= now + _DAY
        ):  # a clock set back by hours is no new day
            return meter
        days, allowed = meter.days if limits.warm_up else 0, _allowance(limits, meter.days)
        if limits.warm_up and allowed and meter.used * 2 >= allowed:
            days += 1
        return replace(meter, day=today, used=0, days=days)

    def _less_capped(self, meter: Meter, limits: Limits, now: datetime) -> Meter:
        if not meter.cap or meter.capped is None:
            return meter
        more = max(0, (now - meter.capped) // _MORE)
        if meter.cap + more >= min(limits.connections or self.connections, self.connections):
            return replace(meter, cap=0, capped=None)
        return replace(meter, cap=meter.cap + more, capped=min(now, meter.capped + more * _MORE))


def _allowance(limits: Limits, days: int) -> int | None:
    if not limits.warm_up:
        return limits.per_day or None
    ramp = limits.warm_up << min(days, 30)
    return min(ramp, limits.per_day) if limits.per_day else ramp


def _soonest(waits: Sequence[Wait]) -> Wait:
    """Return the shortest of the brief waits, during which mail is still sent; without any, the shortest of all."""
    brief = [wait for wait in waits if wait.brief]
    return min(brief or waits, key=lambda wait: (wait.until is None, wait.until))


def _pauses(meter: Meter, words: str) -> tuple[timedelta, timedelta]:
    """Return the first and the longest pause of a lane, or of a server that replied with `words`."""
    if meter.name.startswith("lane "):
        return LANE_PAUSES
    return LOGIN_PAUSES if words.startswith(_NO_LOGIN) else SERVER_PAUSES


def _paused(meter: Meter, reply: Reply, now: datetime, jitter: float) -> Meter:
    said = f"{reply.code or ''} {reply.text}".strip()
    first, longest = _pauses(meter, said)
    pause = min(first * 2 ** min(meter.troubles, 16), longest) * (1 + _SPREAD * jitter)
    return replace(meter, troubles=meter.troubles + 1, not_before=now + pause, words=said)


def _eased(meter: Meter) -> Meter:
    return replace(meter, troubles=0, not_before=None, words="")


def _server_after(meter: Meter, findings: Findings, in_use: int, now: datetime, jitter: float) -> Meter:
    if meter.not_before is not None and meter.not_before > now:
        return meter  # one step for all batches that got the same reply
    reply = findings.trouble
    if reply is None:
        return _eased(meter) if meter.troubles and findings.accepted else meter
    paused = _paused(meter, reply, now, jitter)
    if reply.code != CLOSING:
        return paused
    return replace(paused, cap=max(1, in_use // 2), capped=now)


def _lane_after(meter: Meter, findings: Findings, now: datetime, jitter: float) -> Meter:
    if meter.not_before is not None and meter.not_before > now:
        return meter
    before = () if findings.accepted else meter.refused
    refused = tuple(dict.fromkeys((*before, *findings.refused)))
    lane = meter.name.partition(" ")[2]
    blocked = findings.blocked
    if lane == OTHER and len(refused) >= DOMAINS:
        blocked = blocked or findings.refusal
    if blocked is not None:
        return replace(_paused(meter, blocked, now, jitter), refused=())
    if meter.troubles and findings.accepted:
        meter = _eased(meter)
    return replace(meter, refused=refused if lane == OTHER else ())
