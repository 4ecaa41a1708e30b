"""The feeds: all articles, the hot list, the editions, and each shelf. If feeds have full texts, each has a twin with summaries in `excerpt/`."""

from syndication.compose.hot import link_articles
from syndication.domain.published import Shelf, ShelfKind
from syndication.flows.app import App
from syndication.flows.edition.hot import not_withdrawn, recent_articles
from syndication.flows.publishing.channels import channel, tombstones
from syndication.flows.publishing.folder_writer import FolderWriter
from syndication.flows.publishing.items import items_of
from syndication.publish.addresses import resolve
from syndication.publish.channel import Channel, FeedEntry, Tombstone
from syndication.publish.entries import edition_entry, hot_entries
from syndication.publish.feeds import MAX_ENTRIES, collected, documents
from syndication.publish.items import Item

EDITIONS = "editions/"
HOT = "hot/"
EXCERPT = "excerpt/"
WEEKS = 52  # of the feed of the editions
CHUNK = 20  # shelves between two notes


async def write_feeds(app: App, writer: FolderWriter) -> list[Channel]:
    """Write the feeds that may have changed, and return the main ones."""
    now = app.clock()
    latest = await app.store.archive.latest(min(app.feeds.limit, MAX_ENTRIES), until=now)
    title = app.publication.title
    about = app.renderer.label("The latest articles of %(title)s.", title=title)
    main = channel(app, "", about=about, withdrawn=await tombstones(app))
    _write(app, writer, main, await items_of(app, latest), folder="", what="")
    channels = [main]
    if (hot := await _hot_entries(app)) is not None:
        about = app.renderer.label("What was read most on %(title)s in the last week.", title=title)
        channels.append(channel(app, HOT, app.renderer.label("Weekly hot"), about=about))
        writer.feed(HOT, documents(channels[-1], hot))
        about = app.renderer.label("The weekly editions of %(title)s.", title=title)
        channels.append(channel(app, EDITIONS, app.renderer.label("Editions"), about=about))
        writer.feed(EDITIONS, documents(channels[-1], await _edition_entries(app)))
    else:
        await _remove(app, HOT, EDITIONS)
    await writer.note()
    await _write_shelves(app, writer)
    return channels


def _write(
    app: App,
    writer: FolderWriter,
    made: Channel,
    items: tuple[list[Item], list[Item]],
    *,
    folder: str,
    what: str,
) -> None:
    writer.feed(folder, collected(made, items[0]))
    if app.feeds.content == "full":
        summaries = app.renderer.label("summaries")
        twin = channel(
            app,
            EXCERPT + folder,
            f"{what}, {summaries}" if what else summaries,
            about=f"{made.description} ({summaries})",
            withdrawn=made.tombstones,
        )
        writer.feed(EXCERPT + folder, collected(twin, items[1]))


async def _remove(app: App, *folders: str) -> None:
    for folder in folders:
        await app.store.manifest.unwant(sorted(await app.store.manifest.known(folder)))


async def _write_shelves(app: App, writer: FolderWriter) -> None:
    for empty in await app.store.shelves.empty():
        await _remove(app, empty.folder, EXCERPT + empty.folder)
    await app.store.shelves.open_and_close()
    stale = [shelf for shelf in await app.store.shelves.stale() if shelf.kind is not ShelfKind.SITEMAP]
    for start in range(0, len(stale), CHUNK):
        chunk = stale[start : start + CHUNK]
        for shelf in chunk:
            await _write_shelf(app, writer, shelf)
        await writer.note()
        await app.store.shelves.mark_written(chunk)
        app.progress.count("feeds", start + len(chunk), len(stale))


async def _write_shelf(app: App, writer: FolderWriter, shelf: Shelf) -> None:
    withdrawn = tuple(
        Tombstone(article, at.replace(microsecond=0))
        for article, at in await app.store.shelves.withdrawn(shelf)
    )
    newest = await app.store.shelves.newest(shelf, min(app.feeds.limit, MAX_ENTRIES))
    items = await items_of(app, [article.id for article in newest])
    _write(app, writer, shelf_channel(app, shelf, withdrawn), items, folder=shelf.folder, what=shelf.title)


def shelf_channel(app: App, shelf: Shelf, withdrawn: tuple[Tombstone, ...] = ()) -> Channel:
    """Return the feed of a section, an author or a tag."""
    names = {"title": app.publication.title, "name": shelf.title}
    about = {
        ShelfKind.AUTHOR: app.renderer.label("Articles of %(title)s by %(name)s.", **names),
        ShelfKind.TAG: app.renderer.label("Articles of %(title)s on %(name)s.", **names),
    }.get(shelf.kind) or app.renderer.label("Articles of %(title)s in the section %(name)s.", **names)
    return channel(app, shelf.folder, shelf.title, about=about, withdrawn=withdrawn)


async def _hot_entries(app: App) -> tuple[FeedEntry, ...] | None:
    """Return the hot list of the latest published edition, None before the first. A place gets its link when its article becomes known."""
    lines = await app.store.editions.lines()
    edition = await app.store.editions.get(lines[0].key) if lines else None
    if edition is None:
        return None
    ranked = await not_withdrawn(app, edition.hot)
    if not all(entry.article for entry in ranked):
        ranked = link_articles(ranked, await recent_articles(app, edition.key))
    known = await app.store.articles.get([entry.article for entry in ranked if entry.article])
    return hot_entries(
        ranked,
        publication=app.publication,
        edition_key=str(edition.key),
        articles={each.id: resolve(each, app.publication) for each in known.values()},
        at=app.edition.cutoff.at(edition.key),
    )


async def _edition_entries(app: App) -> list[FeedEntry]:
    lines = [line for line in await app.store.editions.lines() if not line.gone][:WEEKS]
    contents = await app.store.archive.contents([line.key for line in lines])
    return [
        edition_entry(
            key=str(line.key),
            title=line.subject,
            at=app.edition.cutoff.at(line.key),
            articles=[resolve(each, app.publication) for each in contents[line.key].articles],
            hot=await not_withdrawn(app, contents[line.key].hot),
            hot_title=app.renderer.label("Weekly hot"),
            publication=app.publication,
        )
        for line in lines
    ]
