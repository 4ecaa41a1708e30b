"""Freeze: compose and render the edition once, and keep it with its planned recipients in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from syndication.compose.edition import compose
from syndication.compose.membership import TOO_OLD, members, reach
from syndication.deliver.lanes import lane_of
from syndication.domain.article import Article, ResolvedArticle
from syndication.domain.delivery import MailingKind
from syndication.domain.edition import Edition
from syndication.domain.frozen import FrozenEdition, Mailing
from syndication.domain.hot_account import HotAccount
from syndication.domain.hotlist import HotEntry
from syndication.domain.text import counted
from syndication.domain.week import WeekKey
from syndication.errors import CollectError
from syndication.flows.app import App
from syndication.flows.edition.hot import hot_list
from syndication.flows.letters import MailingLetters
from syndication.flows.report import Report
from syndication.publish.addresses import resolve, resolve_image

__all__ = [
    "EditionDraft",
    "draft_edition",
    "drafted",
    "edition_of",
    "freeze_edition",
    "with_copied_images",
]


@dataclass(frozen=True, slots=True)
class EditionDraft:
    """An edition with its compiled mails, as it would be frozen now, and how its hot list came about."""

    edition: Edition
    mailing: Mailing
    letters: MailingLetters
    hot: HotAccount | None = None


async def freeze_edition(app: App, key: WeekKey, report: Report) -> FrozenEdition | None:
    """Compose, render and freeze `key`; None when the week has nothing new, with the reason in the report."""
    draft = await draft_edition(app, key, report)
    if draft is None:
        return None
    edition, mailing = draft.edition, draft.mailing
    main = next(each for each in mailing.variants if each.language == app.publication.language)
    frozen = await app.store.editions.freeze(
        edition,
        variants=mailing.variants,
        page=app.renderer.edition_page(edition),
        subject=main.subject,
        at=mailing.date,
        mailing=mailing.id,
        headers=mailing.headers,
        token_key=app.keyring.signer,
        lane_of=partial(lane_of, lanes=app.delivery.lanes),
        waits=app.edition.approve,
        hot=draft.hot.document() if draft.hot else {},
    )
    app.progress.say(
        f"{key}: frozen with {counted(len(edition.articles), 'article')} for {counted(frozen.planned, 'subscriber')}"
    )
    return frozen


async def draft_edition(app: App, key: WeekKey, report: Report) -> EditionDraft | None:
    """Compose and render `key` from what is collected, and keep nothing; None as for `freeze_edition`."""
    composed = await _compose(app, key, report)
    if composed is None:
        return None
    edition, hot = composed
    if app.edition.copy_images:
        edition = await with_copied_images(app, edition, report)
    draft = drafted(app, edition, app.clock().replace(microsecond=0))
    report.warnings.extend(
        f"The {variant.language} digest was shortened: {variant.trimmed}"
        for variant in draft.mailing.variants
        if variant.trimmed
    )
    return replace(draft, hot=hot)


def drafted(app: App, edition: Edition, at: datetime, mailing: str = "") -> EditionDraft:
    """Every variant of an edition, compiled with the templates and the configuration of now, and dated `at`; the mailing's id is made of the key."""
    made = Mailing(
        id=mailing or f"{edition.key}.{app.mail.list_id}",
        kind=MailingKind.DIGEST,
        edition=edition.key,
        date=at,
        headers=app.mail,
        variants=tuple(app.renderer.digest(edition, language) for language in app.renderer.languages),
    )
    return EditionDraft(edition, made, app.letters.prove(made))


async def _compose(app: App, key: WeekKey, report: Report) -> tuple[Edition, HotAccount] | None:
    cutoff, store = app.edition.cutoff, app.store
    # What lies further back only counts: a hundred thousand old articles are not read for that.
    unassigned = await store.articles.unassigned(since=reach(key, cutoff), until=cutoff.at(key))
    week = members(
        unassigned,
        key=key,
        cutoff=cutoff,
        first=await store.editions.first(),
        past=key < cutoff.latest(app.clock()),
    )
    reasons = Counter(reason for _, reason in week.backlog)
    for reason, number in (await store.articles.older(reach(key, cutoff))).items():
        reasons[reason or TOO_OLD] += number
    report.backlog, report.backlog_reasons = reasons.total(), dict(reasons)
    report.waiting = await store.articles.waiting(cutoff.at(key))
    account = await hot_list(app, key, report)
    hot = tuple(place.entry for place in account.places)
    report.articles, report.hot = len(week.members), len(hot)
    if not week.members:
        report.skipped = f"{key} has no new article, so no mail was made."
        return None
    number = await store.editions.number_next(app.edition.first_number)
    return await edition_of(app, key, number, week.members, hot), account


async def edition_of(
    app: App, key: WeekKey, number: int, members: Sequence[Article], hot: tuple[HotEntry, ...]
) -> Edition:
    """`members`, newest first, as the edition `key` with its editor's note."""
    edition = compose(
        key=key,
        number=number,
        day=app.edition.cutoff.at(key).astimezone(app.publication.timezone).date(),
        members=[resolve(article, app.publication) for article in members],
        hot=hot,
        section_order=[source.section for source in app.sources if source.section],
        language=app.publication.language,
        unsectioned=app.publication.title,
    )
    return replace(edition, note=await app.store.notes.get(key))


async def with_copied_images(app: App, edition: Edition, report: Report) -> Edition:
    """`edition` with our copies of the images it shows: the lead's, and that of each section's first story. One that cannot be had is
    a warning, and stays where it is.
    """
    first = (edition.lead, *(section.stories[0] for section in edition.sections if section.stories))
    shown = iter(await asyncio.gather(*(_copied(app, article, report) for article in first)))
    return replace(
        edition,
        lead=next(shown),
        sections=tuple(
            replace(section, stories=(next(shown), *section.stories[1:])) if section.stories else section
            for section in edition.sections
        ),
    )


async def _copied(app: App, article: ResolvedArticle, report: Report) -> ResolvedArticle:
    image = article.image
    if image is None or image.src.startswith(app.publication.feeds_url):
        return article
    private = any(source.allow_private for source in app.sources if source.name == article.source)
    try:
        copy = await app.collector.copy_image(image, now=app.clock(), allow_private=private)
    except CollectError as error:
        report.warnings.append(f"The image of {article.title!r} was not copied: {error.message}")
        return article
    return replace(article, image=resolve_image(copy, app.publication))
