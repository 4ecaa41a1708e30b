"""The programs that a sending is measured with: the two sinks, and the senders beside ours."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Round", "measured", "nodemailer", "openssl_signs", "sink", "smtp_source"]

HERE = Path(__file__).resolve().parent
SEARCH = os.environ["PATH"] + ":/usr/sbin"
CORES = sorted(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Round:
    """What one run of one sender came to."""

    rate: float  # messages a second
    cpu: float  # seconds per 1,000 messages, children included
    memory: float  # MB, of the largest process

    def __str__(self) -> str:
        return f"{self.rate:,.0f}/s, {self.cpu:.3f} s CPU per 1,000, {self.memory:.0f} MB"


def measured(line: Sequence[str], number: int, *, pinned: bool = True) -> Round:
    """Run a sender of `number` messages from start to end, on the first core when `pinned`."""
    whole = [*_on(CORES[0]), *line] if pinned else line
    began = time.perf_counter()
    process = subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"{' '.join(line[:5])} … failed with status {os.waitstatus_to_exitcode(status)}")
    return Round(number / seconds, (usage.ru_utime + usage.ru_stime) * 1000 / number, usage.ru_maxrss / 1024)


def smtp_source(port: int, number: int, *, size: int, connections: int) -> Round:
    """Postfix's own sender of `size` ready bytes: the ceiling. It does not pipeline."""
    options = f"-s {connections} -m {number} -l {size} -f a@example.com -t b@example.com 127.0.0.1:{port}"
    return measured([_program("smtp-source", "postfix"), *options.split()], number)


def nodemailer(port: int, number: int, folder: Path, *, connections: int) -> Round:
    """Run the pooled sender of Node.js on `digest.html` and `digest.txt` of `folder`."""
    place = HERE / "nodemailer"
    if not (place / "node_modules").is_dir():
        sys.exit(f"Say `npm install` in {place} first, or leave --nodemailer out.")
    files = [str(folder / name) for name in ("digest.html", "digest.txt")]
    line = [_program("node", "nodejs"), str(place / "send.cjs"), str(port), str(number), str(connections)]
    return measured([*line, *files], number)


def openssl_signs() -> float:
    """RSA-2048 signatures a second of one core."""
    line = [
        "taskset",
        "-c",
        str(CORES[0]),
        _program("openssl", "openssl"),
        "speed",
        "-seconds",
        "3",
        "rsa2048",
    ]
    shown = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    found = re.search(r"rsa\s+2048 bits\s+\S+s\s+\S+s\s+([\d.]+)", shown)
    return float(found[1]) if found else sys.exit("openssl speed said nothing of rsa2048.")


@contextmanager
def sink(kind: str, folder: Path) -> Iterator[int]:
    """Run a sink on the last core, and give its port: `fast` (our sink.c), `smtp-sink`, or a command with {port} in it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    if kind == "fast":
        built = folder / "sink"
        subprocess.run([_program("cc", "gcc"), "-O2", "-o", str(built), str(HERE / "sink.c")], check=True)
        kind = f"{built} {port}"
    elif kind == "smtp-sink":
        kind = f"smtp-sink -u nobody -c 127.0.0.1:{port} 1000"
    first, *words = shlex.split(kind.format(port=port))
    process = subprocess.Popen(
        [*_on(CORES[-1]), _program(first, "postfix"), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _on(core: int) -> tuple[str, ...]:
    return ("taskset", "-c", str(core))


def _program(name: str, package: str) -> str:
    return shutil.which(name, path=SEARCH) or sys.exit(f"{name} is missing: install Debian's {package}.")
