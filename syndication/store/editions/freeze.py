"""Freezing an edition: the edition, its articles, its ranking, its compiled mails and a row for every subscriber, in one transaction.

The rows are made inside the database, ten thousand subscribers at a time, so that a million subscribers take no memory here: only their
domains come out, and the lanes of these domains go in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from syndication.domain.delivery import MailingKind, State
from syndication.domain.edition import Edition
from syndication.domain.frozen import HeaderFacts
from syndication.domain.subscriber import Consent
from syndication.domain.variant import Variant, language_for
from syndication.domain.week import WeekKey
from syndication.errors import StoreError
from syndication.store.engine import lock
from syndication.store.tables.editions import edition_articles, editions, hot_accounts, hot_entries
from syndication.store.tables.sending import batches, deliveries, lanes, mailings, tallies, variants
from syndication.store.tables.subscribers import subscribers

CHUNK = 10_000  # subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezePlan:
    """The input of a freeze. The first of `variants` is in the publication's language: a subscriber whose own was not compiled gets it.

    `lane_of` names the lane of a domain.
    """

    edition: Edition
    variants: Sequence[Variant]
    page: str
    subject: str
    at: datetime
    mailing: str
    headers: HeaderFacts
    token_key: str
    lane_of: Callable[[str], str]
    waits: bool = False  # for an editor's approval
    hot: Mapping[str, Any] = field(default_factory=dict)  # the account of its ranking


def freeze(connection: Connection, plan: FreezePlan) -> None:
    """Write the edition and plan its mailing. Raises StoreError as `Editions.freeze` does."""
    lock(connection, "editions")
    key = str(plan.edition.key)
    if connection.execute(select(editions.c.key).where(editions.c.key == key)).first():
        raise StoreError(f"The edition {key} is frozen already.", "Run again: the run continues from there.")
    _edition(connection, plan, key)
    _mailing(connection, plan, key)
    _recipients(connection, plan)
    planned = select(func.count()).select_from(deliveries).where(deliveries.c.mailing == plan.mailing)
    connection.execute(
        update(mailings).where(mailings.c.id == plan.mailing).values(planned=planned.scalar_subquery())
    )


def _edition(connection: Connection, plan: FreezePlan, key: str) -> None:
    edition = plan.edition
    connection.execute(
        insert(editions).values(
            key=key,
            number=edition.number,
            day=edition.day.isoformat(),
            subject=plan.subject,
            note=edition.note,
            page=plan.page,
            frozen=plan.at,
        )
    )
    members = dict.fromkeys(article.id for article in edition.articles)
    rows = [
        {"article": article, "edition": key, "position": position} for position, article in enumerate(members)
    ]
    try:
        connection.execute(insert(edition_articles), rows)
    except IntegrityError as error:
        raise StoreError(
            f"An article of the edition {key} is in another edition already, or is unknown.",
            "Run again: the edition is put together again.",
        ) from error
    _ranking(connection, plan, key)


def _ranking(connection: Connection, plan: FreezePlan, key: str) -> None:
    entries = [
        {
            "edition": key,
            "rank": entry.rank,
            "title": entry.title,
            "url": entry.url,
            "article": entry.article,
            "section": entry.section,
            "score": entry.score,
            "trend": entry.movement and entry.movement.trend,
            "places": entry.movement.places if entry.movement else 0,
        }
        for entry in plan.edition.hot
    ]
    if entries:
        connection.execute(insert(hot_entries), entries)
    if plan.hot:
        connection.execute(insert(hot_accounts).values(edition=key, account=dict(plan.hot)))


def _mailing(connection: Connection, plan: FreezePlan, key: str) -> None:
    connection.execute(
        insert(mailings).values(
            id=plan.mailing,
            kind=MailingKind.DIGEST,
            edition=key,
            date=plan.at.replace(microsecond=0),  # a Date header has no finer unit
            headers=plan.headers.document(),
            approved=None if plan.waits else plan.at,
        )
    )
    rows = [
        {
            "mailing": plan.mailing,
            "language": variant.language,
            "position": position,
            "subject": variant.subject,
            "preheader": variant.preheader,
            "html": variant.html,
            "text": variant.text,
            "topics": variant.topics,
            "common": variant.common,
        }
        for position, variant in enumerate(plan.variants)
    ]
    connection.execute(insert(variants), rows)


def _recipients(connection: Connection, plan: FreezePlan) -> None:
    """Queue a row for every subscriber who is confirmed now and has not paused."""
    lane_of_domain: dict[str, str] = {}
    served: set[str] = set()
    last = 0
    while True:
        found = _chunk(connection, last, plan.at)
        if not found.subscribers:
            break
        for domain in found.domains:
            if domain not in lane_of_domain:
                lane_of_domain[domain] = plan.lane_of(domain)
        here = {domain: lane_of_domain[domain] for domain in found.domains}
        _queue(connection, plan, (last, found.last), here, found.languages)
        served.update(here.values())
        last = found.last
    if served:
        connection.execute(
            insert(lanes), [{"mailing": plan.mailing, "lane": lane} for lane in sorted(served)]
        )


@dataclass(frozen=True, slots=True)
class _Chunk:
    subscribers: int
    last: int
    domains: tuple[str, ...]
    languages: tuple[str, ...]


def _chunk(connection: Connection, after: int, at: datetime) -> _Chunk:
    c = subscribers.c
    page = (
        select(c.id, c.domain, c.language)
        .where(c.id > after, _is_active(at))
        .order_by(c.id)
        .limit(CHUNK)
        .subquery()
    )
    rows = connection.execute(
        select(page.c.domain, page.c.language, func.count(), func.max(page.c.id)).group_by(
            page.c.domain, page.c.language
        )
    ).all()
    return _Chunk(
        subscribers=sum(row[2] for row in rows),
        last=max((row[3] for row in rows), default=after),
        domains=tuple({row[0] for row in rows}),
        languages=tuple({row[1] for row in rows}),
    )


def _is_active(at: datetime) -> ColumnElement[bool]:
    """Return the condition for a subscriber who is confirmed and has not paused."""
    c = subscribers.c
    return and_(c.consent == Consent.CONFIRMED, or_(c.paused.is_(None), c.paused <= at))


def _queue(
    connection: Connection,
    plan: FreezePlan,
    ids: tuple[int, int],
    lane_of_domain: Mapping[str, str],
    languages: Sequence[str],
) -> None:
    c = subscribers.c
    compiled = [each.language for each in plan.variants]
    variant = {language: language_for(language, compiled) for language in (*languages, "")}
    row: dict[Column[Any], Any] = {
        deliveries.c.mailing: literal(plan.mailing, Text),
        deliveries.c.subscriber: c.id,
        deliveries.c.serial: literal(0, Integer),
        deliveries.c.email: c.email,
        deliveries.c.name: c.name,
        deliveries.c.language: case(variant, value=c.language, else_=plan.variants[0].language),
        deliveries.c.topics: c.topics,
        deliveries.c.key: c.key,
        deliveries.c.token_key: literal(plan.token_key, Text),
        deliveries.c.since: c.confirmed,
        deliveries.c.lane: _lane(lane_of_domain),
        deliveries.c.state: literal(State.QUEUED, Text),
        deliveries.c.due: literal(plan.at, deliveries.c.due.type),
    }
    these = and_(c.id > ids[0], c.id <= ids[1], _is_active(plan.at))
    planned = select(*row.values()).where(these)
    made = insert(deliveries).from_select([field.name for field in row], planned, include_defaults=False)
    connection.execute(made)


def _lane(lane_of_domain: Mapping[str, str]) -> ColumnElement[str]:
    """Return the lane of a subscriber's domain as a CASE: for a join SQLite would read all subscribers, or all domains for each."""
    domains: dict[str, list[str]] = {}
    for domain, lane in lane_of_domain.items():
        domains.setdefault(lane, []).append(domain)
    *few, (most, _) = sorted(domains.items(), key=lambda item: (len(item[1]), item[0]))
    named = literal(most, Text)
    return (
        case(*((subscribers.c.domain.in_(of), literal(lane, Text)) for lane, of in few), else_=named)
        if few
        else named
    )


