"""An event loop whose clock leaps when the test says so: a timeout is over at that moment and not before, however slow the machine is."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

__all__ = ["Leaping", "leap_at", "run_leaping"]

Result = TypeVar("Result")


class Leaping(asyncio.SelectorEventLoop):
    """`leapt` are the seconds that its clock is ahead of the real one."""

    leapt = 0.0

    def time(self) -> float:
        """As every timer sees it."""
        return super().time() + self.leapt


def run_leaping(main: Coroutine[Any, Any, Result]) -> Result:
    with asyncio.Runner(loop_factory=Leaping) as runner:
        return runner.run(main)


@asynccontextmanager
async def leap_at(event: asyncio.Event, seconds: float = 60) -> AsyncIterator[None]:
    """Meanwhile the clock of a leaping loop leaps when the event is there; any other loop's clock goes on as it does."""
    leaping = asyncio.create_task(_leap(event, seconds))
    try:
        yield
    finally:
        leaping.cancel()
        await asyncio.wait({leaping})


async def _leap(event: asyncio.Event, seconds: float) -> None:
    await event.wait()
    await asyncio.sleep(0.02)  # what was on its way is read first
    loop = asyncio.get_running_loop()
    if isinstance(loop, Leaping):
        loop.leapt += seconds
