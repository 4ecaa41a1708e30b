"""Sending the mails that ask back: through the delivery of every mail, beside a digest that is on its way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from syndication.errors import LockedError, SyndicationError
from syndication.flows.app import App
from syndication.flows.lock import forget
from syndication.flows.sending.batch import Sending
from syndication.flows.sending.round import one_round
from syndication.flows.subscribers.double_opt_in import KEPT

__all__ = ["Postman", "posting", "send_confirmations"]

ROUND = 60.0  # seconds between two looks for what a mail server has deferred


async def send_confirmations(app: App, stop: asyncio.Event | None = None) -> int:
    """Send what is due, and forget what nobody answered in seven days. Returns how many went out; 0 when another process is at it."""
    sent = 0
    with suppress(LockedError), app.locks("confirmations"):
        for old in await app.store.confirmations.sweep(before=app.clock() - KEPT):
            forget(app.site / "var" / "locks", f"mailing {old}")
        for mailing in await app.store.confirmations.open():
            with suppress(LockedError), app.locks(f"mailing {mailing}"):  # a run frees what its owner left
                sent += await _send(app, mailing, stop or asyncio.Event())
    return sent


async def _send(app: App, mailing: str, stop: asyncio.Event) -> int:
    resend = app.delivery.resend_unknown
    await app.store.ledger.recover(mailing, now=app.clock(), dead=app.delivery.host, resend=resend)
    async with app.open_pool() as pool:
        sending = Sending(app, mailing, pool, stop)
        await one_round(sending)
    return sending.outcomes["sent"]


@dataclass(slots=True)
class Postman:
    """Sends in the background of a server. `wake` when there is something to send."""

    app: App
    _due: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """There is something to send."""
        self._due.set()

    async def rounds(self) -> None:
        """Send until `end`. A fault is told, and the next round tries again."""
        while not self._stop.is_set():
            self._due.clear()
            try:
                await send_confirmations(self.app, self._stop)
            except Exception as error:  # noqa: BLE001 - the pages stay up, and a fault's own words may quote an address
                said = error.message if isinstance(error, SyndicationError) else type(error).__name__
                self.app.progress.say(f"confirmations wait: {said}")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), ROUND)

    def end(self) -> None:
        """Finish what is on the wire, begin nothing."""
        self._stop.set()
        self._due.set()


@asynccontextmanager
async def posting(app: App) -> AsyncIterator[Postman]:
    """A postman at work meanwhile."""
    postman = Postman(app)
    working = asyncio.create_task(postman.rounds())
    try:
        yield postman
    finally:
        postman.end()
        await working
