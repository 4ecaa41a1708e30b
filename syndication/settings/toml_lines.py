"""Find the line of every key in a TOML document, which tomllib does not report.

This is a scan, not a second parser: its input was read by tomllib, so it relies on the grammar (toml.io/en/v1.0.0) and skips values.
Paths are as in tomllib's result: `("sources", 0, "name")`.
"""

import re
import tomllib
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r'[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_STRING = re.compile(
    r'"""(?:"{0,2}(?:[^"\\]|\\[\s\S]))*"{3,5}'
    r"|'''(?:'{0,2}[^'])*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
_OTHER = re.compile(r"[^,\]}#\r\n]*")  # numbers, booleans, dates with a space in them


def key_lines(text: str) -> dict[Path, int]:
    """Return the line, from 1, of every table, key and array element. `text` must be valid TOML."""
    scan = _Scan(text)
    scan.document()
    return scan.lines


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.lines: dict[Path, int] = {}
        self._counted = (0, 1)  # a position and its line
        self._arrays: dict[Path, int] = {}  # arrays of tables: the index of the last
        self._implied: set[Path] = set()  # on the line of a longer key so far

    def document(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.position] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        array = self.text.startswith("[[", self.position)
        line = self._line()
        self.position += 2 if array else 1
        table: Path = ()
        keys = self._key()
        for depth, key in enumerate(keys):
            table = (*table, key)
            last = depth == len(keys) - 1
            self._note(table, line, implied=not last)
            if last and array:
                self._arrays[table] = self._arrays.get(table, -1) + 1
            if table in self._arrays:
                table = (*table, self._arrays[table])
                self._note(table, line, implied=not last)
        self.position = self.text.index("]", self.position) + (2 if array else 1)
        return table

    def _pair(self, table: Path) -> None:
        line = self._line()
        keys = self._key()
        for depth in range(1, len(keys) + 1):
            self._note((*table, *keys[:depth]), line, implied=depth < len(keys))
        self.position += 1  # the sign =
        self._skip(_SPACE)
        self._value((*table, *keys))

    def _key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            match = _KEY.match(self.text, self.position)
            assert match
            keys.append(_unquoted(match[0]))
            self.position = match.end()
            self._skip(_SPACE)
            if self.text[self.position] != ".":
                return keys
            self.position += 1

    def _value(self, path: Path) -> None:
        start = self.text[self.position]
        if start == "[":
            self._array(path)
        elif start == "{":
            self._inline(path)
        else:
            self._skip(_STRING if start in "\"'" else _OTHER)

    def _array(self, path: Path) -> None:
        self.position += 1
        index = 0
        while self.text[self._skip(_BLANK)] != "]":
            if self.text[self.position] == ",":
                self.position += 1
                continue
            self._note((*path, index), self._line(), implied=False)
            self._value((*path, index))
            index += 1
        self.position += 1

    def _inline(self, path: Path) -> None:
        self.position += 1
        while self.text[self._skip(_BLANK)] != "}":
            if self.text[self.position] == ",":
                self.position += 1
            else:
                self._pair(path)
        self.position += 1

    def _note(self, path: Path, line: int, *, implied: bool) -> None:
        """Record a line. The line that names a table itself replaces that of a key below it."""
        if path not in self.lines or (not implied and path in self._implied):
            self.lines[path] = line
            (self._implied.add if implied else self._implied.discard)(path)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.position)
        assert match
        self.position = match.end()
        return self.position

    def _line(self) -> int:
        position, line = self._counted
        line += self.text.count("\n", position, self.position)
        self._counted = (self.position, line)
        return line


def _unquoted(key: str) -> str:
    if key[0] == '"':
        return str(tomllib.loads(f"key = {key}")["key"])
    return key[1:-1] if key[0] == "'" else key
