"""Editions as frozen, their rankings, and their mailings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from syndication.domain.delivery import MailingKind, State
from syndication.domain.edition import Edition
from syndication.domain.frozen import EditionSummary, FrozenEdition, HeaderFacts, Mailing
from syndication.domain.hotlist import HotEntry, Movement, Trend
from syndication.domain.variant import Variant
from syndication.domain.week import WeekKey
from syndication.errors import StoreError
from syndication.store.editions.freeze import Plan, discard, freeze
from syndication.store.engine import Database
from syndication.store.tables.articles import articles
from syndication.store.tables.editions import edition_articles, editions, hot_accounts, hot_entries, notes
from syndication.store.tables.sending import batches, deliveries, mailings, variants

__all__ = ["Editions", "Notes", "hot_entry"]


class Notes:
    """A note stays after its edition has taken it over, so that a discarded edition finds it again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: WeekKey) -> str:
        """Empty when there is none."""
        question = select(notes.c.note).where(notes.c.edition == str(key))
        return await self._database.read(lambda connection: connection.execute(question).scalar() or "")

    async def put(self, key: WeekKey, note: str) -> None:
        """Instead of the one that was there; an empty one leaves none."""
        gone = delete(notes).where(notes.c.edition == str(key))
        made = insert(notes).values(edition=str(key), note=note)

        def change(connection: Connection) -> None:
            connection.execute(gone)
            if note:
                connection.execute(made)

        await self._database.write(change)


