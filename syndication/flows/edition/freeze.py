"""Draft an edition: compose it and render its mails. Freeze it: store it with its planned recipients in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from syndication.collect.text.links import shown
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
from syndication.errors import CollectError, UsageError
from syndication.flows.app import App
from syndication.flows.edition.hot import hot_list
from syndication.flows.letters import MailingLetters
from syndication.logs import logger
from syndication.publish.addresses import resolve, resolve_image
from syndication.store.editions.freeze import FreezePlan

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class EditionDraft:
    """An edition with its compiled mails, as it would be frozen now."""

    edition: Edition
    mailing: Mailing
    letters: MailingLetters


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What composing a week gave: a `draft`, or None and the reason in `skipped` when the week has no new article."""

    draft: EditionDraft | None
    skipped: str
    hot: HotAccount
    backlog: Mapping[str, int]  # articles that are never mailed, by reason
    waiting: int  # articles for a later week
    warnings: tuple[str, ...]

    def require(self, hint: str) -> EditionDraft:
        """Return the draft. Raises UsageError with this hint when there is none."""
        if self.draft is None:
            raise UsageError(self.skipped, hint)
        return self.draft


async def freeze_edition(app: App, drafted: Drafted) -> FrozenEdition | None:
    """Freeze the draft; None when there is none. Raises StoreError when its week is frozen already."""
    if drafted.draft is None:
        return None
    edition, mailing = drafted.draft.edition, drafted.draft.mailing
    main = next(each for each in mailing.variants if each.language == app.publication.language)
    plan = FreezePlan(
        edition=edition,
        variants=mailing.variants,
        page=app.renderer.edition_page(edition),
        subject=main.subject,
        at=mailing.date,
        mailing=mailing.id,
        headers=mailing.headers,
        token_key=app.keyring.signer,
        lane_of=partial(lane_of, lanes=app.delivery.lanes),
        waits=app.edition.approve,
        hot=drafted.hot.document(),
    )
    frozen = await app.store.editions.freeze(plan)
    log.debug(
        "edition frozen",
        edition=str(edition.key),
        articles=len(edition.articles),
        hot=len(edition.hot),
        recipients=frozen.planned,
    )
    articles = counted(len(edition.articles), "article")
    app.progress.say(f"{edition.key}: frozen with {articles} for {counted(frozen.planned, 'subscriber')}")
    return frozen


async def draft_edition(app: App, key: WeekKey) -> Drafted:
    """Compose and render `key` from what is collected, and store nothing."""
    cutoff, store = app.edition.cutoff, app.store
    # Older articles are only counted: a hundred thousand of them need not be read for that.
    unassigned = await store.articles.unassigned(since=reach(key, cutoff), until=cutoff.at(key))
    week = members(
        unassigned,
        key=key,
        cutoff=cutoff,
        first=await store.editions.first(),
        past=key < cutoff.latest(app.clock()),
    )
    backlog = Counter(reason for _, reason in week.backlog)
    for reason, number in (await store.articles.older(reach(key, cutoff))).items():
        backlog[reason or TOO_OLD] += number
    waiting = await store.articles.waiting(cutoff.at(key))
    account, warnings = await hot_list(app, key)
    composed = Drafted(
        draft=None,
        skipped=f"{key} has no new article, so no mail was made.",
        hot=account,
        backlog=dict(backlog),
        waiting=waiting,
        warnings=warnings,
    )
    return await _with_draft(app, key, composed, week.members) if week.members else composed


async def _with_draft(app: App, key: WeekKey, composed: Drafted, found: Sequence[Article]) -> Drafted:
    number = await app.store.editions.number_next(app.edition.first_number)
    hot = tuple(place.entry for place in composed.hot.places)
    edition, warnings = await edition_of(app, key, number, found, hot), composed.warnings
    if app.edition.copy_images:
        edition, missing = await _with_copied_images(app, edition)
        warnings += missing
    draft = render_mails(app, edition, app.clock().replace(microsecond=0))
    shortened = tuple(
        f"The {variant.language} digest was shortened: {variant.trimmed}"
        for variant in draft.mailing.variants
        if variant.trimmed
    )
    return replace(composed, draft=draft, skipped="", warnings=warnings + shortened)


def render_mails(app: App, edition: Edition, at: datetime, mailing: str = "") -> EditionDraft:
    """Render and compile every variant of an edition with the current templates and configuration, dated `at`.

    Without an id for the mailing it is made from the edition's key. Raises SettingsError when the mail could not be sent.
    """
    made = Mailing(
        id=mailing or f"{edition.key}.{app.mail.list_id}",
        kind=MailingKind.DIGEST,
        edition=edition.key,
        date=at,
        headers=app.mail,
        variants=tuple(app.renderer.digest(edition, language) for language in app.renderer.languages),
    )
    return EditionDraft(edition, made, app.letters.prove(made))


async def edition_of(
    app: App, key: WeekKey, number: int, articles: Sequence[Article], hot: tuple[HotEntry, ...]
) -> Edition:
    """Compose `articles`, newest first, as the edition `key` with its editor's note."""
    edition = compose(
        key=key,
        number=number,
        day=app.edition.cutoff.at(key).astimezone(app.publication.timezone).date(),
        members=[resolve(article, app.publication) for article in articles],
        hot=hot,
        section_order=[source.section for source in app.sources if source.section],
        language=app.publication.language,
        unsectioned=app.publication.title,
    )
    return replace(edition, note=await app.store.notes.get(key))


async def _with_copied_images(app: App, edition: Edition) -> tuple[Edition, tuple[str, ...]]:
    """Return the edition with our copies of the images it shows (the lead's, and that of each section's first story), and warnings.

    An image that cannot be copied keeps its address.
    """
    first = (edition.lead, *(section.stories[0] for section in edition.sections))
    copied = await asyncio.gather(*(_with_copied_image(app, article) for article in first))
    lead, *openers = (article for article, _ in copied)
    sections = tuple(
        replace(section, stories=(opener, *section.stories[1:]))
        for section, opener in zip(edition.sections, openers, strict=True)
    )
    warnings = tuple(warning for _, warning in copied if warning)
    return replace(edition, lead=lead, sections=sections), warnings


async def _with_copied_image(app: App, article: ResolvedArticle) -> tuple[ResolvedArticle, str]:
    image = article.image
    if image is None or image.src.startswith(app.publication.feeds_url):
        return article, ""
    private = any(source.allow_private for source in app.sources if source.name == article.source)
    try:
        copy = await app.collector.copy_image(image, now=app.clock(), allow_private=private)
    except CollectError as error:
        return article, f"The image of {article.title!r} was not copied: {error.message}"
    except Exception as error:  # noqa: BLE001 - no picture ends a run
        log.fault("an image cannot be copied", error, url=shown(image.src))
        return (
            article,
            f"The image of {article.title!r} was not copied ({type(error).__name__}): please report this.",
        )
    return replace(article, image=resolve_image(copy, app.publication)), ""
