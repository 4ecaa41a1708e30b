"""Sending one batch: its rows over connections of the pool, each marked before its body goes and settled before the next one's.

What every mail passes through; `syndication.flows.sending.deliver` decides what is sent when.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeAlias

from syndication.deliver.envelope import Envelope
from syndication.deliver.findings import Findings
from syndication.deliver.message import UnsignedMessage
from syndication.deliver.pool import ConnectionSlot, Pool
from syndication.deliver.retry import settle, with_refusal
from syndication.domain.delivery import Batch, Recipient, Reply, Settled, Stage, State
from syndication.flows.app import App
from syndication.flows.letters import MailingLetters

__all__ = ["Sending", "send"]

AHEAD = 20  # mails that are made at a time; each is in memory twice, as draft and as message

Mail: TypeAlias = tuple[Recipient, str, bytes | Settled | Exception]
"""A row, its envelope sender and its message, or what there is instead of one."""


@dataclass(slots=True)
class Sending:
    """One mailing on its way, as this process sees it."""

    app: App
    mailing: str
    pool: Pool
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    total: int = 0  # rows that waited when it began
    done: int = 0  # outcomes of any kind
    outcomes: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    alone: bool = False  # whether sender processes are of no use

    def note(self, outcomes: Mapping[str, int]) -> None:
        """Count what became of rows, by state, and show how far it has come."""
        so_far = self.outcomes
        for state, number in outcomes.items():
            so_far[state] += number
            self.done += number
        settled = so_far["sent"] + so_far["failed"] + so_far["no_content"]
        self.app.progress.count("sending", settled, self.total, so_far)


async def send(sending: Sending, batch: Batch) -> None:
    """Send what the batch holds over the connections that it was granted, until a signal, or until its server or its lane refuse.

    What could not be sent is given back, and what was learned of both is written down.
    """
    app, findings = sending.app, Findings(batch.lane)
    try:
        mails = _mails(await app.letters.of(batch.mailing), batch)
        # One that fails does not cut the others off in the middle of a dot: they settle what they have, then the fault is raised.
        results = await asyncio.gather(
            *(_connection(sending, batch, mails, findings) for _ in range(batch.connections)),
            return_exceptions=True,
        )
    except Exception as no_letters:  # noqa: BLE001 - raised when the batch is given back
        results = [no_letters]
    judge = partial(app.delivery.throttle.judged, findings=findings, now=app.clock(), jitter=app.jitter())
    await app.store.ledger.finish(batch, judge)
    for fault in filter(None, results):
        raise fault


async def _connection(sending: Sending, batch: Batch, mails: Iterator[Mail], findings: Findings) -> None:
    """Send mails one after the other over one connection of the pool. Whatever ends it, the last result is written."""
    app, ledger = sending.app, sending.app.store.ledger
    done: Settled | None = None
    async with sending.pool.session(batch.server) as slot:
        try:
            mail = next(mails, None)
            while mail is not None and not sending.stop.is_set() and findings.blocked is None:
                row, sender, message = mail
                if isinstance(message, Exception):
                    raise message
                # Connecting may take its time, and so may many rows without a mail: what is known is written first.
                if done is not None and (isinstance(message, Settled) or not slot.usable):
                    await ledger.step(batch, done, None, now=app.clock())
                    done = None
                if isinstance(message, Settled):
                    await ledger.step(batch, message, None, now=app.clock())
                    sending.note({message.state: 1})
                    mail = next(mails, None)
                    continue
                if not slot.usable and not await _connected(sending, slot, findings):
                    break
                won = await ledger.step(batch, done, row, now=app.clock())
                done, mail = None, next(mails, None)  # one row ahead: its envelope rides behind the dot
                if won:
                    transaction = await slot.transact(sender, row.email, message, _envelope(mail), ready=True)
                    done = with_refusal(
                        settle(row, transaction, now=app.clock(), jitter=app.jitter()), app.bounces.rule
                    )
                    findings.learn(transaction, row.email)
                    sending.note({done.state: 1})
                elif slot.announced:  # somebody else's by now
                    await slot.close()
        finally:
            if done is not None:
                await ledger.step(batch, done, None, now=app.clock())


def _mails(letters: MailingLetters, batch: Batch) -> Iterator[Mail]:
    """The batch's mails, made several at a time, one a connection at most: all merged, then all signed.

    A signature drives everything else out of the processor's caches. One after each merge costs a signed mail a twentieth more.
    """
    rows, number = iter(batch.rows), min(batch.connections, AHEAD)
    while some := list(islice(rows, number)):
        drafts = [(row, *_draft(letters, row)) for row in some]
        yield from [
            (row, sender, draft.message() if isinstance(draft, UnsignedMessage) else draft)
            for row, sender, draft in drafts
        ]


def _draft(letters: MailingLetters, row: Recipient) -> tuple[str, UnsignedMessage | Settled | Exception]:
    """The row's envelope sender and mail, or what to write about a row that gets none. A fault waits for its turn: the mail before it goes out."""
    try:
        draft = letters.draft(row)
        if draft is not None:
            return letters.envelope_sender(row), draft
    except ValueError as error:  # an address or a name that cannot stand in a header
        return "", Settled(row.subscriber, row.serial, State.FAILED, Stage.ADDRESS, Reply(0, str(error)))
    except Exception as fault:  # noqa: BLE001 - raised when it is its turn: the mail before it is marked already
        return "", fault
    nothing = Reply(0, "nothing in it for the subscriber's topics")
    return "", Settled(row.subscriber, row.serial, State.NO_CONTENT, Stage.CONNECT, nothing, counted=False)


def _envelope(mail: Mail | None) -> Envelope | None:
    if mail is None:
        return None
    row, sender, message = mail
    return Envelope(sender, row.email, len(message)) if isinstance(message, bytes) else None


async def _connected(sending: Sending, slot: ConnectionSlot, findings: Findings) -> bool:
    """Whether a mail can go out. A signal does not wait for a server that says nothing for minutes, and nobody for a second one."""
    if findings.trouble is not None:
        return False
    connecting, stopped = asyncio.create_task(slot.ready()), asyncio.create_task(sending.stop.wait())
    try:
        await asyncio.wait({connecting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            return False
        if unreachable := connecting.result():
            findings.unreachable(unreachable.reply)
        return unreachable is None and not sending.stop.is_set()
    finally:
        stopped.cancel()
        while not connecting.done():  # Python 3.11 can lose a cancellation in wait_for (cpython #86296)
            connecting.cancel()
            await asyncio.wait({connecting}, timeout=0.1)
