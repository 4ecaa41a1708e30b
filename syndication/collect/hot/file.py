"""Read a hot list from a CSV or JSON file, such as an export of analytics software."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syndication.collect.text.links import absolute
from syndication.collect.text.words import fold
from syndication.domain.hotlist import HotLine, HotList
from syndication.errors import CollectError

_HINT = "Give it the columns title and/or url, and score or rank: `title,url,score`."
_MAX_BYTES = 10 * 2**20


@dataclass(frozen=True, slots=True)
class _Row:
    where: str  # "line 3"
    title: str
    url: str
    score: float | None
    rank: float | None


def read_hot_file(path: Path, *, source: str = "file") -> HotList:
    """Read the list in `path`: CSV with a header, or JSON objects, with `title` or `url`, and `score` or `rank`.

    It is ranked by score, highest first, ties by title; without scores by rank, else in the file's order. Raises
    CollectError with the line (JSON: the line or the entry) that cannot be read, and for a file without entries.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CollectError(f"The hot list {path.name} is larger than 10 MB.", _HINT)
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise CollectError(
            f"The hot list {path} cannot be read: {error.strerror}.", "Check [hot] path and its permissions."
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CollectError(
            f"The hot list {path.name}, line {line}, is not UTF-8.", "Save it as UTF-8."
        ) from None
    is_json = path.suffix.lower() == ".json" or text.lstrip()[:1] in {"[", "{"}
    records = _json_records(text, path.name) if is_json else _csv_records(text, path.name)
    rows = [_row(where, record, path.name) for where, record in records]
    if not rows:
        raise CollectError(f"The hot list {path.name} is empty.", _HINT)
    return HotList(source=source, origin=path.name, lines=_ranked(rows, path.name))


def _csv_records(text: str, name: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    started = 1
    try:
        for cells in rows:
            where, started = f"line {started}", rows.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
                if not {"title", "url"} & set(columns):
                    raise CollectError(
                        f"The hot list {name}, {where}, is not a header with title or url.", _HINT
                    )
                continue
            if len(cells) != len(columns):
                message = f"The hot list {name}, {where}, has {len(cells)} cells where the header has {len(columns)}."
                raise CollectError(message, "Put quotes around a cell that holds the separator.")
            yield where, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise CollectError(f"The hot list {name}, line {started}, is not CSV: {error}.", _HINT) from None


def _json_records(text: str, name: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"The hot list {name}, line {error.lineno}, is not JSON: {error.msg}."
        raise CollectError(message, "Check it with a JSON editor.") from None
    except RecursionError:
        raise CollectError(f"The hot list {name} nests too deep.", _HINT) from None
    if not isinstance(data, list):
        raise CollectError(f"The hot list {name} is not a JSON list of objects.", _HINT)
    for number, record in enumerate(data, start=1):
        if not isinstance(record, dict):
            raise CollectError(f"The hot list {name}, entry {number}, is not an object.", _HINT)
        yield f"entry {number}", {str(key).lower(): value for key, value in record.items()}


def _row(where: str, record: Mapping[str, Any], name: str) -> _Row:
    title, written = fold(_text(record.get("title"))), _text(record.get("url")).strip()
    url = absolute(written)
    if written and not url:
        raise CollectError(f"The hot list {name}, {where}, has a url that is not an http address.", _HINT)
    if not title and not url:
        raise CollectError(f"The hot list {name}, {where}, has neither title nor url.", _HINT)
    score, rank = (_number(record.get(column), f"{name}, {where}, {column}") for column in ("score", "rank"))
    return _Row(where, title, url, score, rank)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object, where: str) -> float | None:
    text = _text(value).strip()
    if not text:
        return None
    try:
        number = float(text.replace("\u00a0", "").replace(" ", ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise CollectError(
            f"The hot list {where}, is not a number.", "Write it like 1234 or 12.5, without separators."
        )
    return number


def _ranked(rows: list[_Row], name: str) -> tuple[HotLine, ...]:
    seen: dict[str, str] = {}
    for row in rows:
        first = seen.setdefault(row.url or row.title, row.where)
        if first != row.where:
            message = f"The hot list {name}, {row.where}, repeats {first}."
            raise CollectError(message, "Leave one line for each article.")
    if any(row.score is not None for row in rows):
        rows = sorted(rows, key=lambda row: (-(row.score or 0.0), row.title, row.url))
    elif any(row.rank is not None for row in rows):
        rows = sorted(rows, key=lambda row: (math.inf if row.rank is None else row.rank, row.title, row.url))
    return tuple(HotLine(rank, row.title, row.url, row.score) for rank, row in enumerate(rows, start=1))
