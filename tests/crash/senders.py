"""The sender processes of a run, as the machine sees them (Linux's /proc)."""

import asyncio
from contextlib import suppress
from pathlib import Path

__all__ = ["alive", "files", "gone", "senders", "started"]

_ZOMBIE = "Z"


def senders(run: int) -> list[int]:
    """The ids of the living processes that the process `run` has started, in their order."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        state, parent = _stat(int(folder.name))
        if parent == run and state != _ZOMBIE and b"\0sender\0" in _command(folder):
            found.append(int(folder.name))
    return sorted(found)


async def started(run: int, number: int) -> list[int]:
    """Wait until `run` has `number` of them."""
    while len(found := senders(run)) < number:  # noqa: ASYNC110 - nobody tells when another starts one
        await asyncio.sleep(0.01)
    return found


def alive(process: int) -> bool:
    return _stat(process)[0] not in {"", _ZOMBIE}


async def gone(*processes: int) -> None:
    """Wait until none of them lives."""
    while any(map(alive, processes)):  # noqa: ASYNC110 - nobody tells when another's child ends
        await asyncio.sleep(0.01)


def files(process: int) -> dict[int, str]:
    """What the process has open: descriptor → path, or the kind and number of a pipe or socket."""
    found = {}
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            found[int(link.name)] = str(link.readlink())
    return found


def _stat(process: int) -> tuple[str, int]:
    """Its state and its parent; an empty state when there is no such process."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return "", 0
    state, parent = stat.rpartition(")")[2].split()[:2]
    return state, int(parent)


def _command(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""
