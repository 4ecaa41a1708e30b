"""A log with one JSON object per line: which keys hold which fact."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

# nginx has no JSON format: these are the names of its variables and other usual names. Caddy's are nested. Then those of Traefik,
# CloudFront and Amazon's load balancers.
_USUAL: Mapping[str, tuple[str, ...]] = {
    "address": (
        "remote_addr",
        "request.client_ip",
        "request.remote_ip",
        "client_ip",
        "remote_ip",
        "clientip",
        "ClientHost",
        "c-ip",
        "client:port",
        "client",
        "ip",
    ),
    "agent": (
        "http_user_agent",
        "request.headers.User-Agent",
        "user_agent",
        "agent",
        "useragent",
        "userAgent",
        "request_User-Agent",
        "cs(User-Agent)",
    ),
    "time": (
        "time_iso8601",
        "msec",
        "time_local",
        "ts",
        "@timestamp",
        "timestamp(ms)",
        "timestamp",
        "StartUTC",
        "time",
    ),
    "request": ("request", "request_line"),
    "method": (
        "request_method",
        "request.method",
        "method",
        "verb",
        "RequestMethod",
        "cs-method",
        "request_verb",
    ),
    "path": ("request_uri", "request.uri", "uri", "url", "path", "RequestPath", "cs-uri-stem", "request_url"),
    "status": (
        "status",
        "response_status",
        "status_code",
        "code",
        "response",
        "DownstreamStatus",
        "sc-status",
        "elb_status_code",
    ),
    "host": (
        "http_host",
        "host",
        "request.host",
        "vhost",
        "server_name",
        "RequestHost",
        "x-host-header",
        "cs(Host)",
    ),
    "purpose": (
        "http_sec_purpose",
        "http_purpose",
        "http_x_moz",
        "sec_purpose",
        "purpose",
        "request.headers.Sec-Purpose",
        "request.headers.Purpose",
        "request.headers.X-Moz",
        "request_Sec-Purpose",
    ),
}

_DAYTIME = re.compile(r"\d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class JsonKeys:
    """The keys of a site's own format, nested ones joined by dots; empty: the usual names of nginx and Caddy.

    `request` is a whole request line like `GET /path HTTP/2.0`, used when `method` and `path` are missing.
    """

    address: str = ""
    agent: str = ""
    time: str = ""
    request: str = ""
    method: str = ""
    path: str = ""
    status: str = ""
    host: str = ""
    purpose: str = ""

    def paths(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Return for each fact the paths to try, the likeliest first."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            fact: tuple(tuple(key.split(".")) for key in ((own[fact],) if own[fact] else usual))
            for fact, usual in _USUAL.items()
        }


class Record:
    """One line. Raises ValueError when it is not a JSON object."""

    __slots__ = ("_paths", "_record")

    def __init__(self, line: bytes, paths: Mapping[str, tuple[tuple[str, ...], ...]]) -> None:
        try:
            record = json.loads(line)
        except RecursionError:
            raise ValueError("nested too deep") from None
        if not isinstance(record, dict):
            raise ValueError("not an object")  # noqa: TRY004 - as json's own
        self._record: dict[str, Any] = record
        self._paths = paths

    def value(self, fact: str) -> Any:
        """Return the first string or number at the paths of `fact` (of a list its first element), or None."""
        for path in self._paths[fact]:
            found: Any = self._record
            for key in path:
                found = found.get(key) if isinstance(found, dict) else None
            if isinstance(found, list):
                found = found[0] if found else None
            if isinstance(found, str | int | float) and found not in {"", "-"}:
                return found
        return None

    def text(self, fact: str) -> str:
        """Return the same as text, empty for None."""
        found = self.value(fact)
        return "" if found is None else str(found)

    def address(self) -> bytes:
        """Return the visitor's address, without a port and without the proxies that follow it; empty when there is none."""
        address = self.text("address").partition(",")[0].strip()
        return (address.partition(":")[0] if address.count(":") == 1 else address).encode("utf-8", "replace")

    def time(self) -> Any:
        """Return the time, that of CloudFront put together from its date and its time (UTC)."""
        time, date = self.value("time"), self._record.get("date")
        return f"{date}T{time}Z" if isinstance(date, str) and _DAYTIME.fullmatch(str(time)) else time

    def request(self) -> tuple[str, str]:
        """Return method and target (RFC 9112 §3). Raises ValueError when the line has none."""
        method, target = self.text("method"), self.text("path")
        if not (method and target):
            words = self.text("request").split(" ")
            if len(words) < 2:  # noqa: PLR2004 - HTTP/0.9 had no version
                raise ValueError("no request")
            method, target = words[0], words[1]
        return method, target
