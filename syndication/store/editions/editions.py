"""Frozen editions, their rankings and mailings, and the editor's notes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from syndication.domain.delivery import MailingKind, State
from syndication.domain.frozen import EditionSummary, FrozenEdition, HeaderFacts, Mailing
from syndication.domain.hotlist import HotEntry, Movement, Trend
from syndication.domain.variant import Variant
from syndication.domain.week import WeekKey
from syndication.errors import StoreError
from syndication.store.editions.freeze import FreezePlan, discard, freeze
from syndication.store.repository import Repository, reads, writes
from syndication.store.tables.articles import articles
from syndication.store.tables.editions import edition_articles, editions, hot_accounts, hot_entries, notes
from syndication.store.tables.sending import batches, deliveries, mailings, variants


class Notes(Repository):
    """The editor's notes, by week. A note stays after its edition has taken it over, so that a discarded edition finds it again."""

    @reads
    def get(self, connection: Connection, key: WeekKey) -> str:
        """Return the week's note, empty when there is none."""
        return connection.execute(select(notes.c.note).where(notes.c.edition == str(key))).scalar() or ""

    @writes
    def put(self, connection: Connection, key: WeekKey, note: str) -> None:
        """Replace the week's note; an empty one leaves none."""
        connection.execute(delete(notes).where(notes.c.edition == str(key)))
        if note:
            connection.execute(insert(notes).values(edition=str(key), note=note))


class Editions(Repository):
    """Editions, by week."""

    @writes
    def freeze(self, connection: Connection, plan: FreezePlan) -> FrozenEdition:
        """Freeze an edition and plan its mailing for every subscriber who is confirmed now, all or nothing.

        Raises StoreError when the edition is frozen already, or when one of its articles is in another edition.
        """
        freeze(connection, plan)
        frozen = _get(connection, plan.edition.key)
        assert frozen is not None
        return frozen

    @reads
    def get(self, connection: Connection, key: WeekKey) -> FrozenEdition | None:
        """Return the edition of a week, None when it is not frozen."""
        return _get(connection, key)

    @reads
    def frozen(self, connection: Connection) -> tuple[WeekKey, ...]:
        """Return the keys of all frozen editions, earliest first."""
        keys = connection.execute(select(editions.c.key).order_by(editions.c.key)).scalars()
        return tuple(map(WeekKey.parse, keys))

    @reads
    def first(self, connection: Connection) -> WeekKey | None:
        """Return the edition that was frozen first, whichever its week; None when there is none."""
        query = select(editions.c.key).order_by(editions.c.frozen, editions.c.number).limit(1)
        key = connection.execute(query).scalar()
        return WeekKey.parse(key) if key else None

    @reads
    def number_next(self, connection: Connection, first_number: int) -> int:
        """Return the next edition's number, counted from `first_number`. No number is given twice, even after a discard."""
        query = select(func.count(), func.max(editions.c.number))
        number, highest = connection.execute(query).one()
        return max(first_number + int(number), int(highest or 0) + 1)

    @reads
    def hot_before(self, connection: Connection, key: WeekKey) -> tuple[HotEntry, ...] | None:
        """Return the ranking of the nearest edition before `key`, None when there is none."""
        query = select(func.max(editions.c.key)).where(editions.c.key < str(key))
        before = connection.execute(query).scalar()
        return None if before is None else _hot_of(connection, before)

    @reads
    def hot_account(self, connection: Connection, key: WeekKey) -> dict[str, Any]:
        """Return the account of a week's ranking (`HotAccount.document`), empty for an edition that was frozen without one."""
        query = select(hot_accounts.c.account).where(hot_accounts.c.edition == str(key))
        return connection.execute(query).scalar() or {}

    @reads
    def lines(self, connection: Connection) -> tuple[EditionSummary, ...]:
        """Return a summary of each approved edition, latest first."""
        c = editions.c
        approved = select(mailings.c.edition).where(mailings.c.approved.is_not(None))
        left = (
            select(edition_articles.c.article)
            .join(articles, articles.c.id == edition_articles.c.article)
            .where(edition_articles.c.edition == c.key, articles.c.withdrawn.is_(None))
            .exists()
        )
        query = (
            select(c.key, c.number, c.day, c.subject, left.label("left"))
            .where(c.key.in_(approved))
            .order_by(c.key.desc())
        )
        return tuple(
            EditionSummary(
                key=WeekKey.parse(row.key),
                number=row.number,
                day=date.fromisoformat(row.day),
                subject=row.subject,
                gone=not row.left,
            )
            for row in connection.execute(query)
        )

    @reads
    def holding(self, connection: Connection, article: str) -> FrozenEdition | None:
        """Return the edition that holds an article, None when there is none."""
        query = select(edition_articles.c.edition).where(edition_articles.c.article == article)
        key = connection.execute(query).scalar()
        return _get(connection, WeekKey.parse(key)) if key else None

    @writes
    def rewrite(self, connection: Connection, key: WeekKey, *, page: str, subject: str) -> None:
        """Change what the archive shows of a frozen edition, which only a withdrawal may do. Its mails stay as they are."""
        change = update(editions).where(editions.c.key == str(key)).values(page=page, subject=subject)
        connection.execute(change)

    @writes
    def mark_published(self, connection: Connection, key: WeekKey, *, at: datetime) -> None:
        """Record when the edition's files were published; the first time counts."""
        unpublished = (editions.c.key == str(key), editions.c.published.is_(None))
        connection.execute(update(editions).where(*unpublished).values(published=at))

    @writes
    def approve(self, connection: Connection, key: WeekKey, *, at: datetime) -> bool:
        """Approve an edition for sending.

        Return False when it was approved before, or needed no approval; the first time is kept.
        """
        c = mailings.c
        change = update(mailings).where(c.edition == str(key), c.approved.is_(None)).values(approved=at)
        return connection.execute(change).rowcount > 0

    @writes
    def discard(self, connection: Connection, key: WeekKey) -> bool:
        """Delete a frozen edition with all its rows. Return False, with nothing changed, when a mail of it may have gone out."""
        return discard(connection, key)

    @reads
    def mailing(self, connection: Connection, mailing: str) -> Mailing:
        """Return what a mailing's messages have in common. Raises StoreError for an unknown mailing."""
        return _mailing(connection, mailing)

    @reads
    def open_mailings(self, connection: Connection) -> tuple[str, ...]:
        """Return the mailings with rows that wait, are held, or are unknown, oldest first."""
        c = deliveries.c
        # Each condition is that of an index, so that no finished row is read.
        waiting = select(c.mailing).where(c.mailing == mailings.c.id, c.due.is_not(None)).exists()
        held = select(batches.c.id).where(batches.c.mailing == mailings.c.id).exists()
        unknown = (
            select(c.mailing)
            .where(c.mailing == mailings.c.id, c.unknowns > 0, c.state == State.UNKNOWN)
            .exists()
        )
        query = (
            select(mailings.c.id).where(or_(waiting, held, unknown)).order_by(mailings.c.date, mailings.c.id)
        )
        return tuple(connection.execute(query).scalars())


