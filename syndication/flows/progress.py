"""How a flow tells a person what it is doing. The command line shows it; `Silent` is for `--json` and tests."""

from typing import Protocol

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """What a flow may say."""

    def say(self, line: str) -> None:
        """One line about what was just done."""

    def count(self, task: str, done: int, total: int) -> None:
        """How far a task over many items has come; `done == total` ends it."""


class Silent:
    """Says nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def count(self, task: str, done: int, total: int) -> None:
        """Show nothing."""
