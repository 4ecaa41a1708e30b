"""The file of an import: CSV as people export it. Each line is read or refused for itself; one that is broken takes no other with it."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from syndication.errors import UsageError

__all__ = ["COLUMNS", "Row", "opened", "rows"]

COLUMNS = ("email", "name", "language", "topics", "confirmed_at")
LONGEST = 20  # lines of one row: other columns may hold notes of several lines

Row = tuple[
    int, dict[str, str] | str
]  # the number of its first line (the header is line 1), and its cells or why it is refused


def opened(file: Path) -> TextIO:
    """Raises UsageError. What is not UTF-8 comes as surrogates, which `rows` refuses line by line."""
    try:
        return file.open(encoding="utf-8-sig", newline="", errors="surrogateescape")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read ({error.strerror}).", "Give a CSV file with a header line."
        ) from error


def rows(text: TextIO, file: Path) -> Iterator[Row]:
    """All rows but blank ones. A semicolon or tab in the header line is taken for the separator. Raises UsageError without a header."""
    head = text.readline()
    separator = max(",;\t", key=head.count)
    header = [name.strip().casefold() for name in next(csv.reader([head], delimiter=separator), [])]
    if "email" not in header:
        raise UsageError(
            f"{file} has no column email in its first line.",
            f"Start it with a line like {','.join(COLUMNS)}.",
        )
    for number, cells in _records(text, separator, header):
        if isinstance(cells, str):
            yield number, cells
        elif any(cell.strip() for cell in cells):
            yield number, _utf8(dict(zip(header, cells, strict=False)))


def _records(text: TextIO, separator: str, header: Sequence[str]) -> Iterator[tuple[int, list[str] | str]]:
    """A quotation mark that nobody closes would swallow the lines after it: then its own is refused and they are read again."""
    ours = [index for index, name in enumerate(header) if name in COLUMNS]
    ahead = enumerate(text, 2)
    again: deque[tuple[int, str]] = deque()
    while first := again.popleft() if again else next(ahead, None):
        lines = [first]
        cells = _cells([first[1]], separator)
        while cells is None and len(lines) < LONGEST:
            if not (more := again.popleft() if again else next(ahead, None)):
                break
            lines.append(more)
            cells = _cells([line for _, line in lines], separator)
        if cells is None or (len(lines) > 1 and _swallowed(cells, ours)):
            again.extendleft(reversed(lines[1:]))
            cells = "a quotation mark is not closed"
        yield first[0], cells


def _swallowed(cells: list[str] | str, ours: Sequence[int]) -> bool:
    """Whether lines were joined that are no row together: none of our columns holds more than one line."""
    return isinstance(cells, str) or any("\n" in cells[index] for index in ours if index < len(cells))


def _cells(lines: list[str], separator: str) -> list[str] | str | None:
    """The cells of a row, why it is none, or None when it goes on on the next line."""
    try:
        return next(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error as error:
        return None if "unexpected end of data" in str(error) else f"this is no CSV: {error}"


def _utf8(cells: dict[str, str]) -> dict[str, str] | str:
    try:
        "".join(cells.values()).encode()
    except UnicodeEncodeError:
        return "this is not UTF-8 text"
    return cells
