"""Finds the template line that produced a given offset of the output.

MJML is checked after Jinja has run, when loops and includes have moved everything. So each line of a template's own text is marked when it
is read. The marks are then taken out of the result, and leave a table of offsets.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

_OPEN, _CLOSE = "\ufdd2", "\ufdd3"  # noncharacters: content has none (characters.clean)
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*):([0-9]+){_CLOSE}")


class LineMarks(Extension):
    """A Jinja extension that marks each line of a template's own text."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Put a mark before each line of template text. This is a hook of Jinja."""
        for token in stream:
            if token.type != "data":
                yield token
                continue
            lines = token.value.split("\n")
            marked = (
                f"{_OPEN}{stream.name}:{token.lineno + step}{_CLOSE}{text}" for step, text in enumerate(lines)
            )
            yield Token(token.lineno, "data", "\n".join(marked))


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line of a template, by the name it was loaded under."""

    template: str
    line: int


@dataclass(frozen=True, slots=True)
class LineTable:
    """For a rendered template: the offsets at which the output of another template line starts, and these lines."""

    offsets: tuple[int, ...]
    lines: tuple[TemplateLine, ...]

    def at(self, offset: int) -> TemplateLine:
        """Return the template line that produced the character at `offset`."""
        index = bisect_right(self.offsets, offset) - 1
        return self.lines[max(index, 0)] if self.lines else TemplateLine("", 0)


def unmarked(rendered: str) -> tuple[str, LineTable]:
    """Return `rendered` without its marks, and their table."""
    offsets: list[int] = []
    lines: list[TemplateLine] = []
    out: list[str] = []
    length = position = 0
    for mark in _MARK.finditer(rendered):
        out.append(rendered[position : mark.start()])
        length += len(out[-1])
        position = mark.end()
        offsets.append(length)
        lines.append(TemplateLine(mark[1], int(mark[2])))
    out.append(rendered[position:])
    return "".join(out), LineTable(tuple(offsets), tuple(lines))
