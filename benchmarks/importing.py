"""`syndicate subscribers import` as a process, against the sqlite3 shell's own `.import` of the same file into a bare table.

    python benchmarks/importing.py [--rows 100000] [--rounds 3]

Prints seconds and peak memory of both, and the ratio of the medians. The shell checks nothing; ours validates and deduplicates every
address and gives each reader a random key.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    shell = shutil.which("sqlite3") or sys.exit("sqlite3 is missing: install Debian's package of that name.")
    ours, peers = [], []
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as name:
            site = Path(name)
            (site / "config").mkdir()
            (site / "config/syndicate.toml").write_text(CONFIG)
            rows = "\n".join(
                f"reader{number}@example{number % 97}.com,Reader {number}" for number in range(arguments.rows)
            )
            file = site / "readers.csv"
            file.write_text(f"email,name\n{rows}\n")
            line = [sys.executable, "-m", "syndication", "--config", str(site / "config/syndicate.toml")]
            ours.append(timed([*line, "subscribers", "import", str(file)]))
            peers.append(
                timed([shell, str(site / "bare.db"), "-cmd", ".mode csv", f".import {file} readers"])
            )
        print(
            f"syndicate {ours[-1][0]:.2f} s, {ours[-1][1]:.0f} MB | sqlite3 {peers[-1][0]:.2f} s, {peers[-1][1]:.0f} MB",
            flush=True,
        )
    ratio = statistics.median(each[0] for each in ours) / statistics.median(each[0] for each in peers)
    print(f"{arguments.rows:,} rows; syndicate / sqlite3's .import: {ratio:.1f}")


def timed(line: list[str]) -> tuple[float, float]:
    """Seconds, and peak memory in MB."""
    began = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{line[0]} failed with status {status}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
