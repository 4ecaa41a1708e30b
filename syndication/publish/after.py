"""The upload command, `publish.after`: the files must be public before any mail links to them."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from syndication.errors import PublishError

_TAIL = 4096  # bytes of stderr that are kept
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_GRACE = 5.0  # seconds between asking the command to stop and stopping it


async def run_after(argv: Sequence[str], *, cwd: Path) -> None:
    """Run the command in `cwd` without a shell, and wait for it. An empty `argv` runs nothing.

    Raises PublishError if it cannot be started or fails, with its exit status and the last line of its stderr. Cancelling stops the
    command.
    """
    if not argv:
        return
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,  # our output may be one JSON document
            stderr=asyncio.subprocess.PIPE,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a command"
        raise PublishError(
            f"The upload command {argv[0]!r} cannot be started: {reason}.",
            "Correct publish.after, then run again; no mail went out.",
        ) from error
    try:
        last = await _last_line(process)
        status = await process.wait()
    except asyncio.CancelledError:
        await _stop(process)
        raise
    if status:
        ended = f"was ended by signal {-status}" if status < 0 else f"failed with exit status {status}"
        said = f": {last}" if last else ""
        stop = "" if said.endswith((".", "!", "?")) else "."
        raise PublishError(
            f"The upload command {argv[0]!r} {ended}{said}{stop}",
            "The files are written; run again when the command works. No mail went out.",
        )


async def _last_line(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    tail = b""
    while chunk := await process.stderr.read(_TAIL):
        tail = (tail + chunk)[-_TAIL:]
    text = _CONTROL.sub("", tail.decode(errors="replace").replace("\r", "\n"))
    return next((line.strip() for line in reversed(text.split("\n")) if line.strip()), "")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _GRACE)
    except TimeoutError:
        process.kill()
        await process.wait()
