"""Importing a list: a file is read, checked and taken in by blocks, so that a million rows need neither a gigabyte nor an afternoon.

A block is one transaction, and while it is written the next is read. A run that is stopped has taken in whole blocks; the same file
again takes in the rest, and changes nothing of what is there. Nobody who left is revived.
"""

import asyncio
import csv
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any, TypeVar

from syndication.deliver.address import canonical_lines
from syndication.domain.subscriber import Added, NewSubscribers
from syndication.errors import StoreError
from syndication.flows.app import App
from syndication.flows.subscribers.list_file import RowBlock, blocks, opened
from syndication.flows.subscribers.list_row import LONGEST_NAME, REFUSED, RowParser, known_topics, marks

__all__ = ["Imported", "Refused", "import_file"]

T = TypeVar("T")

KEPT = 1_000  # refused lines in memory; the report file has them all
# Names that `RowParser.name` leaves as they are, one a line.
_NAMES = re.compile(
    rf"(?:(?=[^\n]{{0,{LONGEST_NAME}}}+\n)(?:[^\s\0-\x1f\x7f-\x9f]++(?: [^\s\0-\x1f\x7f-\x9f]++)*+)?+\n)*+"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not taken, and why."""

    line: int  # of the file, the header is line 1
    reason: str


@dataclass(slots=True)
class Imported:
    """What an import did. `refused` are the first thousand of the lines that `refusals` counts."""

    added: int = 0
    present: int = 0
    refusals: int = 0
    refused: list[Refused] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The JSON document of `--json`."""
        return {
            "added": self.added,
            "present": self.present,
            "refusals": self.refusals,
            "refused": [{"line": refused.line, "reason": refused.reason} for refused in self.refused],
        }


async def import_file(app: App, file: Path, report: Path | None = None) -> Imported:
    """Read a CSV file into the list. `report` gets a line for each one that is refused.

    Raises UsageError for a file that is no such list, StoreError when the list or the report cannot be written.
    """
    now, done = app.clock(), Imported()
    subscriber = RowParser(await known_topics(app), f"import {file.name}, {now:%Y-%m-%dT%H:%M:%SZ}", now)
    with opened(file) as text, _reporting(report) as write:
        total = await asyncio.to_thread(_count_lines, file)
        read = map(partial(_read, subscriber=subscriber), blocks(text, file))
        async with aclosing(_ahead(read)) as parts:
            async for part in parts:
                refused = sorted([*part.refused, *await _take_in(app, part, done, now)])
                done.refusals += len(refused)
                done.refused += [Refused(*each) for each in refused[: KEPT - len(done.refused)]]
                write(refused)
                app.progress.count("reading", part.last, max(part.last + 1, total))
        app.progress.count("reading", total, total)
    return done


@dataclass(frozen=True, slots=True)
class _Part:
    """A block that was checked: its good rows with their numbers, and what is wrong with the others."""

    numbers: Sequence[int]
    new: NewSubscribers
    refused: Sequence[tuple[int, str]]
    last: int  # line


async def _take_in(app: App, part: _Part, done: Imported, now: datetime) -> list[tuple[int, str]]:
    """Those whom the store refuses, with their lines."""
    keys = app.new_ids(len(part.numbers))
    results = await app.store.subscribers.add_many(part.new, keys, at=now, hashes=partial(marks, app.keyring))
    added, present = results.count(Added.ADDED), results.count(Added.PRESENT)
    done.added += added
    done.present += present
    if added + present == len(results):
        return []
    return [
        (
            number,
            REFUSED[result],
        )
        for number, result in zip(part.numbers, results, strict=True)
        if result.refused
    ]


def _read(block: RowBlock, subscriber: RowParser) -> _Part:
    """Rows that are plain from the first cell to the last are never looked at one by one."""
    size = len(block.numbers)
    columns: dict[str, list[Any]] = {
        "email": list(block.columns["email"]),
        "name": list(block.columns.get("name", [""] * size)),
    }
    unusual = set(_others(columns["email"], canonical_lines))
    unusual.update(_others(columns["name"], _usual_names))
    for name, known in (
        ("consent", subscriber.consent),
        ("language", subscriber.language),
        ("topics", subscriber.chosen),
        ("confirmed_at", subscriber.time),
    ):
        read, odd = _decoded(block.columns.get(name, [""] * size), known)
        columns[name] = read
        unusual.update(odd)
    refused = _reread(block, subscriber, columns, unusual)
    numbers: Sequence[int] = block.numbers
    if refused:
        taken = [index not in refused for index in range(size)]
        columns = {name: list(compress(cells, taken)) for name, cells in columns.items()}
        numbers = list(compress(numbers, taken))
    new = NewSubscribers(
        emails=columns["email"],
        names=columns["name"],
        languages=columns["language"],
        topics=columns["topics"],
        confirmed=columns["confirmed_at"],
        proof=subscriber.proof,
    )
    said = [(block.numbers[index], reason) for index, reason in refused.items() if reason]
    last = max([0, *block.numbers[-1:], *(number for number, _ in block.refused[-1:])])
    return _Part(numbers, new, [*block.refused, *said], last)


def _reread(
    block: RowBlock, subscriber: RowParser, columns: dict[str, list[Any]], unusual: set[int]
) -> dict[int, str]:
    """Read these rows for themselves and put what they hold into the columns. Returns why others are refused; a blank row has no reason."""
    refused = {}
    for index in unusual:
        cells = block.row(index)
        try:
            row = subscriber.row(cells)
        except ValueError as error:
            refused[index] = str(error) if any(cell.strip() for cell in cells.values()) else ""
            continue
        columns["email"][index], columns["name"][index] = row.email, row.name
        columns["language"][index], columns["topics"][index] = row.language, row.topics
        columns["confirmed_at"][index] = row.confirmed
    return refused


def _others(cells: Sequence[str], stretch: Callable[[str, int], int]) -> Iterator[int]:
    """The indexes of the cells that `stretch` stops at."""
    text, place, index = "\n".join([*cells, ""]), 0, 0
    if text.count("\n") != len(cells):  # a cell of several lines: none of them is usual
        yield from range(len(cells))
        return
    while place < len(text):
        end = stretch(text, place)
        index += text.count("\n", place, end)
        if end < len(text):
            yield index
            index += 1
            end = text.index("\n", end) + 1
        place = end


def _usual_names(text: str, start: int) -> int:
    match = _NAMES.match(text, start)
    return match.end() if match else start


def _decoded(cells: Sequence[str], read: Callable[[str], T]) -> tuple[list[T | None], list[int]]:
    """A column of few different values, each of which is read once; and the indexes of those that cannot be."""
    values: Mapping[str, T | None] = {cell: _or_none(read, cell) for cell in set(cells)}
    wrong = None in values.values()
    decoded = [values[cell] for cell in cells]
    return decoded, [index for index, value in enumerate(decoded) if value is None] if wrong else []


def _or_none(read: Callable[[str], T], cell: str) -> T | None:
    try:
        return read(cell)
    except ValueError:
        return None


async def _ahead(items: Iterator[T]) -> AsyncGenerator[T, None]:
    """The items, each made on a thread while the caller works on the one before."""
    coming = asyncio.ensure_future(asyncio.to_thread(next, items, None))
    try:
        while (item := await coming) is not None:
            coming = asyncio.ensure_future(asyncio.to_thread(next, items, None))
            yield item
    finally:
        await asyncio.gather(coming, return_exceptions=True)


def _count_lines(file: Path) -> int:
    """For the progress; a pipe could be read once only."""
    if not file.is_file():
        return 1
    with file.open("rb") as data:
        return sum(block.count(b"\n") for block in iter(lambda: data.read(1 << 20), b"")) or 1


@contextmanager
def _reporting(report: Path | None) -> Iterator[Callable[[Sequence[tuple[int, str]]], None]]:
    """Writes refused lines as CSV, each block's to the disk. Raises StoreError."""
    if report is None:
        yield lambda _: None
        return
    with _written(report, "Choose another file; nothing was imported."):
        out = report.open("w", encoding="utf-8", newline="")
    writer = csv.writer(out)

    def write(refused: Iterable[tuple[object, str]]) -> None:
        with _written(report, "Make room and import again: what came in stays."):
            writer.writerows(refused)
            out.flush()

    try:
        write([("line", "reason")])
        yield write
    finally:
        with suppress(OSError):  # said already
            out.close()


@contextmanager
def _written(report: Path, hint: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{report} cannot be written ({error.strerror}).", hint) from error
