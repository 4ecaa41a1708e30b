"""Withdraw an article from every published file and from future editions, or restore it.

Sealed and frozen files are cut first, and only then is the article marked: a stop between the two leaves less of it public, never more, and the same
command continues.
"""

import gzip
from dataclasses import dataclass, replace
from pathlib import Path

from syndication.compose.hot import without_withdrawn
from syndication.domain.article import Article
from syndication.domain.frozen import FrozenEdition
from syndication.domain.published import Filing, archive_path
from syndication.domain.text import counted
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.collecting.articles import find_article
from syndication.flows.edition.freeze import edition_of
from syndication.flows.publishing.hubs import tell_hubs
from syndication.flows.publishing.older import FOLDER as OLDER
from syndication.flows.publishing.publish import publish
from syndication.publish.addresses import local_images
from syndication.publish.folder import compressed
from syndication.publish.takedown import without_entry
from syndication.store.articles.withdrawals import Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedown:
    """An article that was withdrawn or restored, and how many files of `folder` changed; `again`: it was withdrawn already."""

    article: str  # id
    title: str
    edition: WeekKey | None
    changed: int
    warnings: tuple[str, ...]
    folder: Path
    again: bool = False


async def withdraw(app: App, name: str, reason: str) -> Takedown:
    """Withdraw the article with the id, address or slug `name`, and publish. `reason` is kept, and never published.

    Raises UsageError when no article or several have the name, and when an edition with the article is made but not sent.
    """
    warnings: tuple[str, ...] = ()
    with app.locks("collect-and-publish"):
        found = await find_article(app, name)
        article = found.article
        edition = await app.store.editions.holding(article.id)
        if edition is not None:
            warnings = await _require_no_mail_to_come(app, edition)
            gone = Withdrawal(article.id, article.title, app.clock())
            await _rewrite_page(app, edition, gone)
        await _cut_older(app, article)
        await app.store.withdrawals.withdraw(article.id, at=app.clock(), reason=reason)
        shown = [f"media/{name}" for name in sorted(local_images(article))]
        await app.store.manifest.unwant(
            [path for path in shown if not await app.store.withdrawals.still_shown(path)]
        )
        warnings += (await publish(app, None)).warnings
    return _takedown(app, found, edition, warnings + await tell_hubs(app))


async def restore(app: App, name: str) -> Takedown:
    """Publish an article again that was withdrawn. Raises UsageError as `withdraw` does, and for an article that was not withdrawn."""
    with app.locks("collect-and-publish"):
        found = await find_article(app, name)
        if found.withdrawn is None:
            raise UsageError(f"“{found.article.title}” is not withdrawn.", "Nothing was changed.")
        await app.store.withdrawals.restore(found.article.id, at=app.clock())
        edition = await app.store.editions.holding(found.article.id)
        if edition is not None:
            await _rewrite_page(app, edition, None)
        published = await publish(app, None)
    return _takedown(app, found, edition, published.warnings + await tell_hubs(app))


def _takedown(app: App, found: Filing, edition: FrozenEdition | None, warnings: tuple[str, ...]) -> Takedown:
    return Takedown(
        article=found.article.id,
        title=found.article.title,
        edition=edition.key if edition else None,
        changed=len(app.folder.changed),
        warnings=warnings,
        folder=app.folder.root,
        again=found.withdrawn is not None,
    )


async def _require_no_mail_to_come(app: App, edition: FrozenEdition) -> tuple[str, ...]:
    """Raise UsageError for an edition that is made but not sent: frozen mails cannot be changed. Warn of mails still to go out."""
    counts = await app.store.ledger.counts(edition.mailing)
    waiting = counts.queued + counts.deferred
    if waiting and waiting == counts.recipients:
        raise UsageError(
            f"The article is in the edition {edition.key}, which is made but not sent.",
            f"`syndicate discard {edition.key}` takes the edition back; then withdraw the article and run that week again.",
        )
    if waiting:
        return (
            f"{edition.key} has this article, and {counted(waiting, 'mail')} of it {'is' if waiting == 1 else 'are'} still to go out: `syndicate hold {edition.key}` keeps the rest.",
        )
    return ()


async def _rewrite_page(app: App, edition: FrozenEdition, gone: Withdrawal | None) -> None:
    """Render the edition's page again, without withdrawn articles; `gone` is being withdrawn."""
    contents = (await app.store.archive.contents([edition.key]))[edition.key]
    known = await app.store.articles.get([article.id for article in contents.articles])
    members = [article for article in known.values() if gone is None or article.id != gone.article]
    withdrawn = [*await app.store.withdrawals.all(), *([gone] if gone else [])]
    titles = [one.title for one in withdrawn]
    hot = without_withdrawn(edition.hot, {one.article for one in withdrawn}, titles)
    if members:
        members.sort(key=lambda article: article.dated, reverse=True)
        made = await edition_of(app, edition.key, edition.number, members, hot)
        made = replace(made, day=edition.day)
        page, subject = app.renderer.edition_page(made), app.renderer.subject(made)
    else:
        page, subject = app.renderer.gone_page(), app.publication.title
    await app.store.editions.rewrite(edition.key, page=page, subject=subject)
    await app.store.manifest.unwant([archive_path(edition.key)])


async def _cut_older(app: App, article: Article) -> None:
    for document in await app.store.older.documents_of(article.id):
        cut = {
            name: compressed(without_entry(name, gzip.decompress(packed), article.id))
            for name, packed in (await app.store.older.files(document)).items()
        }
        await app.store.older.replace(document, cut, without=article.id)
        await app.store.manifest.unwant([f"{OLDER}{document}/{name}" for name in cut])
