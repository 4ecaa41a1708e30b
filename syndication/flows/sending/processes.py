"""Sender processes: several of them send one mailing from one ledger, each with its share of the connections.

The run that started them holds the lock, shows how far they have come, and takes over from one that dies. They hold the lock too, and
each has a pipe from the run: when it closes, because the run is asked to stop or is dead, they begin no mail any more.
"""

import asyncio
import json
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syndication import errors
from syndication.errors import SyndicationError
from syndication.flows.app import App, Share
from syndication.flows.sending.batch import Sending
from syndication.flows.sending.round import one_round
from syndication.flows.sending.watch import stop_on_signal, stop_when_closed

__all__ = ["send_in_processes", "send_share", "worthwhile"]


ROWS = 1_000  # due rows for each process at least: starting one takes as long as sending them


async def worthwhile(app: App, mailing: str) -> int:
    """How many processes what is due now is worth: 1 stands for this one alone."""
    most = min(app.delivery.processes, app.delivery.share)
    if most == 1:
        return 1
    return max(1, await app.store.ledger.due(mailing, now=app.clock(), limit=most * ROWS) // ROWS)


async def send_in_processes(sending: Sending, number: int, lock: int) -> bool:
    """Let `number` processes send what is due, and wait for them. `lock` is the descriptor of the mailing's lock.

    A process that dies is a warning: its rows are taken over at once. Returns whether one did; raises the fault that one ended with.
    """
    before = sending.done
    senders = [_Sender(sending, share) for share in _shares(sending, number, lock)]
    results = await asyncio.gather(*(sender.run() for sender in senders), return_exceptions=True)
    for fault in filter(None, results):
        raise fault
    died = any(sender.died for sender in senders)
    if died and sending.done == before:
        sending.alone = True  # started once more they would die once more
    return died


def _shares(sending: Sending, number: int, lock: int) -> Iterator[Share]:
    app = sending.app
    outbox = str(sending.pool.servers["outbox"]) if app.outbox else ""
    whole, rest = divmod(app.delivery.share, number)
    for each in range(1, number + 1):
        yield Share(sending.mailing, f"{app.delivery.owner}/{each}", whole + (each <= rest), lock, outbox)


@dataclass(slots=True)
class _Sender:
    """One process, as the run sees it."""

    sending: Sending
    share: Share
    died: bool = False
    fault: SyndicationError | None = None
    said: str = ""  # the last line that was no report: an interpreter's last words

    async def run(self) -> None:
        try:
            process = await _started(self.sending.app.sender(self.share), self.share.lock)
        except OSError as error:
            self._is_dead(f"could not be started ({error.strerror})")
            return
        telling = asyncio.create_task(self._tell(process))
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                self._read(line)
            status = await process.wait()
        finally:
            telling.cancel()
            _let_go(process)
        if self.fault is not None:
            raise self.fault
        if status and not self.sending.stop.is_set():
            self._is_dead(f"{_ended(status)}{self.said and f': {self.said}'}")
        if status:
            await self._recover()

    async def _tell(self, process: Process) -> None:
        await self.sending.stop.wait()
        _let_go(process)

    def _read(self, line: bytes) -> None:
        try:
            report = json.loads(line)
            self._note(report)
        except (ValueError, TypeError, KeyError):
            self.said = line.decode(errors="replace").strip() or self.said

    def _note(self, report: dict[str, Any]) -> None:
        self.sending.note(report["outcomes"])
        if fault := report.get("fault"):
            self.fault = _error(**fault)

    def _is_dead(self, how: str) -> None:
        self.died = True
        number = self.share.owner.rpartition("/")[2]
        self.sending.warnings.append(
            f"The sender process {number} {how.rstrip('.')}. What it had not sent is taken over."
        )

    async def _recover(self) -> None:
        app = self.sending.app
        await app.store.ledger.recover(
            self.sending.mailing, now=app.clock(), dead=self.share.owner, resend=app.delivery.resend_unknown
        )


async def _started(command: Sequence[str], lock: int) -> Process:
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, pass_fds=(lock,)
    )


def _let_go(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _ended(status: int) -> str:
    if status > 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:  # a real-time signal
        return f"was ended by signal {-status}"


def _error(code: str, message: str, hint: str) -> SyndicationError:
    """The fault as the process had it, with its exit code."""
    kinds = (getattr(errors, name) for name in errors.__all__)
    return next((kind for kind in kinds if kind.code == code), SyndicationError)(message, hint)


async def send_share(app: App, share: Share, *, parent: int) -> Sending:
    """Send what is due of the mailing with this `share` of the site, beside other processes, until nothing is or the run that started this one says so.

    `parent` is the descriptor of a pipe which closes when no mail is to begin any more. Raises
    UsageError when no run has started it.
    """
    with (
        app.locks(f"mailing {share.mailing}", share.lock),
        stop_on_signal() as stop,
        stop_when_closed(parent, stop),
    ):
        app = replace(app, delivery=replace(app.delivery, owner=share.owner, share=share.connections))
        async with app.open_pool() as pool:
            sending = Sending(app, share.mailing, pool, stop)
            await one_round(sending)
    return sending
