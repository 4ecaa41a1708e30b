"""`older/`: every article back to the first, as a feed of many documents (RFC 5005 §4).

Feed readers subscribe to the document in the folder itself. It holds the latest states of articles, new or edited, and links to archive
documents of fifty, which never change: an edited article is added at the front again. Their bytes are kept in the store, so that
neither an upgrade nor a new title changes them.
"""

import gzip
from dataclasses import replace

from syndication.domain.published import FileKind
from syndication.flows.app import App
from syndication.flows.publishing.channels import channel, tombstones
from syndication.flows.publishing.folder_writer import FolderWriter
from syndication.flows.publishing.items import items_of
from syndication.publish.channel import ArchivePosition, Channel, Tombstone
from syndication.publish.feeds import collected, fitting
from syndication.publish.folder import compressed

FOLDER = "older/"
PAGE = 50  # states in an archive document; the subscription document has one to two of it
FILES = ("atom.xml", "feed.json", "rss.xml")


async def write_older(app: App, writer: FolderWriter) -> None:
    """Seal what is too much for one document, and write what is missing."""
    older = app.store.older
    last = await older.last()
    waiting = await older.waiting()
    done = 0
    withdrawn = await tombstones(app)
    while True:
        states = await older.unsealed(2 * PAGE)
        items, _ = await items_of(app, [state.article.id for state in states])
        subscription = _channel(app, last + 1, sealed=False, withdrawn=withdrawn)
        if len(states) < 2 * PAGE and fitting(subscription, items) == len(items):
            break
        last += 1
        document = _channel(app, last, sealed=True)
        count = fitting(document, items[:PAGE])
        made = collected(document, items[count - 1 :: -1])
        packed = {name: compressed(data) for name, data in made.items()}
        await older.seal(last, states[:count], packed)
        for name, data in made.items():
            writer.write(f"{FOLDER}{last}/{name}", data, FileKind.SEALED, packed=packed[name])
        done += count
        app.progress.count("sealing older feeds", done, waiting)
    await writer.note()
    await _restore(app, writer, last)
    writer.feed(FOLDER, collected(subscription, items[::-1]))


async def _restore(app: App, writer: FolderWriter, last: int) -> None:
    """Write the files that are missing after a stop between sealing and writing, a loss, or a withdrawal."""
    known = await app.store.manifest.known(FOLDER)
    for number in range(1, last + 1):
        if all(f"{FOLDER}{number}/{name}" in known for name in FILES):
            continue
        for name, packed in (await app.store.older.files(number)).items():
            data = gzip.decompress(packed)
            writer.write(f"{FOLDER}{number}/{name}", data, FileKind.SEALED, packed=packed)
        await writer.note()


def everything_channel(app: App, what: str = "") -> Channel:
    """Return the channel of all articles; `what` as in `channel`."""
    about = app.renderer.label("Every article of %(title)s since the first one.", title=app.publication.title)
    return channel(app, FOLDER, what, about=about)


def _channel(app: App, number: int, *, sealed: bool, withdrawn: tuple[Tombstone, ...] = ()) -> Channel:
    """Return the channel of the document `number`, sealed or still the one to subscribe to."""
    base = app.publication.feeds_url + FOLDER
    made = everything_channel(app)
    previous = f"{base}{number - 1}/" if number > 1 else ""
    return replace(
        made,
        url_base=f"{base}{number}/" if sealed else base,
        older=ArchivePosition(current=base, previous=previous, sealed=sealed),
        tombstones=withdrawn,
    )
