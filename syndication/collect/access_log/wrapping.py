"""Unwrap the lines of a log that went through another program: docker, compose, Kubernetes, syslog, journald."""

import json
import re
from collections.abc import Callable

_TIME = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_SENT_BY = rb"[^\s\[{]\S* [^\s\[{][^\s:]*: +"  # the host and the program: `web nginx[12]: `
_PREFIX = re.compile(
    rb"(?:\x1b\[[\d;]*m)*(?:[\w.-]+ *\| *(?:\x1b\[[\d;]*m)* *)?"  # docker compose, coloured or not
    rb"(?:<\d{1,3}>1 (?:-|" + _TIME + rb") \S+ \S+ \S+ \S+ (?:-|\[[^\]]*\]) (?:\xef\xbb\xbf)?|"  # RFC 5424
    rb"(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? "
    + _SENT_BY
    + rb"|"  # RFC 3164, journalctl
    rb"(?:<\d{1,3}>)?"
    + _TIME
    + rb" (?:std(?:out|err) [FP] )?(?:"
    + _SENT_BY
    + rb")?)?"  # Kubernetes, docker logs -t, rsyslog
)
_INSIDE = ("log", "MESSAGE")  # docker's json-file, journalctl -o json


def unwrapping(first: bytes) -> Callable[[bytes], bytes] | None:
    """Return what takes a line out of its wrapping, judged by the first line; None when it has none."""
    if first.lstrip().startswith(b"{"):
        return next((_inside(name) for name in _INSIDE if _inside(name)(first)), None)
    return _after_prefix if _PREFIX.match(first).end() else None  # type: ignore[union-attr] # it matches nothing too


def _after_prefix(line: bytes) -> bytes:
    return line[_PREFIX.match(line).end() :]  # type: ignore[union-attr] # see above


def _inside(name: str) -> Callable[[bytes], bytes]:
    def unwrap(line: bytes) -> bytes:
        try:
            found = json.loads(line).get(name)
        except (ValueError, AttributeError, RecursionError):
            return b""
        return found.rstrip("\n").encode("utf-8", "replace") if isinstance(found, str) else b""

    return unwrap
