"""Messages that came back, as others collected them, read by us and by flufl.bounce alone in the same run.

    python benchmarks/bounces.py FOLDER… [--truth FILE] [--list]

A file is a message. What it is stands in the truth, lines of `NAME KIND` (hard, soft, blocked, complaint, delayed, automatic, none…;
`hard|soft` when either will do). Beside this script are those of two collections that the README names: `bounces.tsv` is our reading,
`bounceparser.tsv` what the collection's own tests expect. Printed are right, wrong and undecided, for
each: of flufl.bounce, which knows no kinds, a permanent failure counts as right for any kind of bounce, a temporary one for a warning.
"""

import argparse
import logging
import sys
import time
from collections import Counter
from email import message_from_bytes
from pathlib import Path

from flufl.bounce import all_failures

sys.path.insert(0, str(Path(__file__).parents[1]))

from syndication.bounces.message import read_message
from syndication.bounces.verdict import judge
from syndication.domain.bounce import BounceKind

BOUNCES = {BounceKind.HARD, BounceKind.SOFT, BounceKind.BLOCKED}
IGNORED = {BounceKind.AUTOMATIC, BounceKind.UNDECIDED, BounceKind.DELIVERED}
TRUTH = Path(__file__).with_name("bounces.tsv")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--truth", type=Path, default=TRUTH)
    parser.add_argument("--list", action="store_true", help="print every message with what we make of it")
    arguments = parser.parse_args()
    truth = dict(line.split()[:2] for line in arguments.truth.read_text().splitlines() if line.strip())
    files = [file for folder in arguments.folders for file in sorted(folder.iterdir()) if file.is_file()]
    ours: Counter[str] = Counter()
    flufls: Counter[str] = Counter()
    mistaken, spent = Counter[str](), [0.0, 0.0]
    for file in files:
        data = file.read_bytes()
        began = time.process_time()
        finding = judge(read_message(data))
        middle = time.process_time()
        other = by_flufl(data)
        spent = [spent[0] + middle - began, spent[1] + time.process_time() - middle]
        wanted = truth.get(file.name, "")
        if arguments.list:
            print(
                f"{file.name:40} {wanted or '?':10} {finding.kind:10} {finding.status:8} {other:9} {finding.words[:150]}"
            )
        if wanted:
            ours[graded(finding.kind, wanted)] += 1
            flufls[graded_flufl(other, wanted)] += 1
            alive = BounceKind.HARD not in wanted.split("|")
            mistaken["ours"] += finding.kind is BounceKind.HARD and alive
            mistaken["flufl"] += other == "permanent" and alive
    for name, counted, seconds in (("ours", ours, spent[0]), ("flufl.bounce alone", flufls, spent[1])):
        print(
            f"{name:20} right {counted['right']:4}  wrong {counted['wrong']:4}  undecided {counted['undecided']:4}"
            f"  {seconds / max(len(files), 1) * 1000:6.2f} ms CPU a message"
        )
    print(
        f"{len(files)} messages, {sum(ours.values())} with a truth; {mistaken['ours']} subscribers would have been suppressed wrongly by us, "
        f"{mistaken['flufl']} by whoever takes flufl.bounce's permanent failures for dead addresses"
    )


def by_flufl(data: bytes) -> str:
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    try:
        temporary, permanent = all_failures(message_from_bytes(data))
    except Exception as error:  # noqa: BLE001 - what it raises is a result
        return type(error).__name__
    return "permanent" if permanent else "temporary" if temporary else "none"


def graded(kind: BounceKind, wanted: str) -> str:
    if wanted == "none":
        return "right" if kind in IGNORED else "wrong"
    if kind in wanted.split("|"):
        return "right"
    return "undecided" if kind is BounceKind.UNDECIDED else "wrong"


def graded_flufl(found: str, wanted: str) -> str:
    if wanted in {"none", BounceKind.AUTOMATIC, BounceKind.DELIVERED}:
        return "right" if found == "none" else "wrong"
    if found not in {"permanent", "temporary"}:
        return "undecided"
    return "right" if (found == "permanent") is not BOUNCES.isdisjoint(wanted.split("|")) else "wrong"


if __name__ == "__main__":
    main()
