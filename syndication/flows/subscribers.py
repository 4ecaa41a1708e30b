"""The list: import, export, add, remove, list, show. Import and add never revive somebody who left."""

import asyncio
import csv
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from syndication.deliver.address import parse_address
from syndication.domain.slug import slugify
from syndication.domain.subscriber import Added, Consent, NewSubscriber, Subscriber
from syndication.errors import StoreError, UsageError
from syndication.flows.app import App
from syndication.flows.list_file import Row, opened, rows

__all__ = [
    "AddedOne",
    "Imported",
    "Refused",
    "add_one",
    "each",
    "export_file",
    "import_file",
    "one",
    "remove_one",
    "shape",
    "stored",
]

CHUNK = 5_000  # rows a transaction
EXPORTED = ("email", "name", "language", "topics", "confirmed_at", "consent", "created_at", "proof")
_ERASED = "its owner had it erased; only its owner can subscribe again"
LONGEST_NAME = 200  # characters
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # BCP 47


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not taken, and why."""

    line: int  # of the file, the header is line 1
    reason: str


@dataclass(slots=True)
class Imported:
    """What an import did."""

    added: int = 0
    present: int = 0
    refused: list[Refused] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The JSON document of `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AddedOne:
    """What became of one address."""

    email: str
    result: str


async def import_file(app: App, file: Path, report: Path | None = None) -> Imported:
    """Read a CSV file into the list, in transactions of 5,000 rows. Raises UsageError for a file that is no such list."""
    now, done = app.clock(), Imported()
    topics = await _known_topics(app)
    proof = f"import {file.name}, {now:%Y-%m-%dT%H:%M:%SZ}"
    with opened(file) as text:
        total = await asyncio.to_thread(_count_lines, file)
        for chunk in _chunks(rows(text, file)):
            new: list[tuple[int, NewSubscriber]] = []
            for line, values in chunk:
                try:
                    new.append((line, _new(values, topics, proof=proof, now=now)))
                except ValueError as error:
                    done.refused.append(Refused(line, str(error)))
            await _add(app, new, done, now)
            app.progress.count("reading", min(chunk[-1][0], total), total)
        app.progress.count("reading", total, total)
    done.refused.sort(key=lambda refused: refused.line)
    if report is not None:
        _write_report(report, done.refused)
    return done


async def _add(app: App, new: Sequence[tuple[int, NewSubscriber]], done: Imported, now: datetime) -> None:
    gone = await _erased(app, [row.email for _, row in new])
    done.refused.extend(Refused(line, _ERASED) for line, row in new if row.email in gone)
    new = [(line, row) for line, row in new if row.email not in gone]
    results = await app.store.subscribers.add([row for _, row in new], at=now, key=app.new_id)
    for (line, _), result in zip(new, results, strict=True):
        if result is Added.ADDED:
            done.added += 1
        elif result is Added.PRESENT:
            done.present += 1
        else:
            done.refused.append(Refused(line, f"this address has {result.value}; an import never revives it"))


async def _erased(app: App, emails: Sequence[str]) -> frozenset[str]:
    """Those of the addresses whose owners had themselves erased."""
    if not await app.store.consents.any_erased():
        return frozenset()
    marks = {mark: email for email in emails for mark in app.keyring.marks(email)}
    return frozenset(marks[mark] for mark in await app.store.consents.erased(marks))


def _new(values: dict[str, str] | str, topics: frozenset[str], *, proof: str, now: datetime) -> NewSubscriber:
    """Raises ValueError with the reason why a line is refused."""
    if isinstance(values, str):
        raise ValueError(values)  # noqa: TRY004 - a reason, not a wrong type
    if not values.get("email", "").strip():
        raise ValueError("there is no address")
    consent = values.get("consent", "").strip().casefold() or Consent.CONFIRMED
    if consent != Consent.CONFIRMED:
        raise ValueError(f"its consent is {consent}; only confirmed readers come in")
    address = parse_address(values["email"])
    name = " ".join(values.get("name", "").split())
    if len(name) > LONGEST_NAME:
        raise ValueError(f"the name is longer than {LONGEST_NAME} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise ValueError("the name holds a control character")
    language = values.get("language", "").strip()
    if language and not _LANGUAGE.fullmatch(language):
        raise ValueError("the language is no tag like en, ko or pt-BR")
    chosen = tuple(
        word for word in values.get("topics", "").replace(",", " ").replace(";", " ").split() if word
    )
    if unknown := [topic for topic in chosen if topic not in topics]:
        known = ", ".join(sorted(topics)) or "none: collect first"
        raise ValueError(f"the topic {unknown[0]!r} is no section (known: {known})")
    return NewSubscriber(
        email=address.email,
        name=name,
        language=language,
        topics=chosen,
        confirmed=_time(values.get("confirmed_at", ""), now),
        proof=proof,
    )


def _time(text: str, now: datetime) -> datetime:
    if not text.strip():
        return now
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("confirmed_at is not a time like 2026-03-01 or 2026-03-01T09:30:00Z") from None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    if time > now:
        raise ValueError("confirmed_at lies in the future")
    return time


async def _known_topics(app: App) -> frozenset[str]:
    sections = {source.section for source in app.sources if source.section} | set(
        await app.store.articles.sections()
    )
    return frozenset(slugify(section) for section in sections)


def _count_lines(file: Path) -> int:
    with file.open("rb") as data:
        return sum(block.count(b"\n") for block in iter(lambda: data.read(1 << 20), b"")) or 1


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _write_report(report: Path, refused: Sequence[Refused]) -> None:
    try:
        with report.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("line", "reason"))
            writer.writerows((entry.line, entry.reason) for entry in refused)
    except OSError as error:
        raise StoreError(
            f"{report} cannot be written ({error.strerror}).", "The import itself is done."
        ) from error


async def export_file(app: App, file: Path | None) -> int:
    """Write the whole list as CSV, row by row; to standard output without a file. Returns the number of rows."""
    if file is None:
        return await _export(app, sys.stdout)
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            return await _export(app, out)
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror}).", "Choose another file.") from error


async def _export(app: App, out: TextIO) -> int:
    writer, number = csv.writer(out), 0
    writer.writerow(EXPORTED)
    async for subscriber in app.store.subscribers.stream():
        shown = shape(subscriber)
        writer.writerow([" ".join(shown[name]) if name == "topics" else shown[name] for name in EXPORTED])
        number += 1
    return number


async def add_one(app: App, email: str, *, name: str = "", language: str = "", topics: str = "") -> AddedOne:
    """Add one confirmed subscriber. Raises UsageError with the reason when it is refused."""
    now = app.clock()
    values = {"email": email, "name": name, "language": language, "topics": topics}
    try:
        new = _new(
            values,
            await _known_topics(app),
            proof=f"added by the operator, {now:%Y-%m-%dT%H:%M:%SZ}",
            now=now,
        )
    except ValueError as error:
        raise UsageError(f"{email} was not added: {error}.") from None
    if await _erased(app, [new.email]):
        raise UsageError(f"{email} was not added: {_ERASED}.")
    (result,) = await app.store.subscribers.add([new], at=now, key=app.new_id)
    if result.refused:
        raise UsageError(
            f"{email} was not added: this address has {result.value}.", "Only its owner can subscribe again."
        )
    return AddedOne(new.email, result.value)


async def remove_one(app: App, email: str) -> bool:
    """Unsubscribe; whether the address was subscribed."""
    return await app.store.subscribers.remove(_address(email), at=app.clock())


async def each(
    app: App, consent: str, *, print_row: Callable[[dict[str, Any]], None] | None
) -> list[dict[str, Any]]:
    """Hand every subscriber to `print_row`, or return them all."""
    try:
        wanted = Consent(consent) if consent else None
    except ValueError:
        raise UsageError(f"{consent!r} is no consent state.", f"Known: {', '.join(Consent)}.") from None
    rows = []
    async for subscriber in app.store.subscribers.stream(wanted):
        if print_row:
            print_row(shape(subscriber))
        else:
            rows.append(shape(subscriber))
    return rows


async def one(app: App, email: str) -> dict[str, Any]:
    """Raises UsageError when nobody has the address."""
    return shape(await stored(app, email))


async def stored(app: App, email: str) -> Subscriber:
    """The subscriber with this address. Raises UsageError when nobody has it."""
    found = await app.store.subscribers.get(_address(email))
    if found is None:
        raise UsageError(f"{email} is not on the list.", "`syndicate subscribers list` shows who is.")
    return found


def shape(subscriber: Subscriber) -> dict[str, Any]:
    """A subscriber as it is shown and exported; its random key stays in the store."""
    return {
        "email": subscriber.email,
        "name": subscriber.name,
        "language": subscriber.language,
        "topics": list(subscriber.topics),
        "consent": subscriber.consent.value,
        "confirmed_at": _iso(subscriber.confirmed),
        "created_at": _iso(subscriber.created),
        "proof": subscriber.proof,
    }


def _iso(time: datetime | None) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else ""


def _address(email: str) -> str:
    try:
        return parse_address(email).email
    except ValueError as error:
        raise UsageError(f"{email!r} is not an address: {error}.") from None
