"""Decide for each line which visitor viewed which article, or why the line does not count.

The cheap checks come first. Most lines are not an article's: what a request means is worked out once and cached.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from typing import TypeVar

from syndication.collect.access_log.json_lines import JsonKeys, Record
from syndication.collect.access_log.paths import ArticlePaths
from syndication.collect.access_log.times import Clock
from syndication.collect.access_log.visitors import MANY, Visitors, settle_all
from syndication.collect.access_log.wrapping import unwrapping
from syndication.domain.audience import LeftOut

_CODES = {reason: -number for number, reason in enumerate(LeftOut, 1)}  # articles have numbers from 0 on
_BOUND = 2**16  # cached requests, minutes and user agents
_SEEN = (b"200", b"304")  # 304: the visitor's browser had the page and checked whether it changed
# The part of a line before the request ends like this: `[16/Nov/2026:00:07:59 +0900] `
_STAMP, _MINUTE, _ZONE = slice(-28, -2), slice(-28, -11), slice(-8, -2)
# The part after the request, where quotes are escaped as Apache does it.
_QUOTED = re.compile(rb' \d{3} \S+ "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"')
_PREFETCH = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)  # Sec-Purpose, Purpose, X-Moz
_LONGEST = 500  # bytes of a user agent that are looked at
# What calls itself so is not a browser, even if no list knows it yet. A phone is called Cubot.
_PLAIN = re.compile(
    rb"(?<!cu)bot\b|bot[/;)]|crawl|spider|scrap|https?://|headless|preview|monitor|validator|archiv|^-?$|^mozilla/\d\.0$",
    re.IGNORECASE,
)
_NUMBERS = re.compile(rb"[\d._]+")
_NO_ADDRESS = {b"", b"-"}
_FEW = 10  # views: below, one visitor may have read them all
_NO_HOST = frozenset({"", "_", "localhost"})
_Key = TypeVar("_Key")
_Known = TypeVar("_Known")


class Counting:
    """Counts one log. `salt`: 16 random bytes of the run; `many`: see `visitors.MANY`."""

    def __init__(
        self, paths: ArticlePaths, clock: Clock, keys: JsonKeys, salt: bytes, many: int = MANY
    ) -> None:
        self.visitors = [Visitors() for _ in paths.ids]
        self.lines = 0
        self.nameless = 0
        self._views = 0
        self._most, self._lead = (
            b"",
            0,
        )  # the address with a majority of the views, if one has it (Boyer and Moore), and its lead
        self._left = [0] * len(LeftOut)  # by code: the codes are negative and index from the end
        self._paths = paths
        self._clock = clock
        self._robots = _RobotAgents()
        self._keys = keys.paths()
        self._salt = salt
        self._many = many
        self._requests: dict[bytes | str, int] = {}
        self._minutes: dict[bytes, bool | None] = {}  # None: no time
        self._agents: dict[bytes, bool] = {}

    def left_out(self) -> dict[LeftOut, int]:
        """Return how many lines were left out for each reason."""
        return {reason: number for reason, code in _CODES.items() if (number := self._left[code])}

    def alike(self) -> bool:
        """Return whether (nearly) all views have one address, so that visitors cannot be told apart: at least nine in ten."""
        return self._views >= _FEW and self._lead * 10 >= self._views * 9

    def addressless(self) -> bool:
        """Return whether that one address is none at all."""
        return self._most in _NO_ADDRESS and self._lead * 10 >= self._views * 9 > 0

    def counter_of(self, first: bytes) -> Callable[[Sequence[bytes]], None]:
        """Return the function that counts the lines of a file whose first line is `first`."""
        if unwrap := unwrapping(first):
            inner = self.counter_of(unwrap(first))
            return lambda lines: inner([unwrap(line) for line in lines])
        if first.lstrip().startswith(b"{"):
            return self._json
        # `host:port address - user […]` beside `address - user […]`, where the second word is a dash
        words = first.partition(b"[")[0].split(b" ")
        named = len(words) > 1 and (b"." in words[1] or b":" in words[1])
        return partial(self._text, named=named)

    def settle(self) -> None:
        """Keep memory within bounds. To be called between blocks."""
        settle_all(self.visitors, self._many)

    def _text(self, lines: Sequence[bytes], *, named: bool) -> None:
        requests, left, visitors = self._requests, self._left, self.visitors
        self.lines += len(lines)
        for line in lines:
            try:
                head, request, tail = line.split(b'"', 2)
            except ValueError:
                self._broken(line)
                continue
            request_key = head.partition(b" ")[0] + b" " + request if named else request
            try:
                code = requests[request_key]
            except KeyError:
                code = self._text_code(request_key, named=named)
            if code < 0:
                left[code] += 1
                continue
            visitor = self._text_visitor(head, tail, named=named)
            if isinstance(visitor, int):
                left[visitor] += 1
            else:
                visitors[code].fresh += visitor

    def _text_code(self, request_key: bytes, *, named: bool) -> int:
        host, _, request = request_key.partition(b" ") if named else (b"", b"", request_key)
        method, _, rest = request.partition(b" ")
        target = rest.rpartition(b" ")[0] or rest
        return self._code_of(request_key, method, target, host.decode("latin-1"))

    def _text_visitor(self, head: bytes, tail: bytes, *, named: bool) -> bytes | int:
        """Return the visitor's hash, or the code of a reason."""
        status, minute = tail[1:4], head[_MINUTE] + head[_ZONE]
        if status not in _SEEN:
            return _CODES[LeftOut.STATUS if status.isdigit() else LeftOut.BROKEN]
        try:
            inside = self._minutes[minute]
        except KeyError:
            inside = self._minute(minute, head[_STAMP])
        if not inside:
            return _CODES[LeftOut.WINDOW if inside is False else LeftOut.BROKEN]
        address = head.split(b" ", 2)[1] if named else head.partition(b" ")[0]
        pieces = tail.split(b'"', 4)
        if len(pieces) == 1:  # the common format, without referrer and user agent
            self.nameless += 1
            self._see(address)
            return self._hash(address)
        if b'\\"' in tail:
            match = _QUOTED.match(tail)
            pieces = [b"", b"", b"", match[1], b""] if match else []
        if len(pieces) != 5:  # noqa: PLR2004 - a truncated line
            return _CODES[LeftOut.BROKEN]
        return self._visitor(address, pieces[3])

    def _json(self, lines: Sequence[bytes]) -> None:
        self.lines += len(lines)
        for line in lines:
            try:
                record = Record(line, self._keys)
                method, target = record.request()
                host = record.text("host")
                request_key = f"{host} {method} {target}"
                code = self._requests.get(request_key)
                if code is None:
                    code = self._code_of(
                        request_key, method.encode(), target.encode("utf-8", "replace"), host
                    )
                visitor = self._json_visitor(record) if code >= 0 else code
            except ValueError:
                self._broken(line)
                continue
            if isinstance(visitor, int):
                self._left[visitor] += 1
            else:
                self.visitors[code].fresh += visitor

    def _json_visitor(self, record: Record) -> bytes | int:
        """Return the visitor's hash, or the code of a reason. Raises ValueError for a line without a time."""
        if record.text("status").encode() not in _SEEN:
            return _CODES[LeftOut.STATUS]
        if not self._clock.of(record.time()):
            return _CODES[LeftOut.WINDOW]
        if _PREFETCH.search(record.text("purpose")):
            return _CODES[LeftOut.PREFETCH]
        return self._visitor(record.address(), record.text("agent").encode("utf-8", "replace"))

    def _visitor(self, address: bytes, agent: bytes) -> bytes | int:
        robot = self._agents.get(agent)
        if robot is None:
            robot = _remember(self._agents, agent, self._robots.is_robot(agent))
        if robot:
            return _CODES[LeftOut.ROBOT]
        self._see(address)
        return self._hash(address + b" " + agent)

    def _see(self, address: bytes) -> None:
        self._views += 1
        if address == self._most:
            self._lead += 1
        elif self._lead:
            self._lead -= 1
        else:
            self._most, self._lead = address, 1

    def _hash(self, visitor: bytes) -> bytes:
        return blake2b(visitor, digest_size=8, salt=self._salt).digest()

    def _code_of(self, request_key: bytes | str, method: bytes, target: bytes, host: str) -> int:
        found = self._paths.find(target, None if host in _NO_HOST else host)
        if isinstance(found, int) and method != b"GET":
            found = LeftOut.METHOD
        return _remember(self._requests, request_key, found if isinstance(found, int) else _CODES[found])

    def _minute(self, minute: bytes, stamp: bytes) -> bool | None:
        try:
            inside = self._clock.minute(stamp)
            return self._clock.second(stamp) if inside is None else _remember(self._minutes, minute, inside)
        except ValueError:
            return _remember(self._minutes, minute, None)

    def _broken(self, line: bytes) -> None:
        if line.strip():
            self._left[_CODES[LeftOut.BROKEN]] += 1
        else:
            self.lines -= 1


class _RobotAgents:
    """Tells programs from people by their user agents. The list of names comes with the package crawler-user-agents."""

    def __init__(self) -> None:
        from crawleruseragents import is_crawler  # noqa: PLC0415 - its list takes 50 ms

        self._listed = is_crawler
        self._alike: dict[bytes, bool] = {}

    def is_robot(self, agent: bytes) -> bool:
        """Return whether `agent`, as written in the log, is a program's. No user agent at all is a program's, too."""
        agent = agent[:_LONGEST]
        if _PLAIN.search(agent):
            return True
        # Fifteen hundred expressions take 0.3 ms: user agents that differ only in their versions are looked up once.
        alike = _NUMBERS.sub(b"0", agent)
        found = self._alike.get(alike)
        if found is None:
            found = _remember(self._alike, alike, bool(self._listed(agent.decode("latin-1"))))
        return found


def _remember(known: dict[_Key, _Known], key: _Key, value: _Known) -> _Known:
    """Cache `value`. The bound keeps an attack of a million addresses from filling the memory."""
    if len(known) >= _BOUND:
        known.clear()
    known[key] = value
    return value
