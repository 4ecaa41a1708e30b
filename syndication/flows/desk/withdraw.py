"""Withdraw: an article taken back, from every published file and from what is still to come.

What was sealed or frozen with it is cut first, and only then is it marked: a stop between the two leaves less of it, never more, and the same
command goes on.
"""

import gzip
from dataclasses import replace
from typing import Any

from syndication.compose.hot import without_withdrawn
from syndication.domain.article import Article
from syndication.domain.frozen import FrozenEdition
from syndication.domain.text import counted
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.collecting.articles import named
from syndication.flows.edition.freeze import edition_of
from syndication.flows.publishing.older import FOLDER as OLDER
from syndication.flows.publishing.publish import publish
from syndication.publish.addresses import local_images
from syndication.publish.folder import compressed
from syndication.publish.takedown import without_entry
from syndication.store.articles.withdrawals import Withdrawal

__all__ = ["restore", "withdraw"]


async def withdraw(app: App, wanted: str, reason: str) -> dict[str, Any]:
    """Take back the article with the id, address or slug `wanted`, and publish. `reason` is kept, and never published.

    Raises UsageError for an article that is not known or more than one, and when an edition with it is made but not sent.
    """
    warnings: tuple[str, ...] = ()
    with app.locks("collect-and-publish"):
        found = await named(app, wanted)
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
    again = " again" if found.withdrawn else ""
    return _said(app, article, edition, warnings, f"“{article.title}” is taken back{again}")


async def restore(app: App, wanted: str) -> dict[str, Any]:
    """Publish an article again that was taken back. Raises UsageError like `withdraw`, and for one that was not taken back."""
    with app.locks("collect-and-publish"):
        found = await named(app, wanted)
        if found.withdrawn is None:
            raise UsageError(f"“{found.article.title}” is not taken back.", "Nothing was changed.")
        await app.store.withdrawals.restore(found.article.id, at=app.clock())
        edition = await app.store.editions.holding(found.article.id)
        if edition is not None:
            await _rewrite_page(app, edition, None)
        published = await publish(app, None)
    return _said(
        app, found.article, edition, published.warnings, f"“{found.article.title}” is published again"
    )


def _said(
    app: App, article: Article, edition: FrozenEdition | None, warnings: tuple[str, ...], what: str
) -> dict[str, Any]:
    changed = counted(len(app.folder.changed), "file")
    return {
        "article": article.id,
        "title": article.title,
        "edition": str(edition.key) if edition else None,
        "changed": len(app.folder.changed),
        "warnings": list(warnings),
        "said": f"{what}: {changed} changed in {app.folder.root}.",
    }


async def _require_no_mail_to_come(app: App, edition: FrozenEdition) -> tuple[str, ...]:
    """A frozen mail cannot be changed. One that has not begun to go out is taken back first; the rest of one that has is the editor's."""
    counts = await app.store.ledger.counts(edition.mailing)
    waiting = counts.queued + counts.deferred
    if waiting and waiting == counts.recipients:
        raise UsageError(
            f"The article stands in the edition {edition.key}, which is made but not sent.",
            f"`syndicate discard {edition.key}` takes the edition back; then withdraw the article, and run that week again.",
        )
    if waiting:
        return (
            f"{edition.key} has this article, and {counted(waiting, 'mail')} of it {'is' if waiting == 1 else 'are'} still to go out: `syndicate hold {edition.key}` keeps the rest.",
        )
    return ()


async def _rewrite_page(app: App, edition: FrozenEdition, gone: Withdrawal | None) -> None:
    """The edition's page with what of it is still published, as it is by now; `gone` is being taken back."""
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
    await app.store.manifest.unwant([f"archive/{edition.key}.html"])


async def _cut_older(app: App, article: Article) -> None:
    for document in await app.store.older.documents_of(article.id):
        cut = {
            name: compressed(without_entry(name, gzip.decompress(packed), article.id))
            for name, packed in (await app.store.older.files(document)).items()
        }
        await app.store.older.replace(document, cut, without=article.id)
        await app.store.manifest.unwant([f"{OLDER}{document}/{name}" for name in cut])
