"""What delays mail: lanes and servers that are paused, or have used up their mails of the day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from syndication.domain.limits import Meter, Reason, lane_meter
from syndication.flows.app import App


@dataclass(frozen=True, slots=True)
class Pause:
    """One lane or server that takes no mail, and until when."""

    kind: str  # lane or server
    name: str
    reason: Reason  # pause or day
    until: datetime
    words: str  # the server's last reply
    used: int  # mails of today

    def document(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return the JSON of `status`."""
        return {
            "kind": self.kind,
            "name": self.name,
            "reason": self.reason.value,
            "until": self.until.isoformat(),
            "words": self.words,
            "said": self.sentence(zone),
        }

    def sentence(self, zone: ZoneInfo, number: int | None = None) -> str:
        """Return one sentence; with the number of mails that wait, if it is known."""
        if self.reason is Reason.DAY:
            where = f"to the lane {self.name}" if self.kind == "lane" else f"over the mail server {self.name}"
            rest = "the rest waits" if number is None else f"the other {number:,} wait"
            return f"Today's {self.used:,} mails {where} are out; {rest} until tomorrow 00:00."
        words = self.words.rstrip(".")
        if self.kind == "lane":
            until = self.until.astimezone(zone)
            return f"The lane {self.name} is paused until {until:%Y-%m-%d %H:%M}, because it refuses our mail: {words}."
        return f"The mail server {self.name} could not be used: {words}."


async def pauses(app: App, lanes: Collection[str] = ()) -> list[Pause]:
    """Return the pauses of the configured lanes and servers, by name, and of `lanes`: a mailing keeps the lanes it was frozen with."""
    now, throttle = app.clock(), app.delivery.throttle
    frozen = {lane_meter(lane) for lane in lanes}
    known = [
        meter
        for name, meter in sorted((await app.store.ledger.meters()).items())
        if name in frozen or throttle.knows(name)
    ]
    found = []
    for meter in known:
        allowed = throttle.allowance(meter)
        if meter.not_before is not None and (meter.not_before > now or meter.name.startswith("server ")):
            found.append(_pause(meter, Reason.PAUSE, meter.not_before))
        elif allowed is not None and meter.day == throttle.today(now) and meter.used >= allowed:
            found.append(_pause(meter, Reason.DAY, throttle.tomorrow(now)))
    return found


def _pause(meter: Meter, reason: Reason, until: datetime) -> Pause:
    kind, _, name = meter.name.partition(" ")
    return Pause(kind, name, reason, until, meter.words, meter.used)


async def pause_sentences(app: App, mailing: str) -> list[str]:
    """Return what delays mail of this mailing, a sentence each; nothing when none of it waits."""
    waiting = await app.store.ledger.waiting(mailing, now=app.clock())
    total = sum(waiting.values())
    return [
        pause.sentence(app.publication.timezone, total if pause.kind == "server" else waiting[pause.name])
        for pause in (await pauses(app, waiting) if waiting else ())
        if pause.kind == "server" or pause.name in waiting
    ]
