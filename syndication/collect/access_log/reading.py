"""Read the log of one week, in steps, so that the caller can show progress or stop."""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from syndication.collect.access_log.counting import Counting
from syndication.collect.access_log.files import blocks, find_logs
from syndication.collect.access_log.json_lines import JsonKeys
from syndication.collect.access_log.paths import ArticlePaths
from syndication.collect.access_log.times import Clock
from syndication.collect.access_log.visitors import MANY
from syndication.domain.article import ResolvedArticle
from syndication.domain.audience import Audience

_STEP = 16  # blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to count: the visitors of `articles`, after `begins` and up to `ends`, in the files that `pattern`
    (absolute) matches.

    `zone` applies to times without one.
    """

    pattern: Path
    begins: datetime
    ends: datetime
    articles: tuple[ResolvedArticle, ...]
    zone: tzinfo = UTC
    keys: JsonKeys = field(default_factory=JsonKeys)
    many: int = MANY  # see `visitors.py`


class AccessLog:
    """The site's log. The last answer is cached until a file changes: a preview asks at every save of a template."""

    def __init__(self) -> None:
        self._answer: tuple[Hashable, Audience] | None = None

    async def audience(
        self, question: Question, *, salt: bytes, progress: Callable[[int, int], None]
    ) -> Audience:
        """Read the week's log. `salt`: 16 random bytes; `progress` is called with the bytes read and the bytes in all.

        Raises CollectError when there is no file, or one cannot be read to its end.
        """
        reading = LogReading(question, salt)
        if self._answer is None or self._answer[0] != reading.key:
            steps = reading.steps()
            while step := await asyncio.to_thread(next, steps, None):
                progress(*step)
            self._answer = (reading.key, reading.audience())
        return self._answer[1]


class LogReading:
    """One reading: exhaust `steps`, then call `audience`."""

    def __init__(self, question: Question, salt: bytes) -> None:
        self._paths = ArticlePaths(question.articles)
        self._clock = Clock(question.begins, question.ends, question.zone)
        self._counting = Counting(self._paths, self._clock, question.keys, salt, question.many)
        self._found = find_logs(question.pattern, since=question.begins)
        addresses = tuple(article.url for article in question.articles)
        self.key = (
            question.begins,
            question.ends,
            tuple(self._paths.ids),
            addresses,
            *map(_state, self._found.files),
        )

    def steps(self) -> Iterator[tuple[int, int]]:
        """Read step by step, yielding the bytes read and the bytes in all. Raises CollectError for a file that cannot
        be read to its end: a part of the week's visitors would be ranked as if it were all of them.
        """
        sizes = [_size(path) for path in self._found.files]
        for number, path in enumerate(self._found.files):
            for position in self._read(path):
                yield sum(sizes[:number]) + min(position, sizes[number]), sum(sizes)

    def _read(self, path: Path) -> Iterator[int]:
        count, position = None, 0
        for number, block in enumerate(blocks(path), start=1):
            position = block.position
            if count is None and (first := next(filter(bytes.strip, block.lines), b"")):
                count = self._counting.counter_of(first)
            if count:
                count(block.lines)
            if number % _STEP == 0:
                self._counting.settle()
                yield position
        self._counting.settle()
        yield position

    def audience(self) -> Audience:
        """Return what was counted."""
        counting = self._counting
        counted = [
            (article, visitors.count(), visitors)
            for article, visitors in zip(self._paths.ids, counting.visitors, strict=True)
        ]
        return Audience(
            visitors={article: number for article, number, _ in counted if number},
            views={article: visitors.views for article, number, visitors in counted if number},
            lines=counting.lines,
            left_out=counting.left_out(),
            files=tuple(str(path) for path in self._found.files),
            passed_over=self._found.passed_over,
            first=_instant(self._clock.first),
            last=_instant(self._clock.last),
            estimated=any(visitors.estimated for _, _, visitors in counted),
            nameless=counting.nameless,
            alike=counting.alike(),
            addressless=counting.addressless(),
        )


def _instant(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _size(path: Path) -> int:
    return _state(path)[1]


def _state(path: Path) -> tuple[str, int, int]:
    try:
        facts = path.stat()
    except OSError:
        return str(path), 0, 0  # rotated away just now: reading it will raise
    return str(path), facts.st_size, facts.st_mtime_ns
