"""How a flow tells a person what it is doing. The command line shows it; `Silent` is for `--json` and tests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

__all__ = ["NONE", "Progress", "Silent"]

NONE: Mapping[str, int] = MappingProxyType({})


class Progress(Protocol):
    """What a flow may say."""

    def say(self, line: str) -> None:
        """One line about what was just done."""

    def count(self, task: str, done: int, total: int, outcomes: Mapping[str, int] = NONE) -> None:
        """How far a task over many items has come, and what became of them; `done == total` ends it."""


class Silent:
    """Says nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def count(self, task: str, done: int, total: int, outcomes: Mapping[str, int] = NONE) -> None:
        """Show nothing."""
