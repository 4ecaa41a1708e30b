"""What stops a sending before its end: a signal to this process, the end of the run it works for, or an editor who holds the mailing."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from syndication.errors import StoreError
from syndication.flows.app import App
from syndication.logs import log_fault

HOLD_CHECK = 1.0  # seconds between two checks whether the mailing is held


class Stop(asyncio.Event):
    """When set: begin no mail, finish the dots in flight, commit, end."""

    signalled = False  # by a signal, so that the whole process is to end

    def signal(self) -> None:
        """Stop because of a signal."""
        self.signalled = True
        self.set()


@contextmanager
def stop_on_signal(say: Callable[[str], None] | None = None) -> Iterator[Stop]:
    """Stop an ongoing sending in good order on SIGTERM or SIGINT. A second signal ends the process at once."""
    stop, loop = Stop(), asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def on_signal() -> None:
        for number in before:
            loop.remove_signal_handler(number)
            signal.signal(
                number, signal.SIG_DFL
            )  # the system's default works even when the event loop is blocked
        stop.signal()
        if say:
            say("stopping when what is under way is answered; a second signal ends it at once")

    for number in before:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


@asynccontextmanager
async def grace_period(stop: asyncio.Event, seconds: float) -> AsyncIterator[None]:
    """Cancel the body `seconds` after `stop` is set: a server that never answers must not keep the process alive."""

    async def start() -> None:
        await stop.wait()
        limit.reschedule(asyncio.get_running_loop().time() + seconds)

    try:
        async with asyncio.timeout(None) as limit:
            starting = asyncio.create_task(start())
            try:
                yield
            finally:
                starting.cancel()
    except TimeoutError:
        if not limit.expired():
            raise


@contextmanager
def stop_when_closed(pipe: int, stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` when the other end of a pipe closes, as it does when its process ends for any reason."""
    loop = asyncio.get_running_loop()

    def on_readable() -> None:
        if not os.read(pipe, 64):
            loop.remove_reader(pipe)
            stop.set()

    loop.add_reader(pipe, on_readable)
    try:
        yield
    finally:
        loop.remove_reader(pipe)


@asynccontextmanager
async def stop_when_held(app: App, mailing: str, stop: asyncio.Event) -> AsyncIterator[None]:
    """Set `stop` when the mailing is held. The ledger grants no mail of it any more; this ends the waiting for one, too."""
    checking = asyncio.create_task(_check_hold(app, mailing, stop))
    log_fault(checking, "check for a hold")
    try:
        yield
    finally:
        checking.cancel()
        await asyncio.wait({checking})


async def _check_hold(app: App, mailing: str, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with suppress(StoreError):  # the next write to the store raises it, too
            if not await app.store.ledger.is_sendable(mailing):
                stop.set()
        await asyncio.sleep(HOLD_CHECK)
