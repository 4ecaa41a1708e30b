"""The feeds: all articles, the hot list, the editions, and one for each shelf. With full texts each has a twin of summaries in `excerpt/`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syndication.compose.hot import linked, standing
from syndication.domain.article import ResolvedArticle
from syndication.domain.hotlist import HotEntry
from syndication.domain.published import Shelf, ShelfKind
from syndication.domain.week import WeekKey
from syndication.flows.app import App
from syndication.flows.edition.hot import recent_articles
from syndication.flows.publishing.channels import channel, tombstones
from syndication.flows.publishing.items import Shown, items_of
from syndication.flows.publishing.press import FolderWriter
from syndication.publish.addresses import resolve
from syndication.publish.channel import Channel, FeedEntry, Tombstone
from syndication.publish.entries import edition_entry, hot_entries
from syndication.publish.feeds import MAX_ENTRIES, collected, documents

__all__ = ["EDITIONS", "HOT", "shelf_channel", "write_feeds"]

EDITIONS = "editions/"
HOT = "hot/"
EXCERPT = "excerpt/"
WEEKS = 52  # of the feed of the editions
CHUNK = 20  # shelves between two notes of what is done


async def write_feeds(app: App, press: FolderWriter) -> list[Channel]:
    """Write the feeds that may have changed, and return the main ones."""
    now = app.clock()
    latest = await app.store.archive.latest(min(app.feeds.limit, MAX_ENTRIES), until=now)
    main = channel(app, "", withdrawn=await tombstones(app))
    _write(app, press, main, await items_of(app, latest), folder="", what="")
    channels = [main]
    if (hot := await _latest_hot(app)) is not None:
        channels.append(channel(app, HOT, app.renderer.label("Weekly hot")))
        press.feed(HOT, documents(channels[-1], _hot_entries(app, hot)))
        channels.append(channel(app, EDITIONS, app.renderer.label("Editions")))
        press.feed(EDITIONS, documents(channels[-1], await _edition_entries(app)))
    else:
        gone = [await app.store.manifest.known(folder) for folder in (HOT, EDITIONS)]
        await app.store.manifest.unwant(sorted(gone[0] | gone[1]))
    await press.note()
    await _write_shelves(app, press)
    return channels


def _write(
    app: App, press: FolderWriter, made: Channel, shown: Sequence[Shown], *, folder: str, what: str
) -> None:
    press.feed(folder, collected(made, [one.full for one in shown]))
    if app.feeds.content == "full":
        summaries = app.renderer.label("summaries")
        twin = channel(
            app, EXCERPT + folder, f"{what}, {summaries}" if what else summaries, withdrawn=made.tombstones
        )
        press.feed(EXCERPT + folder, collected(twin, [one.excerpt for one in shown]))


async def _write_shelves(app: App, press: FolderWriter) -> None:
    for empty in await app.store.shelves.empty():
        paths = [await app.store.manifest.known(f"{prefix}{empty.folder}") for prefix in ("", EXCERPT)]
        await app.store.manifest.unwant(sorted(paths[0] | paths[1]))
    await app.store.shelves.open_and_close()
    stale = [shelf for shelf in await app.store.shelves.stale() if shelf.kind is not ShelfKind.SITEMAP]
    for start in range(0, len(stale), CHUNK):
        chunk = stale[start : start + CHUNK]
        for shelf in chunk:
            await _write_shelf(app, press, shelf)
        await press.note()
        await app.store.shelves.mark_written(chunk)
        app.progress.count("feeds", start + len(chunk), len(stale))


async def _write_shelf(app: App, press: FolderWriter, shelf: Shelf) -> None:
    withdrawn = tuple(
        Tombstone(article, at.replace(microsecond=0))
        for article, at in await app.store.shelves.withdrawn(shelf)
    )
    newest = await app.store.shelves.newest(shelf, min(app.feeds.limit, MAX_ENTRIES))
    shown = await items_of(app, [article.id for article in newest])
    _write(app, press, shelf_channel(app, shelf, withdrawn), shown, folder=shelf.folder, what=shelf.title)


def shelf_channel(app: App, shelf: Shelf, withdrawn: tuple[Tombstone, ...] = ()) -> Channel:
    """The feed of a section, an author or a tag."""
    return channel(app, shelf.folder, shelf.title, withdrawn=withdrawn)


@dataclass(frozen=True, slots=True)
class _Hot:
    """The list of the edition `key`, and its articles by id."""

    key: WeekKey
    entries: tuple[HotEntry, ...]
    articles: Mapping[str, ResolvedArticle]


async def _latest_hot(app: App) -> _Hot | None:
    """That of the latest edition that is out; an entry gains its link when its article becomes known. None before the first edition."""
    lines = await app.store.editions.lines()
    edition = await app.store.editions.get(lines[0].key) if lines else None
    if edition is None:
        return None
    ranked = await _standing(app, edition.hot)
    if not all(entry.article for entry in ranked):
        ranked = linked(ranked, await recent_articles(app, edition.key))
    known = await app.store.articles.get([entry.article for entry in ranked if entry.article])
    resolved = {each.id: resolve(each, app.publication) for each in known.values()}
    return _Hot(edition.key, ranked, resolved)


async def _standing(app: App, hot: Sequence[HotEntry]) -> tuple[HotEntry, ...]:
    gone = await app.store.withdrawals.all()
    return standing(hot, {one.article for one in gone}, [one.title for one in gone])


def _hot_entries(app: App, hot: _Hot) -> tuple[FeedEntry, ...]:
    ended = app.edition.cutoff.at(hot.key)
    return hot_entries(
        hot.entries, publication=app.publication, edition_key=str(hot.key), articles=hot.articles, at=ended
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
            hot=await _standing(app, contents[line.key].hot),
            hot_title=app.renderer.label("Weekly hot"),
            publication=app.publication,
        )
        for line in lines
    ]
