"""What stops a sending before its end: a signal to this process, the end of the run it works for, or an editor who holds the mailing."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from syndication.errors import StoreError
from syndication.flows.app import App

__all__ = ["Stop", "obeying_a_hold", "patience", "stop_on_signal", "stop_when_closed"]

LOOK = 1.0  # seconds between two looks whether the mailing is held


class Stop(asyncio.Event):
    """Set means: no new mail, finish the dots in flight, commit, end."""

    signalled = False  # by a signal, so that the whole process is to end

    def signal(self) -> None:
        """Stop because of a signal."""
        self.signalled = True
        self.set()


@contextmanager
def stop_on_signal(say: Callable[[str], None] | None = None) -> Iterator[Stop]:
    """While sending, SIGTERM and SIGINT stop it in good order. A second one ends the process, whatever it waits for."""
    stop, loop = Stop(), asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def asked() -> None:
        for number in before:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)  # the system's own way: it needs no loop that turns
        stop.signal()
        if say:
            say("stopping when what is under way is answered; a second signal ends it at once")

    for number in before:
        loop.add_signal_handler(number, asked)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


@asynccontextmanager
async def patience(stop: asyncio.Event, seconds: float) -> AsyncIterator[None]:
    """Once stopped, cancel what is within after so many seconds: a server that never answers keeps nobody."""

    async def hurry() -> None:
        await stop.wait()
        limit.reschedule(asyncio.get_running_loop().time() + seconds)

    try:
        async with asyncio.timeout(None) as limit:
            hurrying = asyncio.create_task(hurry())
            try:
                yield
            finally:
                hurrying.cancel()
    except TimeoutError:
        if not limit.expired():
            raise


@contextmanager
def stop_when_closed(pipe: int, stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` when the other end of a pipe closes, which the end of its process does too, whatever ended it."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(pipe, 64):
            loop.remove_reader(pipe)
            stop.set()

    loop.add_reader(pipe, look)
    try:
        yield
    finally:
        loop.remove_reader(pipe)


@asynccontextmanager
async def obeying_a_hold(app: App, mailing: str, stop: asyncio.Event) -> AsyncIterator[None]:
    """Set `stop` when the mailing is held. The ledger gives out no mail from the hold on; this ends the waiting, too."""
    looking = asyncio.create_task(_look(app, mailing, stop))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait({looking})


async def _look(app: App, mailing: str, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with suppress(StoreError):  # whoever writes to it learns that too
            if not await app.store.ledger.is_sendable(mailing):
                stop.set()
        await asyncio.sleep(LOOK)
