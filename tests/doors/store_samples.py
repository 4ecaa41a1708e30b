"""Values for the store's tests, and the steps that most of them begin with."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TypeVar

from syndication.domain.article import Article, Merged, ParsedArticle, ResolvedArticle, Source, SourceKind
from syndication.domain.delivery import Batch, Recipient, Reply, Settled, Stage, State
from syndication.domain.edition import Edition, Section
from syndication.domain.frozen import FrozenEdition, HeaderFacts
from syndication.domain.hotlist import HotEntry, Movement, Trend
from syndication.domain.limits import Grant, Meter, Plan, Reason, Situation, Wait
from syndication.domain.subscriber import Added, NewSubscriber
from syndication.domain.variant import Variant
from syndication.domain.week import WeekKey
from syndication.store.database import Store
from syndication.store.editions.freeze import FreezePlan

T = TypeVar("T")
_IDS = count(1)

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
W47 = WeekKey(2026, 47)
DESK = Source("desk", SourceKind.FOLDER, "/articles")
WIRE = Source("wire", SourceKind.FEED, "https://wire.example/feed")
HOT = (
    HotEntry(
        1,
        "The ferry sails again",
        "https://hanok.example/ferry",
        "tag:1",
        "City",
        41.5,
        Movement(Trend.UP, 2),
    ),
    HotEntry(2, "A quiet winter"),
)
ENGLISH = Variant("en", "The week", "What happened", "<p>[[~s.name~]]</p>", "[[~s.name~]]", ("city", "film"))
KOREAN = Variant("ko", "이번 주", "무슨 일이", "<p>주</p>", "주", ("city",), common=False)

HEADERS = HeaderFacts(
    sender="Hanok <weekly@hanok.example>",
    list_id="weekly.hanok.example",
    web_url="https://news.hanok.example/",
    timezone="Asia/Seoul",
    domain="hanok.example",
)


def minter(prefix: str) -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"


def piece(name: str, published: datetime | None = NOW - DAY, **changes: object) -> ParsedArticle:
    values: dict[str, object] = {
        "title": f"About {name}",
        "keys": (f"https://hanok.example/{name}", f"title {name}"),
        "url": f"https://hanok.example/{name}",
        "published": published,
    }
    return ParsedArticle(**(values | changes))  # type: ignore[arg-type] # built from names


async def collect(store: Store, *pieces: ParsedArticle, source: Source = DESK, now: datetime = NOW) -> Merged:
    return await store.articles.merge(
        source,
        pieces,
        others={"desk", "wire"} - {source.name},
        now=now,
        mint=lambda: f"tag:{next(_IDS)}",
        backlog=lambda parsed: "",
    )


async def subscribe(
    store: Store, *addresses: str, confirmed: datetime | None = NOW - DAY, **facts: object
) -> None:
    keys = minter(f"{addresses[0] if addresses else ''}-key-")
    rows = [
        NewSubscriber(email=address, confirmed=confirmed, proof="import subscribers.csv", **facts)  # type: ignore[arg-type]
        for address in addresses
    ]
    results = await store.subscribers.add(rows, at=NOW - DAY, key=keys)
    assert set(results) <= {Added.ADDED}


def edition(articles: Sequence[Article], key: WeekKey = W47, number: int = 1) -> Edition:
    lead, *others = map(ResolvedArticle, articles)
    return Edition(
        key=key,
        number=number,
        day=date(2026, 11, 23),
        lead=lead,
        sections=(Section("City", "city", tuple(others)),),
        hot=HOT,
        preheader="What happened",
        note="A note.",
    )


def lane_of(domain: str) -> str:
    return "big" if domain == "big.example" else "other"


async def freeze(
    store: Store,
    made: Edition,
    *,
    mailing: str = "m1",
    variants: Sequence[Variant] = (ENGLISH, KOREAN),
    at: datetime = NOW,
    lanes: Callable[[str], str] = lane_of,
) -> FrozenEdition:
    plan = FreezePlan(
        edition=made,
        variants=variants,
        page="<html>the week</html>",
        subject="The week",
        at=at,
        mailing=mailing,
        headers=HEADERS,
        token_key="abcd",
        lane_of=lanes,
    )
    return await store.editions.freeze(plan)


async def latest(store: Store, limit: int, *, until: datetime) -> tuple[Article, ...]:
    """The newest articles dated up to and including `until`."""
    return (await store.articles.recent(since=NOW - 9999 * DAY, until=until))[:limit]


async def planned(store: Store, *addresses: str) -> None:
    """A frozen edition with one article, and a mailing `m1` for these subscribers."""
    await collect(store, piece("ferry"))
    await subscribe(store, *addresses)
    await freeze(store, edition(await latest(store, 1, until=NOW)))


def addresses(number: int, domain: str = "small.example") -> list[str]:
    return [f"subscriber{index}@{domain}" for index in range(number)]


def at_most(size: int = 500, connections: int = 1) -> Plan:
    """A plan without limits: the first lane in turn gets so many rows."""

    def plan(situation: Situation) -> Grant | Wait:
        if not situation.lanes:
            return Wait(None, Reason.NOTHING)
        lane, server = situation.lanes[0], Meter("server mx")
        return Grant(
            lane, "mx", size, connections, connections, False, Meter(f"lane {lane}"), ((server, 1.0),)
        )

    return plan


async def claim(
    store: Store, token: str = "t1", *, owner: str = "host/run", now: datetime = NOW, size: int = 500
) -> Batch:
    batch = await store.ledger.claim("m1", owner, token, now=now, lease=60, plan=at_most(size))
    assert isinstance(batch, Batch)
    return batch


async def nothing_is_due(store: Store, *, now: datetime = NOW) -> bool:
    answer = await store.ledger.claim("m1", "host/run", "idle", now=now, lease=60, plan=at_most())
    return answer == Wait(None, Reason.NOTHING)


def settled(
    row: Recipient, state: State = State.SENT, reply: Reply | None = None, **facts: object
) -> Settled:
    stage = Stage.DOT if state in {State.SENT, State.UNKNOWN} else Stage.RCPT
    return Settled(row.subscriber, row.serial, state, stage, reply or Reply(250, "ok", "mx"), **facts)  # type: ignore[arg-type]


async def states(store: Store, mailing: str = "m1") -> dict[str, State]:
    return {line.email: line.state async for line in store.ledger.rows(mailing)}


async def listed(lines: AsyncIterator[T]) -> list[T]:
    return [line async for line in lines]


def titles(articles: Iterable[Article]) -> list[str]:
    return [article.title.removeprefix("About ") for article in articles]
