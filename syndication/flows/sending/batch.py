"""Send one batch over connections of the pool: each row is marked before its body is sent, and settled before the next body is.

Every mail passes through here; `syndication.flows.sending.deliver` decides what is sent when.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from syndication.deliver.batch_findings import Findings
from syndication.deliver.envelope import Envelope
from syndication.deliver.retry import settle, with_refusal
from syndication.domain.delivery import Batch, Recipient, Reply, Settled, Stage, State
from syndication.logs import logger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syndication.deliver.message import UnsignedMessage
    from syndication.deliver.pool import ConnectionSlot, Pool
    from syndication.flows.app import App
    from syndication.flows.letters import MailingLetters

log = logger(__name__)

AHEAD = 20  # mails that are made at a time at most; each is in memory twice, as a draft and as a message

Mail: TypeAlias = tuple[Recipient, str, bytes | Settled | Exception]
"""A row, its envelope sender and its message; or instead of a message the row's result, or the fault."""


@dataclass(slots=True)
class Sending:
    """One mailing that this process sends: what became of its rows so far."""

    app: App
    mailing: str
    pool: Pool
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    total: int = 0  # rows to send at the beginning
    done: int = 0  # outcomes of any kind
    outcomes: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    single_process: bool = False  # because sender processes die

    async def recover(self, dead: str = "") -> None:
        """Take over the rows of owners that have died: of the owner `dead`, or of every owner on this host, because this process holds their lock."""
        app, policy = self.app, self.app.delivery
        await app.store.ledger.recover(
            self.mailing, now=app.clock(), dead=dead or policy.host, resend=policy.resend_unknown
        )

    def note(self, outcomes: Mapping[str, int]) -> None:
        """Count what became of rows, by state, and show the progress."""
        so_far = self.outcomes
        for state, number in outcomes.items():
            so_far[state] += number
            self.done += number
        settled = so_far["sent"] + so_far["failed"] + so_far["no_content"]
        self.app.progress.count("sending", settled, self.total, so_far)


async def send_batch(sending: Sending, batch: Batch) -> None:
    """Send the batch over the connections it was granted, until the sending is stopped, or its server or lane refuses.

    Rows that were not sent are given back, and what was learned about the server and the lane is stored.
    """
    app, findings = sending.app, Findings(batch.lane)
    try:
        mails = _mails(await app.letters.of(batch.mailing), batch)
        # A connection that fails does not cut the others off in the middle of a dot: they settle what they have, then the fault is raised.
        results = await asyncio.gather(
            *(_connection(sending, batch, mails, findings) for _ in range(batch.connections)),
            return_exceptions=True,
        )
    except Exception as no_letters:  # noqa: BLE001 - raised when the batch is given back
        results = [no_letters]
    judge = partial(app.delivery.throttle.judged, findings=findings, now=app.clock(), jitter=app.jitter())
    await app.store.ledger.finish(batch, judge)
    log.debug("batch finished", batch=batch.id, so_far=dict(sending.outcomes))
    for fault in filter(None, results):
        raise fault


async def _connection(sending: Sending, batch: Batch, mails: Iterator[Mail], findings: Findings) -> None:
    """Send mails one after the other over one connection of the pool. The last result is written even after a fault."""
    app, ledger = sending.app, sending.app.store.ledger
    done: Settled | None = None
    async with sending.pool.session(batch.server) as slot:
        try:
            mail = next(mails, None)
            while mail is not None and not sending.stop.is_set() and findings.blocked is None:
                row, sender, message = mail
                if isinstance(message, Exception):
                    raise message
                # Connecting may take long, and so may many rows without a mail: the last result is written first.
                if done is not None and (isinstance(message, Settled) or not slot.usable):
                    await ledger.step(batch, done, None, now=app.clock())
                    done = None
                if isinstance(message, Settled):
                    await ledger.step(batch, message, None, now=app.clock())
                    sending.note({message.state: 1})
                    mail = next(mails, None)
                    continue
                if not slot.usable and not await _connect(sending, slot, findings):
                    break
                won = await ledger.step(batch, done, row, now=app.clock())
                done, mail = (
                    None,
                    next(mails, None),
                )  # one row ahead: its envelope is pipelined behind the dot
                if won:
                    transaction = await slot.transact(sender, row.email, message, _envelope(mail), ready=True)
                    done = with_refusal(
                        settle(row, transaction, now=app.clock(), jitter=app.jitter()), app.bounces.rule
                    )
                    findings.learn(transaction, row.email)
                    sending.note({done.state: 1})
                elif slot.announced:  # another owner has this row now
                    await slot.close()
        finally:
            if done is not None:
                await ledger.step(batch, done, None, now=app.clock())


def _mails(letters: MailingLetters, batch: Batch) -> Iterator[Mail]:
    """Yield the batch's mails, made several at a time, at most one for each connection: all merged, then all signed.

    A signature evicts everything else from the processor's caches: signing after each merge takes 5 % longer for a mail.
    """
    rows, number = iter(batch.rows), min(batch.connections, AHEAD)
    while some := list(islice(rows, number)):
        drafts = [(row, *_draft(letters, row)) for row in some]
        yield from [
            (row, sender, draft if isinstance(draft, Settled | Exception) else draft.message())
            for row, sender, draft in drafts
        ]


def _draft(letters: MailingLetters, row: Recipient) -> tuple[str, UnsignedMessage | Settled | Exception]:
    """Return the row's envelope sender and its mail, or the result of a row that gets none, or the fault that kept it from being made."""
    try:
        draft = letters.draft(row)
        if draft is not None:
            return letters.envelope_sender(row), draft
    except ValueError as error:  # an address or a name that a header cannot hold
        return "", Settled(row.subscriber, row.serial, State.FAILED, Stage.ADDRESS, Reply(0, str(error)))
    except Exception as fault:  # noqa: BLE001 - raised at the row's turn: the mails before it still go out
        return "", fault
    nothing = Reply(0, "nothing in it for the subscriber's topics")
    return "", Settled(row.subscriber, row.serial, State.NO_CONTENT, Stage.CONNECT, nothing, counted=False)


def _envelope(mail: Mail | None) -> Envelope | None:
    if mail is None:
        return None
    row, sender, message = mail
    return Envelope(sender, row.email, len(message)) if isinstance(message, bytes) else None


async def _connect(sending: Sending, slot: ConnectionSlot, findings: Findings) -> bool:
    """Return whether a mail can be sent. A stop ends the wait for a silent server; a server in trouble is not connected to again."""
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
