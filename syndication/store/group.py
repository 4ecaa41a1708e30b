"""Group commit: what arrives while a commit runs shares the next one.

A durable commit costs one fsync, whether it holds one change or twenty. There is no timer: the first caller's commit starts at once, and
the next ones gather meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class GroupCommit(Generic[Item, Answer]):
    """Gathers items and passes them to `commit`, which returns an answer for each, in order, or fails for all of them.

    When a caller is cancelled while it waits, `keep` returns the part of its item that is committed all the same, or None.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        keep: Callable[[Item], Item | None],
        limit: int = 500,
    ) -> None:
        self._commit = commit
        self._keep = keep
        self._limit = limit
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def join(self, item: Item) -> Answer:
        """Commit the item with others, and return its answer. Raises what `commit` raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await answer

    async def drained(self) -> None:
        """Wait until nothing is left to commit."""
        while self._flushing is not None:
            await asyncio.wait({self._flushing})

    async def _flush(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # let the callers that are ready in this turn of the loop join
                taken, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
                await self._one(taken)
        finally:
            self._flushing = None

    async def _one(self, taken: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        items = [(kept, answer) for item, answer in taken if (kept := self._kept(item, answer)) is not None]
        if not items:
            return
        try:
            answers = await self._commit([item for item, _ in items])
        except BaseException as error:
            for _, answer in items:
                if not answer.done():
                    answer.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            if not isinstance(error, Exception):
                raise
            return
        for (_, waiting), result in zip(items, answers, strict=True):
            if not waiting.done():
                waiting.set_result(result)

    def _kept(self, item: Item, answer: "asyncio.Future[Answer]") -> Item | None:
        return self._keep(item) if answer.cancelled() else item
