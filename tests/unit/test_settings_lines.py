"""The scan finds every key that tomllib reads on the line where it stands."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from syndication.settings.toml_lines import Path, key_lines

KEYS = [  # as written, as read
    ("name", "name"),
    ("a-b_9", "a-b_9"),
    ("2026", "2026"),
    ('"quoted key"', "quoted key"),
    ('"dots.and = signs"', "dots.and = signs"),
    (r'"a \"b\" \u00e9 \\"', 'a "b" é \\'),
    ("'literal # [key]'", "literal # [key]"),
    ('""', ""),
]
SCALARS = [
    "1",
    "-0.5e3",
    "true",
    "2026-11-22 07:00:00",
    "07:32:00",
    '"plain"',
    r'"a \" [b] {c} # d"',
    '""',
    "'lit \" # ]'",
    "''",
    '"""\nname = 1\n[table]\n"quoted" ""two"" \\""" # text\\\n  end"""',
    '""""one quote in front, two behind"""""',
    "'''\nname = 1\n[[array]] ''two'' #'''",
    '""""""',
]
SPACES = st.sampled_from(["", " ", "\t"])
BREAKS = st.sampled_from(["", "\n", ' # a comment with ] } and "\n', "\n\n  "])


@dataclass
class Document:
    """A document as it grows, and the line of every path in it."""

    text: str = ""
    lines: dict[Path, int] = field(default_factory=dict)

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)


def draw_key(draw: st.DrawFn, used: set[str]) -> tuple[str, str]:
    return draw(st.sampled_from([key for key in KEYS if key[1] not in used]))


def add_value(draw: st.DrawFn, document: Document, path: Path, depth: int, *, one_line: bool) -> None:
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "inline"] if depth else ["scalar"]))
    if kind == "array":
        document.text += "["
        for index in range(draw(st.integers(0, 3))):
            document.text += ("," if index else "") + ("" if one_line else draw(BREAKS))
            document.note((*path, index))
            add_value(draw, document, (*path, index), depth - 1, one_line=one_line)
        document.text += ("" if one_line else draw(BREAKS)) + "]"
    elif kind == "inline":
        document.text += "{" + draw(SPACES)
        add_pairs(draw, document, path, depth - 1, separator=", ")
        document.text += draw(SPACES) + "}"
    else:
        document.text += draw(st.sampled_from(SCALARS))


def add_pairs(draw: st.DrawFn, document: Document, table: Path, depth: int, separator: str) -> None:
    used: set[str] = set()
    for index in range(draw(st.integers(0, 3))):
        written, read = draw_key(draw, used)
        used.add(read)
        path = (*table, read)
        document.text += separator if index and separator == ", " else ""
        document.note(path)
        document.text += written
        if draw(st.booleans()):
            document.text += draw(SPACES) + "." + draw(SPACES) + "'in ner'"
            path = (*path, "in ner")
            document.note(path)
        document.text += draw(SPACES) + "=" + draw(SPACES)
        add_value(draw, document, path, depth, one_line=separator == ", ")
        if separator != ", ":
            document.text += draw(st.sampled_from(["\n", " # note = 1\n", "\n\n", "\r\n"]))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    document = Document(draw(st.sampled_from(["", "\n", "# title = 1\n"])))
    add_pairs(draw, document, (), 3, "\n")
    for number in range(draw(st.integers(0, 3))):
        space = draw(SPACES)
        table: Path = (f"table {number}",)
        document.note(table)
        document.text += f"[{space}'table {number}'{space}]{space}# [x]\n"
        add_pairs(draw, document, table, 2, "\n")
        for index in range(draw(st.integers(0, 2))):
            element: Path = (*table, "many", index)
            document.note((*table, "many"))
            document.note(element)
            document.text += f"[['table {number}'.many]]\n"
            add_pairs(draw, document, element, 2, "\n")
            document.note((*element, "below"))
            document.text += f"[ 'table {number}' . many.below ]\n"
            add_pairs(draw, document, (*element, "below"), 1, "\n")
    return document


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in below:
        yield (*at, key)
        yield from paths(inner, (*at, key))


@given(documents())
@settings(max_examples=80)
def test_every_key_that_tomllib_reads_is_found_on_its_line(document: Document) -> None:
    found = key_lines(document.text)
    assert set(found) == set(paths(tomllib.loads(document.text)))
    assert found == document.lines


def test_a_table_is_on_the_line_of_its_own_header_when_a_table_below_it_stands_before() -> None:
    assert key_lines("[a.b]\nx = 1\n[a]\ny = 2\n")[("a",)] == 3


def test_a_key_within_the_third_of_several_tables_has_its_own_line() -> None:
    text = '[[sources]]\nname = "a"\n[[sources]]\nname = "b"\n\n[[sources]]\nkind = "x"\nname = "c"\n'
    assert key_lines(text)[("sources", 2, "name")] == 8


def test_a_table_below_one_of_several_tables_belongs_to_the_last() -> None:
    lines = key_lines("[[a]]\n[[a]]\n[a.b]\nx = 1\n[[a.c]]\n[[a.c]]\ny = 2\n")
    assert lines[("a", 1, "b", "x")] == 4
    assert lines[("a", 1, "c", 1, "y")] == 7
