"""The articles that are new, were edited or taken back: their pages and images, then their places on the shelves."""

from datetime import timedelta

from syndication.domain.published import TAKEN_BACK, FileKind, Filing
from syndication.flows.app import App
from syndication.flows.publishing.items import kept_items
from syndication.flows.publishing.press import FolderWriter
from syndication.publish.addresses import local_images
from syndication.publish.labels import labels

__all__ = ["file_due", "write_pages"]

CHUNK = 500  # articles


async def file_due(app: App, press: FolderWriter) -> None:
    """File all that are due. Pages come first: what is filed stands in feeds that lead to them."""
    now = app.clock()
    total = await app.store.shelves.count_due(now)
    done = 0
    while filings := await app.store.shelves.due(now, CHUNK):
        images = {name for one in filings if one.shown(now) for name in local_images(one.article)}
        await press.images(images, app.media)
        paged = [one for one in filings if one.article.slug]
        hidden = [_page(one) for one in paged if not (one.withdrawn or one.shown(now))]
        hidden += [_page(one) + TAKEN_BACK for one in paged if not one.withdrawn]
        for filing in filings:
            _write_page(app, press, filing, shown=filing.shown(now))
        await press.note()
        await app.store.manifest.unwant(hidden)
        items = kept_items(app, [one.article for one in filings if one.shown(now)])
        await app.store.shelves.file([(one, labels(one.article)) for one in filings], now=now, items=items)
        waiting = [one.article for one in filings if local_images(one.article) & set(app.folder.missing)]
        await app.store.shelves.postpone(
            waiting, until=now + timedelta(minutes=1)
        )  # collecting may bring the image
        done += len(filings)
        app.progress.count("publishing", done, max(total, done))


async def write_pages(app: App, press: FolderWriter, theme: str) -> None:
    """The pages of all articles, when they are of another theme than this."""
    if await app.store.shelves.theme() == theme:
        return
    now, after = app.clock(), ""
    while filings := await app.store.shelves.paged(after, CHUNK):
        for filing in filings:
            _write_page(app, press, filing, shown=filing.shown(now))
        await press.note()
        after = filings[-1].article.slug
    await app.store.shelves.themed(theme)


def _write_page(app: App, press: FolderWriter, filing: Filing, *, shown: bool) -> None:
    """An article without an address elsewhere has a page; one that was taken back leaves word of it there."""
    if not filing.article.slug:
        return
    if shown:
        press.write(_page(filing), app.renderer.article_page(filing.article).encode(), FileKind.PAGE)
    elif filing.withdrawn:
        press.write(_page(filing), app.renderer.gone_page().encode(), FileKind.GONE)
        press.write(_page(filing) + TAKEN_BACK, b"", FileKind.OTHER)


def _page(filing: Filing) -> str:
    return f"articles/{filing.article.slug}.html"
