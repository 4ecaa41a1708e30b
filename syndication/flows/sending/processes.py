"""Sender processes: several of them send one mailing from one ledger, each with its share of the connections.

The run that started them holds the lock, shows their progress, and takes over the rows of one that dies. They hold the lock too, and
each has a pipe from the run: when it closes, because the run is stopped or dead, they begin no more mails.
"""

import asyncio
import json
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syndication.errors import SyndicationError
from syndication.flows.app import App, Share
from syndication.flows.sending.batch import Sending
from syndication.flows.sending.round import send_round
from syndication.flows.sending.watch import stop_on_signal, stop_when_closed
from syndication.logs import logger, relay

log = logger(__name__)


ROWS = 1_000  # due rows for each process at least: starting one takes as long as sending them


async def process_count(app: App, mailing: str) -> int:
    """Return how many processes should send what is due now; 1 means this one alone."""
    most = min(app.delivery.processes, app.delivery.share)
    if most == 1:
        return 1
    return max(1, await app.store.ledger.due(mailing, now=app.clock(), limit=most * ROWS) // ROWS)


async def send_in_processes(sending: Sending, number: int, lock: int) -> None:
    """Start `number` processes that send what is due, and wait for them. `lock` is the descriptor of the mailing's lock.

    A process that dies is a warning: its rows are taken over at once. Raises the fault that one ended with.
    """
    before = sending.done
    senders = [_Sender(sending, share) for share in _shares(sending, number, lock)]
    results = await asyncio.gather(*(sender.run() for sender in senders), return_exceptions=True)
    for fault in filter(None, results):
        raise fault
    if any(sender.died for sender in senders) and sending.done == before:
        sending.single_process = True  # new ones would die, too


def _shares(sending: Sending, number: int, lock: int) -> Iterator[Share]:
    app = sending.app
    outbox = str(sending.pool.servers["outbox"]) if app.outbox else ""
    whole, rest = divmod(app.delivery.share, number)
    for each in range(1, number + 1):
        yield Share(sending.mailing, f"{app.delivery.owner}/{each}", whole + (each <= rest), lock, outbox)


@dataclass(slots=True)
class _Sender:
    """The run's side of one process."""

    sending: Sending
    share: Share
    died: bool = False
    fault: SyndicationError | None = None
    last_line: str = ""  # that was not JSON: how an interpreter explains its end

    async def run(self) -> None:
        try:
            process = await _start(self.sending.app.sender(self.share), self.share.lock)
        except OSError as error:
            self._mark_dead(f"could not be started ({error.strerror})")
            return
        stopping = asyncio.create_task(self._stop(process))
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                self._read(line)
            status = await process.wait()
            log.debug("sender process ended", owner=self.share.owner, status=status)
        finally:
            stopping.cancel()
            _close_pipe(process)
        if self.fault is not None:
            raise self.fault
        if status and not self.sending.stop.is_set():
            self._mark_dead(f"{_how_it_ended(status)}{self.last_line and f': {self.last_line}'}")
        if status:
            await self.sending.recover(self.share.owner)

    async def _stop(self, process: Process) -> None:
        await self.sending.stop.wait()
        _close_pipe(process)

    def _read(self, line: bytes) -> None:
        try:
            report = json.loads(line)
            if "event" in report:
                self._relay(report)
            else:
                self._note(report)
        except (ValueError, TypeError, KeyError):
            self.last_line = line.decode(errors="replace").strip() or self.last_line

    def _relay(self, line: dict[str, Any]) -> None:
        relay({**line, "sender": self.share.owner.rpartition("/")[2]})
        if line["level"] == "error":
            self.last_line = line["event"]

    def _note(self, report: dict[str, Any]) -> None:
        self.sending.note(report["outcomes"])
        if fault := report.get("fault"):
            self.fault = _fault(**fault)

    def _mark_dead(self, how: str) -> None:
        self.died = True
        number = self.share.owner.rpartition("/")[2]
        self.sending.warnings.append(
            f"The sender process {number} {how.rstrip('.')}. The run sends the rest of its mails."
        )


async def _start(command: Sequence[str], lock: int) -> Process:
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, pass_fds=(lock,)
    )


def _close_pipe(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _how_it_ended(status: int) -> str:
    if status > 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:  # a real-time signal
        return f"was ended by signal {-status}"


def _fault(code: str, message: str, hint: str) -> SyndicationError:
    """Return the fault that the process reported, with its exit code."""
    kinds = SyndicationError.__subclasses__()
    return next((kind for kind in kinds if kind.code == code), SyndicationError)(message, hint)


async def send_share(app: App, share: Share, *, parent: int) -> Sending:
    """Send what is due of a mailing with this `share` of the connections, until nothing is due or the run stops this process.

    `parent` is the descriptor of a pipe that the run closes to stop it. Raises UsageError when no run has started this process.
    """
    with (
        app.locks(f"mailing {share.mailing}", share.lock),
        stop_on_signal() as stop,
        stop_when_closed(parent, stop),
    ):
        app = replace(app, delivery=replace(app.delivery, owner=share.owner, share=share.connections))
        async with app.open_pool() as pool:
            sending = Sending(app, share.mailing, pool, stop)
            await send_round(sending)
    return sending