def _get(connection: Connection, key: WeekKey) -> FrozenEdition | None:
    c = editions.c
    row = connection.execute(
        select(
            editions,
            mailings.c.id.label("mailing"),
            mailings.c.date,
            mailings.c.planned,
            mailings.c.approved,
            mailings.c.held,
        )
        .join(mailings, mailings.c.edition == c.key)
        .where(c.key == str(key), mailings.c.kind == MailingKind.DIGEST)
    ).first()
    if row is None:
        return None
    members = (
        select(edition_articles.c.article)
        .where(edition_articles.c.edition == str(key))
        .order_by(edition_articles.c.position)
    )
    return FrozenEdition(
        key=key,
        number=row.number,
        day=date.fromisoformat(row.day),
        frozen_at=row.frozen,
        date=row.date,
        subject=row.subject,
        mailing=row.mailing,
        approved_at=row.approved,
        held_at=row.held,
        published_at=row.published,
        page=row.page,
        hot=_hot_of(connection, str(key)),
        articles=tuple(connection.execute(members).scalars()),
        planned=row.planned,
    )


def _hot_of(connection: Connection, key: str) -> tuple[HotEntry, ...]:
    query = select(hot_entries).where(hot_entries.c.edition == key).order_by(hot_entries.c.rank)
    return tuple(map(hot_entry, connection.execute(query)))


def hot_entry(row: Any) -> HotEntry:
    """Make an entry of a row of `hot_entries`."""
    return HotEntry(
        rank=row.rank,
        title=row.title,
        url=row.url,
        article=row.article,
        section=row.section,
        score=row.score,
        movement=Movement(Trend(row.trend), row.places) if row.trend else None,
    )


def _mailing(connection: Connection, mailing: str) -> Mailing:
    row = connection.execute(select(mailings).where(mailings.c.id == mailing)).first()
    if row is None:
        raise StoreError(f"The mailing {mailing} is not in the store.")
    compiled = connection.execute(
        select(variants).where(variants.c.mailing == mailing).order_by(variants.c.position)
    )
    return Mailing(
        id=row.id,
        kind=MailingKind(row.kind),
        edition=WeekKey.parse(row.edition) if row.edition else None,
        date=row.date,
        headers=HeaderFacts.parse(row.headers),
        variants=tuple(
            Variant(
                language=variant.language,
                subject=variant.subject,
                preheader=variant.preheader,
                html=variant.html,
                text=variant.text,
                topics=variant.topics,
                common=variant.common,
            )
            for variant in compiled
        ),
    )