def discard(connection: Connection, key: WeekKey) -> bool:
    """Delete a frozen edition with all its rows.

    Return False, with nothing changed, when a row is held, or was ever marked as dotting (a folded row was).
    """
    lock(connection, "editions")
    of_edition = mailings.c.edition == str(key)
    # A claim locks this row first (`claims.is_sendable`).
    ours = list(connection.execute(select(mailings.c.id).where(of_edition).with_for_update()).scalars())
    touched = select(mailings.c.id).where(
        of_edition,
        or_(
            select(batches.c.id).where(batches.c.mailing == mailings.c.id).exists(),
            select(tallies.c.mailing).where(tallies.c.mailing == mailings.c.id).exists(),
            select(deliveries.c.mailing)
            .where(deliveries.c.mailing == mailings.c.id, deliveries.c.dotted.is_not(None))
            .exists(),
        ),
    )
    if connection.execute(touched).first():
        return False
    for table in (deliveries, lanes, variants):
        connection.execute(delete(table).where(table.c.mailing.in_(ours)))
    connection.execute(delete(mailings).where(of_edition))
    for table in (hot_accounts, hot_entries, edition_articles):
        connection.execute(delete(table).where(table.c.edition == str(key)))
    connection.execute(delete(editions).where(editions.c.key == str(key)))
    return True
