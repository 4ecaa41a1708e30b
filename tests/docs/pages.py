"""The documentation as values: pages, their fenced blocks, their links, and a way to run their commands."""

import re
import shlex
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from syndication.cli.main import run

__all__ = ["PAGES", "ROOT", "Block", "Stranger", "blocks", "text"]

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "benchmarks/README.md",
    ROOT / "examples/README.md",
    ROOT / "feeds/README.md",
    ROOT / "templates/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w./-]+\.\w+)`[^`]*\n\n$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `file` is the last file that the line above it names."""

    language: str  # empty: commands
    body: str
    file: str


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Block]:
    whole = text(page)
    for match in _FENCE.finditer(whole):
        named = _FILE.search(whole[: match.start()])
        yield Block(match[1], match[2], named[1] if named else "")


class Stranger:
    """A newcomer who types what a page says, line by line, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.typed: list[str] = []

    def type(self, commands: str) -> list[int]:
        """Run a block's `syndicate` lines and return their exit codes. `cd` is followed; `. .venv/bin/activate` is skipped."""
        codes = []
        for line in commands.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["cd"]:
                self.folder = (self.folder / words[1]).resolve()
            elif words[:1] == ["syndicate"]:
                self.typed.append(line)
                with chdir(self.folder):
                    codes.append(run(words[1:]))
            else:
                assert words[:2] == [".", ".venv/bin/activate"], f"a test cannot type {line!r}"
        return codes
