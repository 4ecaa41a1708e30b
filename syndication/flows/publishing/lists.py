"""The files that link to everything else: the list of the feeds, OPML, the archive with its index, and the sitemaps."""

import re
from collections.abc import Sequence
from datetime import timedelta

from syndication.domain.article import Article
from syndication.domain.frozen import FrozenEdition
from syndication.domain.published import (
    ARCHIVE,
    ARCHIVE_INDEX,
    TAKEN_BACK,
    FileKind,
    Shelf,
    ShelfKind,
    archive_path,
)
from syndication.flows.app import App
from syndication.flows.publishing.feeds import shelf_channel
from syndication.flows.publishing.folder_writer import FolderWriter
from syndication.flows.publishing.older import everything_channel
from syndication.publish.addresses import page_url
from syndication.publish.channel import Channel
from syndication.publish.entries import updated
from syndication.publish.outline import OutlineGroup, outline
from syndication.publish.sitemap import News, Page, news_sitemap, same_site, sitemap, sitemap_index
from syndication.render.renderer import ArchiveLine, FeedGroup
from syndication.store.publishing.filing import SITEMAP_SIZE

FRESH = timedelta(hours=48)  # of the news sitemap, and at most a thousand
_IMAGE = re.compile(r"\bmedia/([A-Za-z0-9_-][A-Za-z0-9._-]*)")
_HEADINGS = {ShelfKind.SECTION: "Sections", ShelfKind.AUTHOR: "Authors", ShelfKind.TAG: "Tags"}


async def write_archive(app: App, writer: FolderWriter, edition: FrozenEdition | None) -> None:
    """Write every edition's page as frozen, with the images it shows, and their index.

    A page that exists is left alone, except that of `edition`, which is published now: a discarded edition may have had the same key.
    An edition whose articles were all withdrawn has a notice instead, to be served with 410, and no line in the index.
    """
    lines = await app.store.editions.lines()
    known = await app.store.manifest.known(ARCHIVE)
    wanted = {ARCHIVE_INDEX}
    for line in lines:
        path = archive_path(line.key)
        files = {path, path + TAKEN_BACK} if line.gone else {path}
        wanted |= files
        written = files <= known and not (edition and edition.key == line.key)
        found = None if written else await app.store.editions.get(line.key)
        if found is not None:
            await writer.images(_IMAGE.findall(found.page), app.media)
            writer.write(path, found.page.encode(), FileKind.GONE if line.gone else FileKind.PAGE)
            if line.gone:
                writer.write(path + TAKEN_BACK, b"", FileKind.OTHER)
    shown = [
        ArchiveLine(
            str(line.key), line.number, line.day, line.subject, archive_path(line.key).removeprefix(ARCHIVE)
        )
        for line in lines
        if not line.gone
    ]
    writer.write(ARCHIVE_INDEX, app.renderer.archive_index(shown).encode(), FileKind.PAGE)
    await app.store.manifest.unwant(sorted(known - wanted))


async def write_lists(app: App, writer: FolderWriter, main: Sequence[Channel]) -> None:
    """Write the list of the feeds, OPML and the sitemaps. `main` are the feeds that belong to no shelf."""
    everything = everything_channel(app, app.renderer.label("everything since the first article"))
    groups = [FeedGroup("main", tuple(_line(app, each) for each in (*main, everything)))]
    outlines = [OutlineGroup("", tuple(main))]
    shelves = await app.store.shelves.open()
    for kind, heading in _HEADINGS.items():
        channels = tuple(shelf_channel(app, shelf) for shelf in shelves if shelf.kind is kind)
        groups.append(FeedGroup(kind, tuple(_line(app, each) for each in channels)))
        outlines.append(OutlineGroup(app.renderer.label(heading), channels))
    writer.write("feeds.html", app.renderer.feeds_page(groups).encode(), FileKind.PAGE)
    writer.write("opml.xml", outline(app.publication.title, outlines), FileKind.OTHER)
    await _write_sitemaps(app, writer)


def _line(app: App, made: Channel) -> tuple[str, str]:
    return made.title, made.url_base.removeprefix(app.publication.feeds_url)


async def _write_sitemaps(app: App, writer: FolderWriter) -> None:
    facts = app.publication
    for shelf in await app.store.shelves.stale():
        if shelf.kind is ShelfKind.SITEMAP:
            await _write_sitemap(app, writer, shelf, await app.store.shelves.newest(shelf, SITEMAP_SIZE))
            await writer.note()
            await app.store.shelves.mark_written([shelf])
    lines = await app.store.editions.lines()
    pages = [Page(f"{facts.feeds_url}{archive_path(line.key)}") for line in lines if not line.gone]
    pages += [Page(f"{facts.feeds_url}{path}") for path in (ARCHIVE_INDEX, "feeds.html")]
    writer.write("sitemaps/pages.xml", sitemap(pages), FileKind.SITEMAP)
    await writer.note()
    known = await app.store.manifest.known("sitemaps/")
    ordered = sorted(known, key=lambda path: (len(path), path))
    writer.write(
        "sitemap.xml", sitemap_index([Page(facts.feeds_url + path) for path in ordered]), FileKind.SITEMAP
    )
    await _write_unless_empty(app, writer, "news-sitemap.xml", await _news(app))


async def _write_unless_empty(app: App, writer: FolderWriter, path: str, data: bytes) -> None:
    if data:
        writer.write(path, data, FileKind.SITEMAP)
    else:
        await app.store.manifest.unwant([path])


async def _write_sitemap(app: App, writer: FolderWriter, shelf: Shelf, articles: Sequence[Article]) -> None:
    facts = app.publication
    pages = [
        Page(url, updated(article))
        for article in articles
        if same_site(url := page_url(article, facts), facts.url, facts.feeds_url)
    ]
    await _write_unless_empty(app, writer, f"sitemaps/{shelf.slug}.xml", sitemap(pages))


async def _news(app: App) -> bytes:
    facts, now = app.publication, app.clock()
    fresh = await app.store.archive.recent_news(SITEMAP_SIZE, since=now - FRESH, until=now)
    news = [
        News(url, article.title, article.dated, article.language)
        for article in fresh
        if same_site(url := page_url(article, facts), facts.url, facts.feeds_url)
    ]
    return news_sitemap(news, publication=facts.title, language=facts.language)
