"""File the articles that are new, edited or withdrawn: write their pages and images, then put them on their shelves."""

from datetime import timedelta

from syndication.domain.published import TAKEN_BACK, FileKind, Filing, article_path
from syndication.flows.app import App
from syndication.flows.publishing.folder_writer import FolderWriter
from syndication.flows.publishing.items import kept_items
from syndication.publish.addresses import local_images
from syndication.publish.labels import labels

CHUNK = 500  # articles


async def file_due(app: App, writer: FolderWriter) -> None:
    """File all articles that are due. Pages come first, because the feeds of filed articles link to them."""
    now, shelves = app.clock(), app.store.shelves
    total = await shelves.count_due(now)
    done = 0
    while filings := await shelves.due(now, CHUNK):
        public = [each.article for each in filings if each.shown(now)]
        await writer.images({name for article in public for name in local_images(article)}, app.media)
        paged = [each for each in filings if each.article.slug]
        hidden = [_page(each) for each in paged if not (each.withdrawn or each.shown(now))]
        hidden += [_page(each) + TAKEN_BACK for each in paged if not each.withdrawn]
        for filing in filings:
            _write_page(app, writer, filing, shown=filing.shown(now))
        await writer.note()
        await app.store.manifest.unwant(hidden)
        await shelves.file(
            [(each, labels(each.article)) for each in filings], now=now, items=kept_items(app, public)
        )
        # The next collect may bring a missing image.
        waiting = [each.article for each in filings if local_images(each.article) & set(app.folder.missing)]
        await shelves.postpone(waiting, until=now + timedelta(minutes=1))
        done += len(filings)
        app.progress.count("publishing", done, max(total, done))


async def write_pages(app: App, writer: FolderWriter, theme: str) -> None:
    """Write the pages of all articles again if they were made with another theme than this."""
    if await app.store.shelves.theme() == theme:
        return
    now, after = app.clock(), ""
    while filings := await app.store.shelves.paged(after, CHUNK):
        for filing in filings:
            _write_page(app, writer, filing, shown=filing.shown(now))
        await writer.note()
        after = filings[-1].article.slug
    await app.store.shelves.themed(theme)


def _write_page(app: App, writer: FolderWriter, filing: Filing, *, shown: bool) -> None:
    """Write the page of an article that has no address elsewhere; a withdrawn one has a notice there instead."""
    if not filing.article.slug:
        return
    if shown:
        writer.write(_page(filing), app.renderer.article_page(filing.article).encode(), FileKind.PAGE)
    elif filing.withdrawn:
        writer.write(_page(filing), app.renderer.gone_page().encode(), FileKind.GONE)
        writer.write(_page(filing) + TAKEN_BACK, b"", FileKind.OTHER)


def _page(filing: Filing) -> str:
    return article_path(filing.article.slug)
