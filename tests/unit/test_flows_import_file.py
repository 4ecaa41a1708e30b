"""The file of an import, block by block, against a subscriber that knows no blocks."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.flows.subscribers.import_file import blocks

HEADER = "email,name,notes\n"
CELL = st.sampled_from(
    [
        "a@b.example",
        "",
        " ",
        "Ann",
        '"Ann, Lee"',
        '"A ""B"" C"',
        'A "B',
        '"',
        '"two\nlines"',
        "é",
        "\x85",
        "\u2028",
    ]
)
LINE = st.lists(CELL, min_size=1, max_size=4).map(",".join)


def read(text: str, size: int) -> tuple[list[tuple[int, dict[str, str]]], list[tuple[int, str]]]:
    """Rows that hold something, and refused lines, with their numbers."""
    rows: list[tuple[int, dict[str, str]]] = []
    refused: list[tuple[int, str]] = []
    for block in blocks(io.StringIO(text, newline=""), Path("list.csv"), size):
        assert {len(cells) for cells in block.columns.values()} == {len(block.numbers)}
        for index, number in enumerate(block.numbers):
            if any(cell.strip() for cell in block.row(index).values()):
                rows.append((number, block.row(index)))
        refused += block.refused
    return rows, refused


@given(lines=st.lists(LINE, max_size=12), end=st.sampled_from(["\n", "\r\n", "\r"]), last=st.booleans())
def test_where_a_block_ends_makes_no_difference(lines: list[str], end: str, last: bool) -> None:
    text = HEADER + end.join(lines) + (end if last else "")
    assert read(text, 1) == read(text, 40) == read(text, 2**20)


@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]))] * 3),
        max_size=9,
    )
)
def test_what_the_csv_module_writes_is_read_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    found, refused = read(HEADER + out.getvalue(), 2**20)
    wanted = [
        (number, dict(zip(("email", "name", "notes"), row, strict=True)))
        for number, row in enumerate(rows, 2)
        if any(cell.strip() for cell in row)
    ]
    assert (found, refused) == (wanted, [])


@pytest.mark.parametrize("size", [1, 25, 2**20])
def test_lines_are_numbered_through_notes_of_several_lines_and_a_mark_that_nobody_closes(size: int) -> None:
    text = HEADER + 'a@b.example,Ann,"two\nlines"\n"b@b.example,Bo,\nc@b.example,Cy,\n\nd@b.example\n'
    rows, refused = read(text, size)
    assert [(number, cells["email"]) for number, cells in rows] == [
        (2, "a@b.example"),
        (5, "c@b.example"),
        (7, "d@b.example"),
    ]
    assert refused == [(4, "a quotation mark is not closed")]
    assert rows[-1][1] == {"email": "d@b.example", "name": "", "notes": ""}
