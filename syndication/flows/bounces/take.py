"""Take returned mail: each message counts once, its subscriber has to be proven, and then the store decides what follows.

The proof is a token that only a holder of the mail can have: that of its return path, or that of the unsubscribe link in the returned
mail or in the subject of a mail that asks to leave. A return path with a wrong token is forged, whatever else the message holds.
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
from syndication.logs import logger

log = logger(__name__)

FORGED, STRANGE, REPEATED = "forged", "strange", "repeated"
_LINK = re.compile(rf"/{Purpose.UNSUBSCRIBE}/([a-z2-7]{{46}})(?![a-z2-7])", re.IGNORECASE)
_SUBJECT = re.compile(r"\bunsubscribe-([a-z2-7]{46})\b", re.IGNORECASE)
_PLUS = re.compile(r"\+([a-z2-7]{46,47})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message was: its kind, or `forged`, `strange` (about no known subscriber), `repeated`; with what was decided."""

    result: str
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class _Proof:
    """The mail that a message is about; `forged` when it names one with a wrong token."""

    returned: Returned | None = None
    forged: bool = False


async def take(app: App, data: bytes, recipient: str = "") -> Taken:
    """Take one message (RFC 5322, any line ends). `recipient` is its envelope's, where the mail server gives that. Raises StoreError."""
    arrived = read_message(data)
    if recipient:
        arrived = replace(arrived, recipients=f"{recipient}\n{arrived.recipients}")
    now = app.clock()
    leaving = _asks_to_leave(app, arrived, now)
    finding = BounceFinding(BounceKind.UNSUBSCRIBE) if leaving else judge(arrived)
    proof = _Proof(leaving) if leaving else _proof(app, arrived, now)
    happened, result = None, str(finding.kind)
    if finding.kind.kept:
        if found := proof.returned:
            happened = Happened(key=found.subscriber, sent=found.sent, finding=finding, source="mail")
        else:
            result = FORGED if proof.forged else STRANGE
    digest = hashlib.sha256(_normalised(data)).hexdigest()
    new, event = await app.store.bounces.take(digest, result, happened, app.bounces.rule, now=now)
    log.debug("returned mail taken", result=result if new else REPEATED, bytes=len(data))
    return Taken(result if new else REPEATED, event)


async def poll_mailboxes(app: App) -> Counter[str]:
    """Take the messages in the configured mailboxes, and mark or delete each once it is stored. Raises UsageError, MailboxError, LockedError, StoreError."""
    results: Counter[str] = Counter()
    if not app.bounces.boxes:
        raise UsageError(
            "No mailbox of bounces is configured.", "Set bounces.maildir, bounces.mbox or bounces.imap."
        )
    with app.locks("bounces"):
        for make in app.bounces.boxes:
            await _poll(app, make(), results)
    return results


async def _poll(app: App, box: Box, results: Counter[str]) -> None:
    await asyncio.to_thread(box.__enter__)
    fault: BaseException | None = None
    try:
        names = await asyncio.to_thread(box.names)
        log.debug("mailbox opened", box=type(box).__name__, messages=len(names))
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
    """Return what a return path proves; None for a foreign one."""
    return next(filter(None, (_return(app, token) for token in _PLUS.findall(address))), None)


def _asks_to_leave(app: App, arrived: Arrived, now: datetime) -> Returned | None:
    """Return the subscriber of a mail that asks to leave, with a token in its subject, or after the plus of its recipient."""
    for token in (*_SUBJECT.findall(arrived.subject), *_PLUS.findall(arrived.recipients)):
        if key := _subscriber(app, token):
            return Returned(key, now)
    return None


def _proof(app: App, arrived: Arrived, now: datetime) -> _Proof:
    named = f"{arrived.recipients}\n{arrived.feedback}"
    catch_all = return_tokens(app.mail.bounces, arrived.recipients) if app.mail.bounces else ()
    tokens = {*(token.lower() for token in _PLUS.findall(named)), *catch_all}
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
        if key := _subscriber(app, token):
            return _Proof(Returned(key, min(sent, now)))
    return _Proof()


def _return(app: App, token: str) -> Returned | None:
    return proven(app, lambda keyring: read_return(keyring, token))


def _subscriber(app: App, token: str) -> str | None:
    return proven(app, lambda keyring: keyring.verify(Purpose.UNSUBSCRIBE, token))


def _date(returned: str) -> datetime | None:
    """Return the Date of the returned mail."""
    found = re.search(r"^date:[ \t]*([^\n]{1,100})", returned, re.IGNORECASE | re.MULTILINE)
    try:
        date = parsedate_to_datetime(found[1]) if found else None
    except (ValueError, TypeError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC) if date else None


def _normalised(data: bytes) -> bytes:
    """Return a message without what transport changes: the line of an mbox, CRs, and blank lines at its end."""
    data = data.replace(b"\r\n", b"\n")
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    return data.rstrip(b"\n")
