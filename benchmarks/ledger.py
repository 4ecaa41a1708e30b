"""The ledger alone: claim, mark, settle as the sender does it, against sqlite3 by hand with a commit for each state.

    python benchmarks/ledger.py [--rows 50000] [--workers 20] [--rounds 3] [--synchronous normal] [--refused 2] [--url postgresql://…]

Prints rows a second, CPU seconds per 1,000 rows (all threads), and the ratio of the medians. A row is one mail: claimed, marked as
dotting durably, settled as sent durably, with the server's words. Nothing is sent.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from syndication.deliver.retry import with_refusal
from syndication.deliver.throttle import Throttle
from syndication.domain.article import ParsedArticle, Source, SourceKind
from syndication.domain.bounce import Rule
from syndication.domain.delivery import Batch, Recipient, Reply, Settled, Stage, State
from syndication.domain.edition import Edition
from syndication.domain.frozen import HeaderFacts
from syndication.domain.limits import Limits
from syndication.domain.subscriber import NewSubscriber
from syndication.domain.variant import Variant
from syndication.domain.week import WeekKey
from syndication.store.database import Store, open_store
from syndication.store.editions.freeze import FreezePlan

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BATCHES = 2  # at once, as flows/round.py has it
RULE = Rule(3, timedelta(days=90))
UNLIMITED = Throttle({}, {"mx:25": Limits()}, {"mx:25": 1}, 1_000, ZoneInfo("UTC"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--synchronous", choices=("normal", "full"), default="normal")
    parser.add_argument(
        "--refused",
        type=int,
        default=0,
        help="percent whose address is dead: the subscriber is bounced in the same transaction; the peer knows none",
    )
    parser.add_argument(
        "--url", default="", help="an empty PostgreSQL database; then one round without a peer"
    )
    asked = parser.parse_args()
    ours, theirs = [], []
    for _ in range(1 if asked.url else asked.rounds):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(asyncio.run(ledger(asked, asked.url or f"sqlite:///{folder}/store.db")))
            if not asked.url:
                theirs.append(by_hand(asked, Path(folder)))
    show("the ledger", ours)
    if theirs:
        show("by hand", theirs)
        ratio = statistics.median(rate for rate, _ in ours) / statistics.median(rate for rate, _ in theirs)
        print(f"ratio: {ratio:.1f}")


def show(name: str, rounds: list[tuple[float, float]]) -> None:
    rates, cpu = [rate for rate, _ in rounds], [seconds for _, seconds in rounds]
    print(
        f"{name:<12} {statistics.median(rates):>9,.0f} rows/s   {statistics.median(cpu):.3f} s CPU per 1,000"
        f"   (of {len(rounds)}: {min(rates):,.0f} to {max(rates):,.0f})"
    )


async def ledger(asked: argparse.Namespace, url: str) -> tuple[float, float]:
    store = await open_store(url, synchronous=asked.synchronous)
    await prepare(store, asked.rows)
    began, cpu = time.perf_counter(), time.process_time()
    senders = [batches(store, f"t{number}-", asked) for number in range(BATCHES)]
    done = sum(await asyncio.gather(*senders))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert done == asked.rows
    counts = await store.ledger.counts("m1")
    assert counts.sent + counts.failed == asked.rows
    await store.close()
    return done / took, cpu / done * 1000


async def batches(store: Store, token: str, asked: argparse.Namespace) -> int:
    done, share = 0, asked.workers // BATCHES
    plan = partial(UNLIMITED.plan, wanted=share, most=share)
    while True:
        batch = await store.ledger.claim("m1", "host/run", f"{token}{done}", now=NOW, lease=3600, plan=plan)
        if not isinstance(batch, Batch):
            return done
        rows = iter(batch.rows)
        await asyncio.gather(*(connection(store, batch, rows, asked.refused) for _ in range(share)))
        await store.ledger.finish(batch)
        done += len(batch.rows)


async def connection(store: Store, batch: Batch, rows: Iterator[Recipient], refused: int) -> None:
    done = None
    for number, row in enumerate(rows):
        assert await store.ledger.step(batch, done, row, now=NOW)
        reply = Reply(250, f"2.0.0 Ok: queued as 4F{number:08X}", "mx1.benchmark.example")
        done = Settled(row.subscriber, row.serial, State.SENT, Stage.DOT, reply)
        if row.subscriber % 100 < refused:
            reply = Reply(550, f"5.1.1 <{row.email}>: no such user", "mx1.benchmark.example")
            done = with_refusal(Settled(row.subscriber, row.serial, State.FAILED, Stage.RCPT, reply), RULE)
    assert await store.ledger.step(batch, done, None, now=NOW)


async def prepare(store: Store, rows: int) -> None:
    source = Source("desk", SourceKind.FOLDER, "articles")
    piece = ParsedArticle(title="A story", keys=("k",), url="https://benchmark.example/a", published=NOW)
    await store.articles.merge(
        source, [piece], now=NOW, others=(), mint=lambda: "tag:1", backlog=lambda _: ""
    )
    for start in range(0, rows, 10_000):
        subscribers = [
            NewSubscriber(
                email=f"subscriber{number}@lane{number % 5}.example",
                name=f"Subscriber {number}",
                confirmed=NOW,
            )
            for number in range(start, min(start + 10_000, rows))
        ]
        keys = iter(range(start, rows))
        await store.subscribers.add(subscribers, at=NOW, key=map("{:016}".format, keys).__next__)
    (article,) = await store.articles.recent(since=NOW, until=NOW)
    key = WeekKey(2026, 47)
    edition = Edition(key, 1, NOW.date(), lead=article, sections=(), hot=(), preheader="")
    plan = FreezePlan(
        edition=edition,
        variants=[Variant("en", "The week", "", "<p></p>", "-")],
        page="",
        subject="The week",
        at=NOW - timedelta(minutes=1),
        mailing="m1",
        headers=HeaderFacts(
            sender="Weekly <weekly@bell.example>",
            list_id="weekly.bell.example",
            web_url="https://news.bell.example/",
            timezone="UTC",
            domain="bell.example",
        ),
        token_key="abcd",
        lane_of=str,
    )
    await store.editions.freeze(plan)


def by_hand(asked: argparse.Namespace, folder: Path) -> tuple[float, float]:
    """Run the peer: the same states through sqlite3, each in a separate commit."""
    rows = min(asked.rows, 5_000)
    database = sqlite3.connect(folder / "by-hand.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"PRAGMA synchronous={asked.synchronous}")
    database.execute(
        "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, email TEXT, state TEXT, reply TEXT, at INTEGER)"
    )
    database.executemany(
        "INSERT INTO deliveries VALUES (?, ?, 'queued', '', 0)",
        [(n, f"r{n}@lane.example") for n in range(rows)],
    )
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(rows):
        database.execute("UPDATE deliveries SET state = 'claimed' WHERE id = ?", (number,))
        database.execute("UPDATE deliveries SET state = 'dotting', at = ? WHERE id = ?", (number, number))
        database.execute(
            "UPDATE deliveries SET state = 'sent', reply = ?, at = ? WHERE id = ?",
            ("2.0.0 Ok", number, number),
        )
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    database.close()
    return rows / took, cpu / rows * 1000


if __name__ == "__main__":
    main()
