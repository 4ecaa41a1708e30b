"""Progress of a flow for a person at the command line; `Silent` is for `--json` and tests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

NONE: Mapping[str, int] = MappingProxyType({})


class Progress(Protocol):
    """Where a flow reports what it does."""

    def say(self, line: str) -> None:
        """Report what was just done in one line."""

    def count(self, task: str, done: int, total: int, outcomes: Mapping[str, int] = NONE) -> None:
        """Report the progress of a task over many items, and the number of items by outcome; `done == total` ends it."""


class Silent:
    """Shows nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def count(self, task: str, done: int, total: int, outcomes: Mapping[str, int] = NONE) -> None:
        """Show nothing."""
