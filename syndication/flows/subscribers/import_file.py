"""The file of an import: CSV as people export it. Each line is read or refused by itself; a broken one affects no other.

A list may have a million lines, so as much as possible is done for two megabytes at once: a block without quotation marks is split into
columns at once, one with them goes through the csv module, and only a block that this finds broken is read line by line.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import TextIO

from syndication.errors import UsageError

COLUMNS = ("email", "name", "language", "topics", "confirmed_at", "consent")
LONGEST = 20  # lines of one row: other columns may hold notes of several lines
SIZE = 2 * 2**20  # characters of a block, and then to the end of its line

Numbered = tuple[int, str]


@dataclass(frozen=True, slots=True)
class RowBlock:
    """The rows of a part of the file, column by column, and its refused lines with their reasons."""

    numbers: Sequence[int]  # of each row's first line; the header is line 1
    columns: Mapping[str, Sequence[str]]  # every one that the header names, a cell for each row
    refused: Sequence[Numbered] = ()

    def row(self, index: int) -> dict[str, str]:
        """Return a row's cells by their columns."""
        return {name: cells[index] for name, cells in self.columns.items()}


def opened(file: Path) -> TextIO:
    """Open a list. Bytes that are not UTF-8 become surrogates, which `blocks` refuses line by line. Raises UsageError."""
    try:
        return file.open(encoding="utf-8-sig", newline="", errors="surrogateescape")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read ({error.strerror}).", "Give a CSV file with a header line."
        ) from error


def blocks(text: TextIO, file: Path, size: int = SIZE) -> Iterator[RowBlock]:
    """Yield the whole file, separated by commas, semicolons or tabs, as its header line is. Raises UsageError without a header."""
    head = text.readline()
    separator = max(",;\t", key=head.count)
    header = [name.strip().casefold() for name in next(csv.reader([head], delimiter=separator), [])]
    if "email" not in header:
        raise UsageError(
            f"{file} has no column email in its first line.",
            f"Start it with a line like {','.join(COLUMNS[:-1])}.",
        )
    number = 2
    while read := text.read(size) + text.readline():
        columns = _plain(read, separator, len(header)) or _tabular(read, separator, len(header))
        if columns is not None:
            rows = range(number, number + len(columns[0]))
            yield RowBlock(rows, dict(zip(header, columns, strict=True)))
            number = rows.stop
        else:
            block, number = _careful(_Lines(read, text, number), separator, header)
            yield block


def _plain(block: str, separator: str, width: int) -> list[list[str]] | None:
    """Return the columns of a block without quotation marks whose lines have as many cells as the header; None for any other."""
    block = block if block.endswith(("\n", "\r")) else block + "\n"
    if not _regular(separator, width).fullmatch(block) or not _is_utf8(block):
        return None
    cells = block.replace("\r\n", "\n")[:-1].replace("\n", separator).split(separator)
    return [cells[index::width] for index in range(width)]


@lru_cache
def _regular(separator: str, width: int) -> re.Pattern[str]:
    cell = rf'[^"\r\n{separator}]*+'
    return re.compile(rf"(?:{cell}(?:{separator}{cell}){{{width - 1}}}\r?\n)*+")


def _tabular(block: str, separator: str, width: int) -> list[tuple[str, ...]] | None:
    """Return the columns of a block in which every line is one row; missing cells are empty. None for any other."""
    if not _is_utf8(block):
        return None
    lines = _split(block)
    try:
        rows = list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        return None
    if len(rows) != len(lines):
        return None
    columns = list(zip_longest(*rows, fillvalue=""))[:width]
    return columns + [("",) * len(rows)] * (width - len(columns))


def _split(block: str) -> list[str]:
    """Return the lines as a text file has them; `str.splitlines` would find more."""
    return list(io.StringIO(block, newline=""))


def _is_utf8(text: str) -> bool:
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Lines:
    """The numbered lines of a block, and of the file after it for a row that continues there. Taken lines can be put back."""

    def __init__(self, block: str, text: TextIO, number: int) -> None:
        lines = _split(block)
        self._waiting: deque[Numbered] = deque(enumerate(lines, number))
        self._ahead = enumerate(text, number + len(lines))
        self.next = number + len(lines)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self) -> Numbered | None:
        """Return the next line; None at the end of the file."""
        if self._waiting:
            return self._waiting.popleft()
        line = next(self._ahead, None)
        self.next += line is not None
        return line

    def put_back(self, lines: Sequence[Numbered]) -> None:
        """Put lines back, to be taken again."""
        self._waiting.extendleft(reversed(lines))


def _careful(lines: _Lines, separator: str, header: Sequence[str]) -> tuple[RowBlock, int]:
    """Read line by line, and return the block and the number of the next line."""
    rows: list[tuple[int, list[str]]] = []
    refused: list[Numbered] = []
    for number, cells in _records(lines, separator, header):
        if isinstance(cells, str):
            refused.append((number, cells))
        elif any(cell.strip() for cell in cells):
            if _is_utf8("".join(cells)):
                rows.append((number, cells))
            else:
                refused.append((number, "this is not UTF-8 text"))
    columns = {
        name: [cells[index] if index < len(cells) else "" for _, cells in rows]
        for index, name in enumerate(header)
    }
    return RowBlock([number for number, _ in rows], columns, refused), lines.next


def _records(lines: _Lines, separator: str, header: Sequence[str]) -> Iterator[tuple[int, list[str] | str]]:
    """Yield rows. An unclosed quotation mark would swallow the lines after it: its line is refused and they are read again."""
    ours = [index for index, name in enumerate(header) if name in COLUMNS]
    while lines and (first := lines.take()):
        taken = [first]
        cells = _cells([first[1]], separator)
        while cells is None and len(taken) < LONGEST:
            if not (more := lines.take()):
                break
            taken.append(more)
            cells = _cells([line for _, line in taken], separator)
        if cells is None or (len(taken) > 1 and _swallowed(cells, ours)):
            lines.put_back(taken[1:])
            cells = "a quotation mark is not closed"
        yield first[0], cells


def _swallowed(cells: list[str] | str, ours: Sequence[int]) -> bool:
    """Return whether joined lines are not one row: none of our columns holds more than one line."""
    return isinstance(cells, str) or any("\n" in cells[index] for index in ours if index < len(cells))


def _cells(lines: list[str], separator: str) -> list[str] | str | None:
    """Return the cells of a row, why it is not a row, or None when it continues on the next line."""
    try:
        return next(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error as error:
        return None if "unexpected end of data" in str(error) else f"this is not CSV: {error}"
