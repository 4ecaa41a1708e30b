"""Publish: write feeds, pages and images into the site's folder, then run the user's upload command. Mail goes out only after that.

Only what changed is written. The store knows which articles these are, and what an interrupted publish left undone; the next publish
continues with that. Pages are written before the feeds that link to them.
"""

import hashlib
from dataclasses import dataclass, replace

from syndication import __version__
from syndication.domain.frozen import FrozenEdition
from syndication.domain.published import ARCHIVE, TAKEN_BACK, FileKind, PublishedFile, ShelfKind
from syndication.domain.text import counted
from syndication.flows.app import App
from syndication.flows.publishing.feeds import write_feeds
from syndication.flows.publishing.filing import file_due, write_pages
from syndication.flows.publishing.folder_writer import FolderWriter
from syndication.flows.publishing.hubs import tell_hubs, tells_hubs
from syndication.flows.publishing.items import origins
from syndication.flows.publishing.lists import write_archive, write_lists
from syndication.flows.publishing.older import write_older
from syndication.logs import logger
from syndication.publish.after import run_after
from syndication.publish.channel import STYLESHEET, feed_css

log = logger(__name__)


CHUNK = 500  # files


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publish wrote: the files of the main `feeds`, and how many files of any kind it changed."""

    feeds: tuple[str, ...]  # paths
    changed: int
    warnings: tuple[str, ...]
    damaged: tuple[str, ...] = ()  # paths of the files that a check found, and that were written again


async def run_publish(app: App, *, full: bool = False, check: bool = False) -> Published:
    """Publish, unless another run does, and tell the hubs; with `check` compare every file with what the store knows of it first, and repair it.

    Raises PublishError, LockedError.
    """
    with app.locks("collect-and-publish"):
        damaged = await find_damaged(app) if check else []
        done = await publish(app, None, full=full)
    told = await tell_hubs(app)
    return replace(done, damaged=tuple(damaged), warnings=done.warnings + told)


async def publish(app: App, edition: FrozenEdition | None, *, full: bool = False) -> Published:
    """Write what changed, run the upload command, and mark the edition published. Raises PublishError: then no mail goes out.

    An edition that waits for its editor is left out: its page as well as its hot list. A change of the configuration or the version,
    or `full`, writes everything again from the store; a change of the theme the pages.
    """
    now = app.clock()
    writer = FolderWriter(app.folder, app.store.manifest, announce=tells_hubs(app))
    lost = app.folder.read(STYLESHEET) is None
    if lost:  # the first file that is written: the folder was emptied
        await app.store.manifest.clear()
    theme = app.renderer.fingerprint
    await app.store.shelves.renew(_facts(app), theme=theme, now=now, anyway=full or lost)
    writer.write(STYLESHEET, feed_css(), FileKind.OTHER)
    await file_due(app, writer)
    await write_pages(app, writer, theme)
    await write_archive(app, writer, edition)
    await write_older(app, writer)
    main = await write_feeds(app, writer)
    await write_lists(app, writer, main)
    await writer.sweep()
    folders = [made.url_base.removeprefix(app.publication.feeds_url) for made in main]
    missing = tuple(f"The image {name} is missing: collect its article again." for name in app.folder.missing)
    changed = len(app.folder.changed)
    app.progress.say(f"published into {app.folder.root}: {counted(changed, 'file')} changed")
    if app.feeds.after:
        with log.timed("upload command"):
            await run_after(app.feeds.after, cwd=app.site)
    if edition is not None and edition.approved_at is not None:
        await app.store.editions.mark_published(edition.key, at=now)
    return Published(
        feeds=tuple(
            str(app.folder.where(folder + name))
            for folder in folders
            for name in ("rss.xml", "atom.xml", "feed.json")
        ),
        changed=changed,
        warnings=missing,
    )


def _facts(app: App) -> str:
    """Return a hash of all that every file depends on, besides articles and editions."""
    feeds = (app.feeds.limit, app.feeds.content, app.feeds.hubs, app.renderer.label("summaries"))
    facts = (__version__, app.publication, feeds, sorted(origins(app).items()))
    return hashlib.sha256(repr(facts).encode()).hexdigest()


async def find_damaged(app: App) -> list[str]:
    """Return the paths of files that differ from what was written, or whose `.gz` does. The next publish writes them again."""
    found: list[str] = []
    after = ""
    while page := await app.store.manifest.page(after, CHUNK):
        damaged = [file.path for file in page if not _is_intact(app, file)]
        for path in damaged:
            await _mark_stale(app, path)
        await app.store.manifest.forget(damaged)
        found += damaged
        after = page[-1].path
    if any(path.startswith("media/") for path in found):  # any article and any edition may show the image
        await app.store.shelves.look_again(None, now=app.clock())
        await app.store.manifest.forget(sorted(await app.store.manifest.known(ARCHIVE)))
    return found


def _is_intact(app: App, file: PublishedFile) -> bool:
    data = app.folder.read(file.path)
    return data is not None and len(data) == file.size and hashlib.sha256(data).hexdigest() == file.hash


async def _mark_stale(app: App, path: str) -> None:
    """Make the file's shelf or article due again. The next publish writes any other file that is not in the manifest."""
    folder, _, rest = path.removeprefix("excerpt/").removesuffix(TAKEN_BACK).partition("/")
    if folder in set(ShelfKind):
        slug = rest.partition("/")[0].removesuffix(".xml")
        await app.store.shelves.mark_stale(ShelfKind(folder), slug)
    elif folder == "articles":
        await app.store.shelves.look_again(rest.removesuffix(".html"), now=app.clock())
