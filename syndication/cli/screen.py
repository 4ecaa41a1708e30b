"""The global options, and the progress that a person sees: lines, and a bar on a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from syndication import logs
from syndication.flows.progress import NONE, Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import typer

    from syndication.domain.week import WeekKey
    from syndication.flows.app import App
    from syndication.wiring.app import Moment

log = logs.logger(__name__)

FRAME = 0.1  # seconds between two drawings of the bar
LONG = 120  # seconds, from which on minutes are shown
TELL = 0.25  # seconds between two lines of a sender process


@dataclass(frozen=True, slots=True)
class Options:
    """The global options; `at` is the clock and the ids, the real ones if None."""

    config: str
    json: bool
    verbose: bool
    at: Moment | None = None

    def progress(self) -> Progress:
        """Return how to show progress."""
        if logs.for_machines():
            return LogProgress()
        return Silent() if self.json else Screen(self.verbose)

    @property
    def moment(self) -> Moment:
        """The clock and the ids of this command."""
        from syndication.wiring.app import REAL

        return self.at or REAL

    def app(self, progress: Progress | None = None) -> AbstractAsyncContextManager[App]:
        """Open the site. Raises SettingsError, StoreError, TemplateError."""
        from syndication.wiring.app import open_app

        return open_app(self.config, progress=progress or self.progress(), moment=self.moment)

    def rehearsal(
        self, week: WeekKey | None, below: Path | None = None
    ) -> AbstractAsyncContextManager[tuple[App, WeekKey, Path]]:
        """Open a copy of the site; see `wiring.app.open_rehearsal`."""
        from syndication.wiring.app import open_rehearsal

        return open_rehearsal(self.config, week, progress=self.progress(), moment=self.moment, below=below)


def options(context: typer.Context) -> Options:
    """Return the global options of this command line."""
    found = context.find_root().obj
    assert isinstance(found, Options)
    return found


@dataclass(slots=True)
class Screen:
    """Progress on standard error; a bar only for what takes over a second on a terminal, plain lines elsewhere."""

    verbose: bool
    out: TextIO = field(default_factory=lambda: sys.stderr)
    began: float = 0.0
    shown: bool = False
    drawn: float = 0.0

    def say(self, line: str) -> None:
        """See `Progress`."""
        self._clear()
        print(f"  {line}", file=self.out, flush=True)

    def count(self, task: str, done: int, total: int, outcomes: Mapping[str, int] = NONE) -> None:
        """See `Progress`."""
        now = time.monotonic()
        self.began = self.began or now
        if done >= total:
            self._clear()
            if self.shown or self.verbose:
                print(f"  {task}: {done:,} of {total:,}{_outcomes(outcomes)}", file=self.out, flush=True)
            self.began, self.shown = 0.0, False
        elif now - self.began > 1 and now - self.drawn > FRAME:
            self.drawn = now
            self._draw(task, done, total, done / (now - self.began), _outcomes(outcomes))

    def _draw(self, task: str, done: int, total: int, rate: float, outcomes: str) -> None:
        if not self.out.isatty():
            return
        self.shown = True
        left = f", {_time((total - done) / rate)} left" if rate else ""
        filled = 30 * done // max(total, 1)
        print(
            f"\r  {task} {'━' * filled}{' ' * (30 - filled)} {done:,}/{total:,} {rate:,.0f}/s{left}{outcomes}\x1b[K",
            end="",
            file=self.out,
            flush=True,
        )

    def _clear(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=self.out, flush=True)


class LogProgress:
    """Progress as lines of the log, for `--log json`."""

    def say(self, line: str) -> None:
        """See `Progress`."""
        log.info(line)

    def count(self, task: str, done: int, total: int, outcomes: Mapping[str, int] = NONE) -> None:
        """See `Progress`: only the end is a line."""
        if done >= total:
            log.info(task, done=done, total=total, outcomes=dict(outcomes))


def _outcomes(outcomes: Mapping[str, int]) -> str:
    parts = [f"{number:,} {state.replace('_', ' ')}" for state, number in outcomes.items() if number]
    return f" · {', '.join(parts)}" if parts else ""


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= LONG else f"{seconds:.0f} s"


@dataclass(slots=True)
class JsonProgress:
    """Progress of a sender process, for the run that started it: JSON lines on standard output, each with the outcomes since the last.

    A suspended run does not stop its senders: what it does not read is repeated later.
    """

    told: Counter[str] = field(default_factory=Counter)
    at: float = 0.0

    def open(self) -> None:
        """Make writes never wait for the run to read. A terminal is left as it is, because the shell shares it."""
        if not sys.stdout.isatty():
            os.set_blocking(1, False)

    def say(self, line: str) -> None:
        """Print nothing: the run does."""

    def count(self, task: str, done: int, total: int, outcomes: Mapping[str, int] = NONE) -> None:  # noqa: ARG002 - the protocol
        """See `Progress`."""
        now = time.monotonic()
        if now - self.at > TELL:
            self.at = now
            self.tell(outcomes)

    def tell(self, outcomes: Mapping[str, int], **more: Any) -> None:
        """Write a line, if the run reads."""
        fresh = {str(state): number - self.told[state] for state, number in outcomes.items()}
        with suppress(OSError):  # the run is gone or frozen
            os.write(1, json.dumps({"outcomes": fresh, **more}).encode() + b"\n")
            self.told.update(fresh)


def forgiving(*streams: TextIO) -> None:
    """Print a question mark for each character that the terminal cannot show: no title may end a run."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
