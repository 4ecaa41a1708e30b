"""The base of every part of the store, and the decorators that run its methods in a transaction.

A method is written as a plain function of a connection; its decorator turns it into a coroutine function without that argument. All
that a method does with its connection is one transaction, run on a thread of the store (see `store/engine.py`).
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import wraps
from itertools import islice
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import Connection

from syndication.store.engine import Database


class Repository:
    """A part of the store: the methods that read and write one subject's tables."""

    def __init__(self, database: Database) -> None:
        self._database = database


P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=Repository)
_Method: TypeAlias = Callable[Concatenate[R, Connection, P], T]
_Coroutine: TypeAlias = Callable[Concatenate[R, P], Coroutine[Any, Any, T]]


def reads(method: _Method[R, P, T]) -> _Coroutine[R, P, T]:
    """Run the method on one snapshot of the database. The coroutine raises StoreError."""

    @wraps(method)
    async def read(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.read(lambda connection: method(self, connection, *args, **kwargs))

    return read


def writes(method: _Method[R, P, T]) -> _Coroutine[R, P, T]:
    """Run the method in one durable transaction. The coroutine raises StoreError."""

    @wraps(method)
    async def write(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.write(lambda connection: method(self, connection, *args, **kwargs))

    return write


def writes_together(method: _Method[R, P, T]) -> _Coroutine[R, P, T]:
    """Run the method in a transaction that it may share with other small changes (`Database.write_together`)."""

    @wraps(method)
    async def write(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.write_together(
            lambda connection: method(self, connection, *args, **kwargs)
        )

    return write


def batched(values: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Yield lists of at most `size` values, for one statement each: SQLite limits the number of its variables."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