class Editions:
    """Editions by their week."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def freeze(
        self,
        edition: Edition,
        *,
        variants: Sequence[Variant],
        page: str,
        subject: str,
        at: datetime,
        mailing: str,
        headers: HeaderFacts,
        token_key: str,
        lane_of: Callable[[str], str],
        waits: bool = False,
        hot: Mapping[str, Any] | None = None,
    ) -> FrozenEdition:
        """Settle an edition and plan its mailing for every subscriber who is confirmed now, all or nothing.

        The first of `variants` is in the publication's language: a subscriber whose own was not compiled gets it. `lane_of` names the
        lane of a domain; with `waits` an editor has to approve it. `hot` is how its ranking came about. Raises StoreError when the edition is frozen already, or one of its articles stands in another.
        """
        plan = Plan(
            edition=edition,
            variants=variants,
            page=page,
            subject=subject,
            at=at,
            mailing=mailing,
            headers=headers,
            token_key=token_key,
            lane_of=lane_of,
            waits=waits,
            hot=hot or {},
        )

        return await self._database.write(lambda connection: _frozen(connection, plan))

    async def get(self, key: WeekKey) -> FrozenEdition | None:
        """None when `key` is not frozen."""
        return await self._database.read(lambda connection: _get(connection, key))

    async def frozen(self) -> tuple[WeekKey, ...]:
        """The frozen editions' keys, earliest first."""
        question = select(editions.c.key).order_by(editions.c.key)
        return await self._database.read(
            lambda connection: tuple(map(WeekKey.parse, connection.execute(question).scalars()))
        )

    async def first(self) -> WeekKey | None:
        """The edition that was frozen first, of whichever week; None when there is none."""
        question = select(editions.c.key).order_by(editions.c.frozen, editions.c.number).limit(1)
        key = await self._database.read(lambda connection: connection.execute(question).scalar())
        return WeekKey.parse(key) if key else None

    async def number_next(self, first_number: int) -> int:
        """The next edition's number: how many there were, counted from `first_number`. None is given twice, even if one was discarded."""
        question = select(func.count(), func.max(editions.c.number))

        def answer(connection: Connection) -> int:
            number, highest = connection.execute(question).one()
            return max(first_number + int(number), int(highest or 0) + 1)

        return await self._database.read(answer)

    async def hot_before(self, key: WeekKey) -> tuple[HotEntry, ...] | None:
        """The ranking of the nearest edition before `key`; None when there is none."""
        question = select(func.max(editions.c.key)).where(editions.c.key < str(key))
        return await self._database.read(
            lambda connection: _hot_of(connection, connection.execute(question).scalar())
        )

    async def hot_account(self, key: WeekKey) -> dict[str, Any]:
        """How the ranking of `key` came about (`HotAccount.document`); empty when a version made it that did not keep that."""
        question = select(hot_accounts.c.account).where(hot_accounts.c.edition == str(key))
        return await self._database.read(lambda connection: connection.execute(question).scalar() or {})

    async def lines(self) -> tuple[EditionSummary, ...]:
        """A line for each edition that its editor has let out, latest first."""
        c = editions.c
        out = select(mailings.c.edition).where(mailings.c.approved.is_not(None))
        left = (
            select(edition_articles.c.article)
            .join(articles, articles.c.id == edition_articles.c.article)
            .where(edition_articles.c.edition == c.key, articles.c.withdrawn.is_(None))
            .exists()
        )
        question = (
            select(c.key, c.number, c.day, c.subject, left.label("left"))
            .where(c.key.in_(out))
            .order_by(c.key.desc())
        )

        def answer(connection: Connection) -> tuple[EditionSummary, ...]:
            return tuple(
                EditionSummary(
                    key=WeekKey.parse(row.key),
                    number=row.number,
                    day=date.fromisoformat(row.day),
                    subject=row.subject,
                    gone=not row.left,
                )
                for row in connection.execute(question)
            )

        return await self._database.read(answer)

    async def holding(self, article: str) -> FrozenEdition | None:
        """The edition that an article stands in, None when it is in none."""
        question = select(edition_articles.c.edition).where(edition_articles.c.article == article)

        def answer(connection: Connection) -> FrozenEdition | None:
            key = connection.execute(question).scalar()
            return _get(connection, WeekKey.parse(key)) if key else None

        return await self._database.read(answer)

    async def rewrite(self, key: WeekKey, *, page: str, subject: str) -> None:
        """Change what the archive shows of a frozen edition, which only a withdrawal may; its mails stay as they are."""
        change = update(editions).where(editions.c.key == str(key)).values(page=page, subject=subject)
        await self._database.write(lambda connection: connection.execute(change))

    async def mark_published(self, key: WeekKey, *, at: datetime) -> None:
        """Note that its files are out; the first time counts."""
        change = (
            update(editions)
            .where(editions.c.key == str(key), editions.c.published.is_(None))
            .values(published=at)
        )
        await self._database.write(lambda connection: connection.execute(change))

    async def approve(self, key: WeekKey, *, at: datetime) -> bool:
        """Let an edition out. False, and the first time stays, when it was approved before, or needed nobody's approval."""
        c = mailings.c
        change = update(mailings).where(c.edition == str(key), c.approved.is_(None)).values(approved=at)
        return await self._database.write(lambda connection: connection.execute(change).rowcount > 0)

    async def discard(self, key: WeekKey) -> bool:
        """Take a frozen edition back, with all its rows. False, and nothing is changed, once a mail of it may have gone out."""
        return await self._database.write(lambda connection: discard(connection, key))

    async def mailing(self, mailing: str) -> Mailing:
        """What a mailing's messages have in common. Raises StoreError for one that is not known."""
        return await self._database.read(lambda connection: _mailing(connection, mailing))

    async def open_mailings(self) -> tuple[str, ...]:
        """The mailings with rows that wait, are held, or are unknown; the oldest first."""
        c = deliveries.c
        # Each condition is an index's own, so that no finished row is walked.
        waiting = select(c.mailing).where(c.mailing == mailings.c.id, c.due.is_not(None)).exists()
        held = select(batches.c.id).where(batches.c.mailing == mailings.c.id).exists()
        unknown = (
            select(c.mailing)
            .where(c.mailing == mailings.c.id, c.unknowns > 0, c.state == State.UNKNOWN)
            .exists()
        )
        question = (
            select(mailings.c.id).where(or_(waiting, held, unknown)).order_by(mailings.c.date, mailings.c.id)
        )
        return await self._database.read(lambda connection: tuple(connection.execute(question).scalars()))


def _frozen(connection: Connection, plan: Plan) -> FrozenEdition:
    freeze(connection, plan)
    frozen = _get(connection, plan.edition.key)
    assert frozen is not None
    return frozen


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
        hot=_hot_of(connection, str(key)) or (),
        articles=tuple(connection.execute(members).scalars()),
        planned=row.planned,
    )


def _hot_of(connection: Connection, key: str | None) -> tuple[HotEntry, ...] | None:
    if key is None:
        return None
    question = select(hot_entries).where(hot_entries.c.edition == key).order_by(hot_entries.c.rank)
    return tuple(map(hot_entry, connection.execute(question)))


def hot_entry(row: Any) -> HotEntry:
    """A row of the ranking."""
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
