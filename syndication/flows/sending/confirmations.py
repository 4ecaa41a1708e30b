"""Send the mails that ask new subscribers for confirmation, as every mail is sent, and beside a digest that is being sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from syndication.errors import LockedError
from syndication.flows.app import App
from syndication.flows.lock import forget
from syndication.flows.sending.batch import Sending
from syndication.flows.sending.round import send_round
from syndication.flows.subscribers.double_opt_in import KEPT
from syndication.logs import logger

log = logger(__name__)

LOOK = (
    60.0  # seconds until the next look for what is due (`deliver/retry.py` decides when a deferred mail is)
)


async def send_confirmations(app: App, stop: asyncio.Event | None = None) -> int:
    """Send what is due, and delete requests that stayed unanswered for seven days. Return how many were sent; 0 when another process does this."""
    sent = 0
    with suppress(LockedError), app.locks("confirmations"):
        for old in await app.store.confirmations.sweep(before=app.clock() - KEPT):
            forget(app.site / "var" / "locks", f"mailing {old}")
        for mailing in await app.store.confirmations.open():
            with suppress(LockedError), app.locks(f"mailing {mailing}"):  # a run recovers a dead owner's rows
                sent += await _send(app, mailing, stop or asyncio.Event())
    return sent


async def _send(app: App, mailing: str, stop: asyncio.Event) -> int:
    async with app.open_pool() as pool:
        sending = Sending(app, mailing, pool, stop)
        await sending.recover()
        await send_round(sending)
    return sending.outcomes["sent"]


@dataclass(slots=True)
class ConfirmationSender:
    """Sends confirmations in the background of a server."""

    app: App
    _due: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Send now: there is a new request."""
        self._due.set()

    async def run(self) -> None:
        """Send until `end`. A fault is reported, and the next round tries again."""
        while not self._stop.is_set():
            self._due.clear()
            try:
                if sent := await send_confirmations(self.app, self._stop):
                    log.info("confirmations sent", mails=sent)
            except Exception as error:  # noqa: BLE001 - the pages stay up
                log.fault("confirmations wait", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), LOOK)

    def end(self) -> None:
        """Finish the mails on the wire and begin no other."""
        self._stop.set()
        self._due.set()


@asynccontextmanager
async def confirmation_sender(app: App) -> AsyncIterator[ConfirmationSender]:
    """Run a ConfirmationSender while the body runs."""
    sender = ConfirmationSender(app)
    running = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        sender.end()
        await running
