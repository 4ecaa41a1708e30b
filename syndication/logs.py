"""The log of every command: structlog's lines on the standard library's `logging`, on standard error.

A module writes `log = logger(__name__)`, then `log.debug("batch sent", rows=500)`: what happened, and facts by name. That costs
nothing at import: structlog, which loads rich (0.3 s), is imported when the first line is written.

No line shows a mail address, a token or the user and password of a URL. Do not log any; what looks like one is replaced in the end
too, because the messages of servers and libraries and the texts of exceptions quote them.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    import asyncio

LogForm = Literal["human", "json"]
Facts = MutableMapping[str, Any]

# The bounds keep long texts without an address linear.
_USER = re.compile(r"(?<=://)[^\s/@]*(?:@|%40)")
_ADDRESS = re.compile(
    r"""(?:"[^"\n]{0,99}"|[^\s"'<>()\[\]{},;:=\\]{1,99})(?:@|%40)[^\s"'<>()\[\]{},;:=/?&\\]+""", re.IGNORECASE
)
# Our tokens are lowercase base32 of 32 characters or more, those of a subscriber's links 46; signatures are 64 hexadecimal digits.
_TOKEN = re.compile(r"(?<![a-z0-9])(?:[a-z2-7]{32,}|[0-9a-f]{64,})(?![a-z0-9])", re.IGNORECASE)


class Log:
    """A logger by name. Every method takes what happened in a few fixed words, then facts: counts, names, seconds."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, *, fault: BaseException | None = None, **facts: object) -> None:
        """Log what only `--verbose` shows."""
        self._write(logging.DEBUG, event, fault, facts)

    def info(self, event: str, **facts: object) -> None:
        """Log a step of the work; a person is shown it in other words (`Progress`)."""
        self._write(logging.INFO, event, None, facts)

    def warning(self, event: str, **facts: object) -> None:
        """Log what an operator should look at."""
        self._write(logging.WARNING, event, None, facts)

    def error(self, event: str, **facts: object) -> None:
        """Log a failure that ends the work."""
        self._write(logging.ERROR, event, None, facts)

    def fault(self, event: str, fault: BaseException, /, **facts: object) -> None:
        """Log an error with its traceback."""
        self._write(logging.ERROR, event, fault, facts)

    @contextmanager
    def timed(self, event: str, **facts: object) -> Iterator[dict[str, object]]:
        """Log `event` at the end of the block, however that ends, with its `seconds`; the block may add facts."""
        began = time.monotonic()
        try:
            yield facts
        finally:
            self.debug(event, **cast("dict[str, Any]", facts), seconds=round(time.monotonic() - began, 3))

    def _write(self, level: int, event: str, fault: BaseException | None, facts: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=fault, extra={"facts": facts})


def logger(name: str) -> Log:
    """Return the logger of a module, which passes `__name__`."""
    return Log(name)


def log_fault(task: asyncio.Task[Any], name: str) -> None:
    """Log the fault that ends a background task, now and not when the garbage collector finds the task."""

    def ended(task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (fault := task.exception()):
            logger(__name__).fault("background task failed", fault, task=name)

    task.add_done_callback(ended)


class _Lines(logging.Handler):
    """Writes each record as a line on what is standard error at that time."""

    def __init__(self, form: LogForm) -> None:
        super().__init__()
        self.form = form
        self.run = os.urandom(4).hex()  # in every line of one command

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. The first one imports structlog."""
        if self.formatter is None:
            self.formatter = _formatter(self.form)
        return super().format(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, over a progress bar if there is one. A closed or full standard error fails no command."""
        try:
            record.run = self.run
            above_a_bar = "\r\x1b[K" if self.form == "human" and sys.stderr.isatty() else ""
            sys.stderr.write(f"{above_a_bar}{self.format(record)}\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # closed, full
            return
        except Exception:  # noqa: BLE001 - as logging does
            self.handleError(record)


def configure(form: LogForm = "human", *, verbose: bool = False) -> None:
    """Send the log to standard error, in place of an earlier configuration.

    Shown from: DEBUG with `verbose`, else INFO as JSON and WARNING for people, who see the command's progress anyway. Of
    libraries, Python's own warnings among them, it is WARNING always.
    """
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Lines)]:
        root.removeHandler(handler)
    root.addHandler(_Lines(form))
    level = logging.INFO if form == "json" else logging.WARNING
    logging.getLogger("syndication").setLevel(logging.DEBUG if verbose else level)
    logging.captureWarnings(capture=True)


def for_machines() -> bool:
    """Whether standard error is JSON lines: then it has nothing else."""
    return any(handler.form == "json" for handler in _handlers())


def child_options() -> tuple[str, ...]:
    """Return the options that make a child process log for `relay` what this process would log."""
    verbose = logging.getLogger("syndication").isEnabledFor(logging.DEBUG)
    return (*(["--verbose"] if verbose else []), *(["--log", "json"] if verbose or for_machines() else []))


def relay(line: dict[str, Any]) -> None:
    """Log a line that a child process logged as JSON. Raises KeyError if it is not one."""
    own = {"timestamp", "level", "event", "logger", "run"}
    facts = {name: value for name, value in line.items() if name not in own}
    level = logging.getLevelNamesMapping()[line["level"].upper()]
    logging.getLogger(line["logger"]).log(level, line["event"], extra={"facts": facts})


def _handlers() -> list[_Lines]:
    return [each for each in logging.getLogger().handlers if isinstance(each, _Lines)]


def _formatter(form: LogForm) -> logging.Formatter:
    from structlog.dev import ConsoleRenderer, plain_traceback  # noqa: PLC0415 - 0.3 s
    from structlog.processors import JSONRenderer, format_exc_info  # noqa: PLC0415
    from structlog.stdlib import ProcessorFormatter  # noqa: PLC0415

    people = ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=plain_traceback, pad_level=False, sort_keys=False
    )
    return ProcessorFormatter(
        foreign_pre_chain=[_facts, format_exc_info],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            lambda _, __, facts: {name: _without_secrets(value) for name, value in facts.items()},
            JSONRenderer() if form == "json" else people,
        ],
    )


def _facts(_: object, __: str, line: Facts) -> Facts:
    record: logging.LogRecord = line["_record"]
    written = datetime.fromtimestamp(record.created, UTC)
    named = {
        "timestamp": f"{written:%Y-%m-%dT%H:%M:%S}.{written.microsecond // 1000:03}Z",
        "level": record.levelname.lower(),
        "event": " ".join(line["event"].split()),  # Python's warnings have line ends
        "logger": record.name,
        "run": record.__dict__["run"],
    }
    return {**named, **getattr(record, "facts", {}), **{name: line[name] for name in line if name != "event"}}


def _without_secrets(value: object) -> object:
    """Return a value that JSON has, with what looks like an address or a token left out."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        return {_scrubbed(str(name)): _without_secrets(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(each) for each in value]
    return _scrubbed(str(value))


def _scrubbed(text: str) -> str:
    return _TOKEN.sub("<token>", _ADDRESS.sub("<address>", _USER.sub("", text)))
