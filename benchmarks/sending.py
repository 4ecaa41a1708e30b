"""`syndicate run` as a process from start to end beside other senders, all to one SMTP sink on loopback.

    python benchmarks/sending.py [--recipients 20000] [--rounds 3] [--sink fast] [--nodemailer] [--dkim rsa] [--processes 2]

The mail is a digest of 31 stories, about 60 KB of HTML and 6 KB of text; smtp-source sends as many ready bytes. Rounds are interleaved
(A B A B); printed are messages a second, CPU seconds per 1,000 messages, peak memory, and the ratios of the medians.
"""

import argparse
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from newsroom import Newsroom, found
from peers import Round, measured, nodemailer, openssl_signs, sink, smtp_source


def main() -> None:
    asked = parser().parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        newsroom = found(folder / "site", asked.recipients)
        size = written(newsroom, folder)
        print(
            f"{asked.recipients:,} messages of {size:,} bytes to {asked.sink}, synchronous = {asked.synchronous}, {asked.connections} connections"
        )
        rounds: dict[str, list[Round]] = defaultdict(list)
        signed = []
        for number in range(asked.rounds):
            for sender, result in one_round(asked, newsroom, folder, size, number):
                rounds[sender].append(result)
                print(f"  round {number + 1}: {sender} {result}", flush=True)
            if asked.dkim == "rsa":
                signed.append(openssl_signs())
    report(rounds, signed)


def one_round(
    asked: argparse.Namespace, newsroom: Newsroom, folder: Path, size: int, number: int
) -> list[tuple[str, Round]]:
    results = []
    for processes in dict.fromkeys((1, asked.processes)):
        here = newsroom.copy(folder / f"round-{number}-{processes}")
        with sink(asked.sink, folder) as port:
            here.configure(
                port,
                connections=asked.connections,
                synchronous=asked.synchronous,
                processes=processes,
                dkim=asked.dkim,
            )
            name = "syndicate" if processes == 1 else f"syndicate, {processes} processes"
            results.append((name, measured(here.weekly, asked.recipients, pinned=processes == 1)))
    with sink(asked.sink, folder) as port:
        results.append(
            ("smtp-source", smtp_source(port, asked.recipients, size=size, connections=asked.connections))
        )
    if asked.nodemailer:
        some = min(asked.recipients, 5_000)  # it needs minutes for what takes the others seconds
        with sink(asked.sink, folder) as port:
            results.append(("nodemailer", nodemailer(port, some, folder, connections=asked.connections)))
    return results


def written(newsroom: Newsroom, folder: Path) -> int:
    """Write the parts of the mail as files for nodemailer, and return the size of the whole in bytes."""
    raw, html, text = newsroom.mail()
    for name, part in (("digest.html", html), ("digest.txt", text)):
        (folder / name).write_text(part.replace("Subscriber 0", "{{name}}"))
    return len(raw)


def report(rounds: dict[str, list[Round]], signed: list[float]) -> None:
    rates = {sender: statistics.median(each.rate for each in done) for sender, done in rounds.items()}
    ours = rates["syndicate"]
    for sender, done in rounds.items():
        middle = Round(
            rates[sender],
            statistics.median(each.cpu for each in done),
            max(each.memory for each in done),
        )
        print(
            f"{sender}: {middle}"
            + ("" if sender == "syndicate" else f"; syndicate is {ours / rates[sender]:.2f} times as fast")
        )
    if signed:
        print(
            f"openssl speed rsa2048: {statistics.median(signed):,.0f} signatures/s; syndicate is {ours / statistics.median(signed):.2f} times that"
        )


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    out.add_argument("--recipients", type=int, default=20_000)
    out.add_argument("--connections", type=int, default=20)
    out.add_argument("--rounds", type=int, default=3)
    out.add_argument("--synchronous", default="full", choices=["full", "normal"])
    out.add_argument("--sink", default="smtp-sink", help="smtp-sink, fast (sink.c), or a command with {port}")
    out.add_argument("--dkim", default="", choices=["", "rsa", "ed25519"])
    out.add_argument("--processes", type=int, default=1, help="measure so many sender processes besides one")
    out.add_argument("--nodemailer", action="store_true", help="measure nodemailer's pool as well")
    out.add_argument("--folder", help="where the sites are made: the disk decides")
    return out


if __name__ == "__main__":
    main()
