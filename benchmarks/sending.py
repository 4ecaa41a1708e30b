"""`syndicate run` as a process from start to end, against Postfix's smtp-source, both to one SMTP sink on loopback.

    python benchmarks/sending.py [--recipients 20000] [--rounds 3] [--sink "smtp-sink -u nobody -c 127.0.0.1:{port} 1000"]

Prints messages a second, CPU seconds per 1,000 messages, peak memory, and the ratio of the medians. The mail is a digest of twelve
stories, about 60 KB of HTML with its text; smtp-source sends as many bytes.
"""

import argparse
import os
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SEARCH = os.environ["PATH"] + ":/usr/sbin"
WORDS = [
    "harbour",
    "ferry",
    "tide",
    "lantern",
    "rope",
    "market",
    "gull",
    "pier",
    "story",
    "winter",
    "morning",
    "council",
    "paper",
    "window",
    "table",
]

CONFIG = """\
[publication]
title = "The Benchmark"
url = "https://benchmark.example/"
timezone = "UTC"
address = "1 Quay Street"
[[sources]]
name = "desk"
kind = "folder"
path = "articles"
[email]
from = "The Benchmark <weekly@benchmark.example>"
[smtp]
url = "smtp+plain://127.0.0.1:{port}"
connections = {connections}
[web]
url = "https://news.benchmark.example/"
[store]
synchronous = "{synchronous}"
"""


@dataclass(frozen=True)
class Round:
    """What one run of one sender came to."""

    rate: float  # messages a second
    cpu: float  # seconds per 1,000 messages
    memory: float  # MB


def main() -> None:
    arguments = parser().parse_args()
    ours: list[Round] = []
    peers: list[Round] = []
    size = 0
    for number in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as name, sink(arguments.sink) as port:
            size = prepare(Path(name), arguments, port) or size
            ours.append(syndicate(Path(name), arguments.recipients))
            peers.append(smtp_source(port, arguments.recipients, size))
        print(f"round {number + 1}: syndicate {shown(ours[-1])} | smtp-source {shown(peers[-1])}", flush=True)
    ratio = statistics.median(each.rate for each in ours) / statistics.median(each.rate for each in peers)
    print(f"{arguments.recipients:,} messages of {size:,} bytes, synchronous = {arguments.synchronous}")
    print(f"syndicate / smtp-source: {ratio:.2f}")


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    out.add_argument("--recipients", type=int, default=20_000)
    out.add_argument("--connections", type=int, default=20)
    out.add_argument("--rounds", type=int, default=3)
    out.add_argument("--synchronous", default="full", choices=["full", "normal"])
    out.add_argument("--sink", default="smtp-sink -u nobody -c 127.0.0.1:{port} 1000")
    return out


def shown(result: Round) -> str:
    return f"{result.rate:,.0f}/s, {result.cpu:.3f} s CPU per 1,000, {result.memory:.0f} MB"


def prepare(site: Path, arguments: argparse.Namespace, port: int) -> int:
    """A site with an edition that is frozen and published, so that only the sending is left; the size of one mail in bytes."""
    (site / "config").mkdir()
    (site / "articles").mkdir()
    config = CONFIG.format(port=port, connections=arguments.connections, synchronous=arguments.synchronous)
    (site / "config" / "syndicate.toml").write_text(config)
    for number in range(12):
        body = " ".join(WORDS[(number + at * 7) % len(WORDS)] for at in range(400))
        front = f"title: Story number {number} about {WORDS[number]}\ndate: 2023-10-1{number % 5} 09:00\nsection: {WORDS[number % 4]}\n"
        (site / "articles" / f"{number}.md").write_text(f"---\n{front}---\n\n{body}\n")
    readers = "\n".join(
        f"reader{number}@example.com,Reader {number}" for number in range(arguments.recipients)
    )
    (site / "readers.csv").write_text(f"email,name\n{readers}\n")
    command(site, "subscribers", "import", str(site / "readers.csv"))
    command(site, "run", "--week", "2023-W41", "--dry-run")
    return next((site / "var/dry-run/2023-W41/mails").glob("0*.eml")).stat().st_size


def command(site: Path, *arguments: str) -> None:
    line = [sys.executable, "-m", "syndication", "--config", str(site / "config/syndicate.toml"), *arguments]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def syndicate(site: Path, number: int) -> Round:
    line = [
        sys.executable,
        "-m",
        "syndication",
        "--config",
        str(site / "config/syndicate.toml"),
        "run",
        "--week",
        "2023-W41",
    ]
    return measured(line, number)


def smtp_source(port: int, number: int, size: int) -> Round:
    program = shutil.which("smtp-source", path=SEARCH)
    if not program:
        sys.exit("smtp-source is missing: install Debian's postfix package (its service need not run).")
    return measured(
        [
            program,
            "-s",
            "20",
            "-m",
            str(number),
            "-l",
            str(size),
            "-f",
            "a@example.com",
            "-t",
            "b@example.com",
            f"127.0.0.1:{port}",
        ],
        number,
    )


def measured(line: list[str], number: int) -> Round:
    began = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"{line[0]} failed with status {status}")
    return Round(number / seconds, (usage.ru_utime + usage.ru_stime) * 1000 / number, usage.ru_maxrss / 1024)


@contextmanager
def sink(template: str) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    words = shlex.split(template.format(port=port))
    program = shutil.which(words[0], path=SEARCH) or sys.exit(
        f"{words[0]} is missing: see benchmarks/README.md."
    )
    process = subprocess.Popen([program, *words[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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


if __name__ == "__main__":
    main()
