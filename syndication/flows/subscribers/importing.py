"""Import a list: a file is read, checked and stored in blocks, so that a million rows need neither a gigabyte nor an afternoon.

A block is one transaction, and while it is written the next is read. A stopped import has stored whole blocks; importing the same file
again stores the rest, changes no row that is there, and revives no subscriber who left. Single addresses are added in `operator.py`.
"""

import asyncio
import csv
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any, TypeVar

from syndication.deliver.address import canonical_lines
from syndication.domain.subscriber import Added, NewSubscribers
from syndication.errors import StoreError
from syndication.flows.app import App
from syndication.flows.subscribers.import_file import RowBlock, blocks, opened
from syndication.flows.subscribers.list_row import (
    LONGEST_NAME,
    REFUSED,
    RowParser,
    known_topics,
    mailbox_hashes,
)

T = TypeVar("T")

KEPT = 1_000  # refused lines in memory; the report file has them all
# Names that `RowParser.name` returns unchanged, one a line.
_NAMES = re.compile(
    rf"(?:(?=[^\n]{{0,{LONGEST_NAME}}}+\n)(?:[^\s\0-\x1f\x7f-\x9f]++(?: [^\s\0-\x1f\x7f-\x9f]++)*+)?+\n)*+"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was refused, and why."""

    line: int  # of the file, the header is line 1
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were added or there already, and the first thousand of the lines that `refusals` counts."""

    added: int = 0
    present: int = 0
    refusals: int = 0
    refused: tuple[Refused, ...] = ()

    def plus(self, results: Sequence[Added], refused: Sequence[tuple[int, str]]) -> "Imported":
        """Return the sum of these counts and one more block's."""
        return Imported(
            self.added + results.count(Added.ADDED),
            self.present + results.count(Added.PRESENT),
            self.refusals + len(refused),
            (*self.refused, *(Refused(*each) for each in refused[: KEPT - len(self.refused)])),
        )


async def import_file(app: App, file: Path, report: Path | None = None) -> Imported:
    """Import a CSV file. `report` gets every refused line with its reason.

    Raises UsageError for a file that is not a list, StoreError when the list or the report cannot be written.
    """
    now, done = app.clock(), Imported()
    parser = RowParser(await known_topics(app), f"import {file.name}, {now:%Y-%m-%dT%H:%M:%SZ}", now)
    with opened(file) as text, _reporting(report) as write:
        total = await asyncio.to_thread(_count_lines, file)
        read = map(partial(_check, parser=parser), blocks(text, file))
        async with aclosing(_ahead(read)) as parts:
            async for part in parts:
                results = await _store(app, part, now)
                refused = sorted([*part.refused, *_refused(part, results)])
                done = done.plus(results, refused)
                write(refused)
                app.progress.count("reading", part.last, max(part.last + 1, total))
        app.progress.count("reading", total, total)
    return done


@dataclass(frozen=True, slots=True)
class _Part:
    """A checked block: its good rows with their numbers, and what is wrong with the others."""

    numbers: Sequence[int]
    new: NewSubscribers
    refused: Sequence[tuple[int, str]]
    last: int  # line


async def _store(app: App, part: _Part, now: datetime) -> list[Added]:
    keys = app.new_ids(len(part.numbers))
    hashes = partial(mailbox_hashes, app.keyring)
    return list(await app.store.subscribers.add_many(part.new, keys, at=now, hashes=hashes))


def _refused(part: _Part, results: Sequence[Added]) -> list[tuple[int, str]]:
    """Return the lines that the store refused."""
    if results.count(Added.ADDED) + results.count(Added.PRESENT) == len(results):
        return []
    rows = zip(part.numbers, results, strict=True)
    return [(number, REFUSED[result]) for number, result in rows if result.refused]


def _check(block: RowBlock, parser: RowParser) -> _Part:
    """Check a block column by column; only unusual rows are parsed one by one."""
    size = len(block.numbers)
    columns: dict[str, list[Any]] = {
        "email": list(block.columns["email"]),
        "name": list(block.columns.get("name", [""] * size)),
    }
    unusual = set(_unmatched(columns["email"], canonical_lines))
    unusual.update(_unmatched(columns["name"], _usual_names))
    for name, known in (
        ("consent", parser.consent),
        ("language", parser.language),
        ("topics", parser.chosen),
        ("confirmed_at", parser.time),
    ):
        read, odd = _decoded(block.columns.get(name, [""] * size), known)
        columns[name] = read
        unusual.update(odd)
    refused = _parse_rows(block, parser, columns, unusual)
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
        proof=parser.proof,
    )
    reasons = [(block.numbers[index], reason) for index, reason in refused.items() if reason]
    last = max([0, *block.numbers[-1:], *(number for number, _ in block.refused[-1:])])
    return _Part(numbers, new, [*block.refused, *reasons], last)


def _parse_rows(
    block: RowBlock, parser: RowParser, columns: dict[str, list[Any]], unusual: set[int]
) -> dict[int, str]:
    """Parse these rows one by one into the columns. Return why others are refused; a blank row has no reason."""
    refused = {}
    for index in unusual:
        cells = block.row(index)
        try:
            row = parser.row(cells)
        except ValueError as error:
            refused[index] = str(error) if any(cell.strip() for cell in cells.values()) else ""
            continue
        columns["email"][index], columns["name"][index] = row.email, row.name
        columns["language"][index], columns["topics"][index] = row.language, row.topics
        columns["confirmed_at"][index] = row.confirmed
    return refused


def _unmatched(cells: Sequence[str], stretch: Callable[[str, int], int]) -> Iterator[int]:
    """Yield the indexes of the cells that `stretch` stops at."""
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
    """Return a column of few different values, each parsed once, and the indexes of those that cannot be parsed."""
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
    """Yield the items, each computed on a thread while the caller works on the one before."""
    coming = asyncio.ensure_future(asyncio.to_thread(next, items, None))
    try:
        while (item := await coming) is not None:
            coming = asyncio.ensure_future(asyncio.to_thread(next, items, None))
            yield item
    finally:
        await asyncio.gather(coming, return_exceptions=True)


def _count_lines(file: Path) -> int:
    """Count the lines for the progress; 1 for a pipe, which can be read only once."""
    if not file.is_file():
        return 1
    with file.open("rb") as data:
        return sum(block.count(b"\n") for block in iter(lambda: data.read(1 << 20), b"")) or 1


@contextmanager
def _reporting(report: Path | None) -> Iterator[Callable[[Sequence[tuple[int, str]]], None]]:
    """Give a function that writes refused lines as CSV, flushed block by block. Raises StoreError."""
    if report is None:
        yield lambda _: None
        return
    with _written(report, "Choose another file; nothing was imported."):
        out = report.open("w", encoding="utf-8", newline="")
    writer = csv.writer(out)

    def write(refused: Iterable[tuple[object, str]]) -> None:
        with _written(report, "Make room and import again: what is stored stays."):
            writer.writerows(refused)
            out.flush()

    try:
        write([("line", "reason")])
        yield write
    finally:
        with suppress(OSError):  # reported already
            out.close()


@contextmanager
def _written(report: Path, hint: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{report} cannot be written ({error.strerror}).", hint) from error
