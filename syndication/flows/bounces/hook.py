"""Bounces that a mail provider reports over HTTP: signed JSON in the form of `docs/reference/bounces.md`."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from syndication.deliver.address import parse_address
from syndication.domain.bounce import BounceFinding, BounceKind, Happened
from syndication.domain.bounce_words import finding_of
from syndication.domain.return_path import Returned
from syndication.flows.app import App
from syndication.flows.bounces.take import FORGED, REPEATED, STRANGE, by_return_path

PATIENCE = timedelta(minutes=5)  # between signing and arriving, either way
MOST = 1_000  # events in a call
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Call:
    """A call: its headers' time, in seconds since 1970, and signature, and its body."""

    timestamp: str
    signature: str
    body: bytes


def signed(secret: str, call: Call, now: datetime) -> bool:
    """Return whether the call carries the hexadecimal HMAC-SHA256 of `TIMESTAMP.BODY`, at most five minutes old: a replay fails."""
    if not re.fullmatch(r"\d{1,12}", call.timestamp) or not call.signature.isascii():
        return False
    away = abs(now.timestamp() - int(call.timestamp))
    expected = hmac.digest(secret.encode(), f"{call.timestamp}.".encode() + call.body, "sha256").hex()
    return hmac.compare_digest(expected, call.signature.lower()) and away <= PATIENCE.total_seconds()


async def take_events(app: App, body: bytes) -> list[str]:
    """Take the events of a call and return the result of each, in order. Raises ValueError, with what is wrong, before any is taken."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list) or len(events) > MOST:
        raise ValueError(f"events is not a list of at most {MOST}")
    findings = [_finding(event, number) for number, event in enumerate(events)]
    return [await _take(app, event, finding) for event, finding in zip(events, findings, strict=True)]


def _finding(event: Any, number: int) -> BounceFinding:
    """Return what an event reports. Raises ValueError for one that is not in the form."""
    texts = ("kind", "return_path", "recipient", "status", "words", "sent")
    if not isinstance(event, dict) or not all(isinstance(event.get(name, ""), str) for name in texts):
        raise ValueError(f"events[{number}] is not an object whose values are strings")
    kind, status = event.get("kind", ""), event.get("status", "")
    if kind not in {"bounce", "complaint"}:
        raise ValueError(f"events[{number}].kind is neither bounce nor complaint")
    if status and not _STATUS.fullmatch(status):
        raise ValueError(f"events[{number}].status is not like 5.1.1")
    if not event.get("return_path") and not event.get("recipient"):
        raise ValueError(f"events[{number}] names neither return_path nor recipient")
    if event.get("sent") and _time(event["sent"]) is None:
        raise ValueError(f"events[{number}].sent is not a time like 2026-11-23T07:00:00Z")
    words = " ".join(event.get("words", "").split())
    if kind == "complaint":
        return BounceFinding(BounceKind.COMPLAINT, words=words)
    return finding_of(status, words)


async def _take(app: App, event: dict[str, str], finding: BounceFinding) -> str:
    now, happened, result = app.clock(), None, str(finding.kind)
    proven = await _mail_of(app, event, now)
    if finding.kind.kept and proven is None:
        result = FORGED if event.get("return_path") else STRANGE
    elif finding.kind.kept and proven:
        happened = Happened(key=proven.subscriber, sent=proven.sent, finding=finding, source="hook")
    # Without a date, the next mail may be reported in the same words: they count once a day.
    identity = event if event.get("return_path") or event.get("sent") else {**event, "day": f"{now:%Y-%m-%d}"}
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    new, _ = await app.store.bounces.take(digest, result, happened, app.bounces.rule, now=now)
    return result if new else REPEATED


async def _mail_of(app: App, event: dict[str, str], now: datetime) -> Returned | None:
    """Return the mail that an event is about: by its return path alone, or without one by its recipient, which the signature vouches for."""
    if path := event.get("return_path"):
        return by_return_path(app, path)
    try:
        email = parse_address(event["recipient"]).email
    except ValueError:
        return None
    subscriber = await app.store.subscribers.get(email)
    return Returned(subscriber.key, min(_time(event.get("sent", "")) or now, now)) if subscriber else None


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
