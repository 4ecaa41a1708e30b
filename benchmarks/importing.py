"""`syndicate subscribers import` as a process, against the sqlite3 shell's own `.import`.

    python benchmarks/importing.py [--rows 1000000] [--rounds 1]

The shell reads the same file into a bare table of its two columns, and then all that we keep of a subscriber into a table with our columns and
indexes. It checks nothing; ours validates and deduplicates every address and gives each subscriber a random key. Prints seconds on the
clock, of CPU, and the peak memory of each, the ratios of the CPU times, and how long another process that writes now and then had to
wait for us.
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

CONFIG = """\
[publication]
title = "The Benchmark"
url = "https://benchmark.example/"
timezone = "UTC"
address = "1 Quay Street"
[[sources]]
name = "desk"
kind = "folder"
path = "."
[email]
from = "The Benchmark <weekly@benchmark.example>"
[web]
url = "https://news.benchmark.example/"
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a process."""

    clock: float  # seconds
    cpu: float  # seconds
    memory: float  # MB

    def __str__(self) -> str:
        return f"{self.clock:.2f} s, {self.cpu:.2f} s CPU, {self.memory:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    if not shutil.which("sqlite3"):
        sys.exit("sqlite3 is missing: install Debian's package of that name.")
    found = [one_round(arguments.rows) for _ in range(arguments.rounds)]
    names = ("start", "first", "again", "bare", "alike")
    start, first, again, bare, alike = (
        statistics.median(costs[name].cpu for costs in found) for name in names
    )
    print(
        f"{arguments.rows:,} rows, CPU: import / bare table {first / bare:.1f}, "
        f"without the start of the process {(first - start) / bare:.1f}; "
        f"/ our columns and indexes {first / alike:.1f}, {(first - start) / alike:.1f}; "
        f"the same file again / bare table {again / bare:.1f}"
    )


def one_round(rows: int) -> dict[str, Cost]:
    with tempfile.TemporaryDirectory() as name:
        site = Path(name)
        (site / "config").mkdir()
        (site / "config/syndicate.toml").write_text(CONFIG)
        file = site / "subscribers.csv"
        with file.open("w") as out:
            out.write("email,name\n")
            out.writelines(
                f"subscriber{number}@example{number % 97}.com,Subscriber {number}\n" for number in range(rows)
            )
        ours = [sys.executable, "-m", "syndication", "--config", str(site / "config/syndicate.toml")]
        timed([*ours, "status"])  # makes the store
        costs = {"start": timed([*ours, "status"])}
        store = site / "var/syndicate.db"
        with Neighbour(store) as neighbour:
            costs["first"] = timed([*ours, "subscribers", "import", str(file)])
        costs["again"] = timed([*ours, "subscribers", "import", str(file)])
        costs["bare"] = timed(
            ["sqlite3", str(site / "bare.db"), "-cmd", ".mode csv", f".import {file} subscribers"]
        )
        everything = site / "everything.csv"
        subprocess.run(
            [
                "sqlite3",
                str(store),
                "-cmd",
                ".mode csv",
                f".output {everything}",
                "SELECT * FROM subscribers",
            ],
            check=True,
        )
        schema = (
            sqlite3.connect(store)
            .execute("SELECT sql FROM sqlite_master WHERE name = 'subscribers'")
            .fetchone()
        )
        sqlite3.connect(site / "alike.db").execute(schema[0])
        costs["alike"] = timed(
            ["sqlite3", str(site / "alike.db"), "-cmd", ".mode csv", f".import {everything} subscribers"]
        )
        for each, cost in costs.items():
            print(f"{each:>6}  {cost}")
        print(
            f"another process's {len(neighbour.waits)} writes waited {max(neighbour.waits):.2f} s at most",
            flush=True,
        )
        return costs


@dataclass(slots=True)
class Neighbour:
    """Writes to the store ten times a second, as a page of a subscriber does."""

    store: Path
    waits: list[float] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        assert self._thread
        self._thread.join()

    def _write(self) -> None:
        connection = sqlite3.connect(self.store, timeout=60, isolation_level=None)
        while not self._done.wait(0.1):
            began = time.perf_counter()
            connection.execute(
                "INSERT INTO notes VALUES ('2000-W01', 'x') ON CONFLICT DO UPDATE SET note = note || 'x'"
            )
            self.waits.append(time.perf_counter() - began)
        connection.close()


def timed(line: list[str]) -> Cost:
    began = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{line[0]} failed with status {status}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
