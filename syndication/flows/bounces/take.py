"""What comes back: each message is taken once, and whom it is about has to be proven; then it is decided what follows.

The proof is a token that only somebody with the mail can have: that of its return path, or that of the unsubscribe link in what is
returned or in the subject of a mail that asks to leave. Whose return path carries a wrong token is a forger, whatever else it holds.
"""

import asyncio
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from syndication.bounces.box import Box
from syndication.bounces.message import Arrived, read_message
from syndication.bounces.verdict import judge
from syndication.domain.bounce import BounceFinding, BounceKind, Event, Happened
from syndication.domain.return_path import Returned, read_return, return_tokens
from syndication.domain.tokens import Purpose
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.subscribers.preferences import proven

__all__ = ["FORGED", "REPEATED", "STRANGE", "Taken", "by_return_path", "poll", "take"]

FORGED, STRANGE, REPEATED = "forged", "strange", "repeated"
_LINK = re.compile(rf"/{Purpose.UNSUBSCRIBE}/([a-z2-7]{{46}})(?![a-z2-7])", re.IGNORECASE)
_SUBJECT = re.compile(r"\bunsubscribe-([a-z2-7]{46})\b", re.IGNORECASE)
_PLUS = re.compile(r"\+([a-z2-7]{46,47})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: its kind, or `forged`, `strange` (about nobody we know), `repeated`; with what was decided."""

    result: str
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class _Proof:
    """Whom a message is about; `forged` when it says so with a token that is none."""

    returned: Returned | None = None
    forged: bool = False


async def take(app: App, data: bytes, recipient: str = "") -> Taken:
    """Take one message (RFC 5322, any line ends). `recipient` is whom it came for, where the mail server says that. Raises StoreError."""
    arrived = read_message(data)
    if recipient:
        arrived = replace(arrived, recipients=f"{recipient}\n{arrived.recipients}")
    now = app.clock()
    leaving = _leaving(app, arrived, now)
    finding = BounceFinding(BounceKind.UNSUBSCRIBE) if leaving else judge(arrived)
    proof = _Proof(leaving) if leaving else _proof(app, arrived, now)
    happened, result = None, str(finding.kind)
    if finding.kind.kept:
        result = FORGED if proof.forged else result if proof.returned else STRANGE
        if proof.returned and not proof.forged:
            found = proof.returned
            happened = Happened(key=found.subscriber, sent=found.sent, finding=finding, source="mail")
    digest = hashlib.sha256(_settled_form(data)).hexdigest()
    new, event = await app.store.bounces.take(digest, result, happened, app.bounces.rule, now=now)
    return Taken(result if new else REPEATED, event)


async def poll(app: App) -> Counter[str]:
    """Take what lies in the configured boxes, and put each message aside once it is kept. Raises UsageError, MailboxError, LockedError, StoreError."""
    results: Counter[str] = Counter()
    if not app.bounces.boxes:
        raise UsageError(
            "No mailbox of bounces is configured.", "Set bounces.maildir, bounces.mbox or bounces.imap."
        )
    with app.locks("bounces"):
        for make in app.bounces.boxes:
            await _poll_one(app, make(), results)
    return results


async def _poll_one(app: App, box: Box, results: Counter[str]) -> None:
    await asyncio.to_thread(box.__enter__)
    fault: BaseException | None = None
    try:
        names = await asyncio.to_thread(box.names)
        for number, name in enumerate(names):
            app.progress.count("bounces", number, len(names), results)
            if (letter := await asyncio.to_thread(box.read, name)) is not None:
                taken = await take(app, letter.data)
                results[taken.result] += 1
                await asyncio.to_thread(box.done, letter)
        app.progress.count("bounces", len(names), len(names), results)
    except BaseException as error:
        fault = error
        raise
    finally:
        await asyncio.to_thread(box.__exit__, type(fault) if fault else None, fault, None)


def by_return_path(app: App, address: str) -> Returned | None:
    """What a return path proves; None for one that is not ours."""
    return next(filter(None, (_return(app, token) for token in _PLUS.findall(address))), None)


def _leaving(app: App, arrived: Arrived, now: datetime) -> Returned | None:
    """A mail that asks to leave, with the subscriber's token in its subject, or behind the plus of its recipient."""
    for token in (*_SUBJECT.findall(arrived.subject), *_PLUS.findall(arrived.recipients)):
        if key := _holder(app, token):
            return Returned(key, now)
    return None


def _proof(app: App, arrived: Arrived, now: datetime) -> _Proof:
    named = f"{arrived.recipients}\n{arrived.feedback}"
    tokens = {*(token.lower() for token in _PLUS.findall(named)), *_below(app, arrived.recipients)}
    for token in tokens:
        if returned := _return(app, token):
            return _Proof(returned)
    if tokens:
        return _Proof(forged=True)
    for token in _PLUS.findall(arrived.returned):  # in its Return-Path
        if returned := _return(app, token):
            return _Proof(returned)
    sent = _date(arrived.returned) or now
    for token in _LINK.findall(f"{arrived.returned}\n{arrived.text}"):
        if key := _holder(app, token):
            return _Proof(Returned(key, min(sent, now)))
    return _Proof()


def _below(app: App, recipients: str) -> tuple[str, ...]:
    return return_tokens(app.mail.bounces, recipients) if app.mail.bounces else ()


def _return(app: App, token: str) -> Returned | None:
    return proven(app, lambda keyring: read_return(keyring, token))


def _holder(app: App, token: str) -> str | None:
    return proven(app, lambda keyring: keyring.verify(Purpose.UNSUBSCRIBE, token))


def _date(returned: str) -> datetime | None:
    """The Date of the mail that is returned."""
    found = re.search(r"^date:[ \t]*([^\n]{1,100})", returned, re.IGNORECASE | re.MULTILINE)
    try:
        date = parsedate_to_datetime(found[1]) if found else None
    except (ValueError, TypeError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC) if date else None


def _settled_form(data: bytes) -> bytes:
    """What a message is, however it came: without the line of an mbox, the line ends of a line, and blank lines at its end."""
    data = data.replace(b"\r\n", b"\n")
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    return data.rstrip(b"\n")
