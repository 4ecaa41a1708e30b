"""Publish: feeds, pages and images into the site's folder, then the user's upload command. Mail comes only after.

Only what changed is made anew. The store knows which articles that are; what a stop leaves undone stays noted there, and the next publish
goes on. Pages are written before the feeds that lead to them.
"""

import hashlib
import json
from typing import Any
from urllib.parse import quote

from syndication import __version__
from syndication.domain.frozen import FrozenEdition
from syndication.domain.published import TAKEN_BACK, FileKind, PublishedFile, ShelfKind
from syndication.domain.text import counted
from syndication.flows.app import App
from syndication.flows.publishing.channels import origins
from syndication.flows.publishing.feeds import write_feeds
from syndication.flows.publishing.filing import file_due, write_pages
from syndication.flows.publishing.lists import write_archive, write_lists
from syndication.flows.publishing.older import write_older
from syndication.flows.publishing.press import FolderWriter
from syndication.flows.report import Report
from syndication.publish.after import run_after
from syndication.publish.stylesheet import FEED_CSS, STYLESHEET
from syndication.publish.websub import announce

__all__ = ["find_damaged", "publish", "run_publish"]


CHUNK = 500  # files


async def publish(app: App, edition: FrozenEdition | None, report: Report, *, full: bool = False) -> None:
    """Write what changed, run the upload command, and mark the edition published. Raises PublishError: then no mail goes out.

    Of an edition that waits for its editor nothing is written: neither its page nor its hot list. With `full`, as after a change of the configuration or the version, everything is made anew from the store; after one of the theme
    the pages are.
    """
    now = app.clock()
    press = FolderWriter(app.folder, app.store.manifest, announce=_tells_hubs(app))
    lost = app.folder.read(STYLESHEET) is None
    if lost:  # the file that is written first: somebody has emptied the folder
        await app.store.manifest.clear()
    theme = app.renderer.fingerprint
    await app.store.shelves.renew(_facts(app), theme=theme, now=now, anyway=full or lost)
    press.write(STYLESHEET, FEED_CSS, FileKind.OTHER)
    await file_due(app, press)
    await write_pages(app, press, theme)
    await write_archive(app, press, edition)
    await write_older(app, press)
    main = await write_feeds(app, press)
    await write_lists(app, press, main)
    await press.sweep()
    report.feeds.extend(
        str(app.folder.where(made.url_base.removeprefix(app.publication.feeds_url) + name))
        for made in main
        for name in ("rss.xml", "atom.xml", "feed.json")
    )
    report.warnings.extend(
        f"The image {name} is missing: collect its article again." for name in app.folder.missing
    )
    app.progress.say(f"published into {app.folder.root}: {counted(len(app.folder.changed), 'file')} changed")
    if app.feeds.after:
        await run_after(app.feeds.after, cwd=app.site)
    await _announce(app, report)
    if edition is not None and edition.approved_at is not None:
        await app.store.editions.mark_published(edition.key, at=now)


async def _announce(app: App, report: Report) -> None:
    """Tell the hubs of changed feeds, now that they are to be seen. What a hub did not take is told again by the next publish."""
    paths = await app.store.manifest.to_announce() if _tells_hubs(app) else ()
    if paths:
        topics = {app.publication.feeds_url + quote(path): path for path in paths}
        done = await announce(app.feeds.hubs, tuple(topics), contact=app.publication.url)
        await app.store.manifest.announced([topics[topic] for topic in done.topics])
        report.warnings.extend(done.warnings)


def _tells_hubs(app: App) -> bool:
    return app.feeds.announce and bool(app.feeds.hubs)


def _facts(app: App) -> str:
    """A hash of all that every file depends on, besides articles and editions."""
    publication = app.publication
    facts = {
        "version": __version__,
        "publication": [publication.title, publication.url, publication.language, publication.timezone.key],
        "more": [
            publication.address,
            publication.feeds_url,
            publication.web_url,
            publication.logo,
            publication.domain,
        ],
        "labels": [app.renderer.label("summaries")],
        "feeds": [app.feeds.limit, app.feeds.content, app.feeds.hubs],
        "origins": {name: origin.url for name, origin in origins(app).items()},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


async def run_publish(app: App, *, full: bool = False, check: bool = False) -> dict[str, Any]:
    """Write what changed of feeds and pages, and run the upload command. With `full` make everything anew from the store; with `check`
    compare every file with what the store knows of it, and mend it.
    """
    report = Report("")
    with app.locks("collect-and-publish"):
        damaged = await find_damaged(app) if check else []
        await publish(app, None, report, full=full)
    changed = len(app.folder.changed)
    return {
        "feeds": report.feeds,
        "changed": changed,
        "mended": damaged,
        "warnings": report.warnings,
        "said": f"{counted(changed, 'file')} changed in {app.folder.root}.",
    }


async def find_damaged(app: App) -> list[str]:
    """The paths of the files that are not as they were written, or whose `.gz` is not. The next publish writes them."""
    found: list[str] = []
    after = ""
    while page := await app.store.manifest.page(after, CHUNK):
        damaged = [file.path for file in page if not _holds(app, file)]
        for path in damaged:
            await _mark_stale(app, path)
        await app.store.manifest.forget(damaged)
        found += damaged
        after = page[-1].path
    if any(path.startswith("media/") for path in found):  # every article and every edition may show it
        await app.store.shelves.look_again(None, now=app.clock())
        await app.store.manifest.forget(sorted(await app.store.manifest.known("archive/")))
    return found


def _holds(app: App, file: PublishedFile) -> bool:
    data = app.folder.read(file.path)
    return data is not None and len(data) == file.size and hashlib.sha256(data).hexdigest() == file.hash


async def _mark_stale(app: App, path: str) -> None:
    """What a publish does not look at every time has to be due again. All else it writes when the manifest does not know it."""
    folder, _, rest = path.removeprefix("excerpt/").removesuffix(TAKEN_BACK).partition("/")
    if folder in set(ShelfKind):
        slug = rest.partition("/")[0].removesuffix(".xml")
        await app.store.shelves.mark_stale(ShelfKind(folder), slug)
    elif folder == "articles":
        await app.store.shelves.look_again(rest.removesuffix(".html"), now=app.clock())
