"""`older/`: every article back to the first, as a feed of many documents (RFC 5005 §4).

Feed readers subscribe to the one in the folder itself. It holds the latest states of articles, new or edited, and leads to archive documents of
fifty, which stay as they are for ever: an edit comes anew at the front. Their bytes are kept in the store, so that neither an upgrade nor a
new title changes them.
"""

import gzip
from dataclasses import replace

from syndication.domain.published import FileKind
from syndication.flows.app import App
from syndication.flows.publishing.channels import channel, tombstones
from syndication.flows.publishing.items import items_of
from syndication.flows.publishing.press import FolderWriter
from syndication.publish.channel import ArchivePosition, Channel, Tombstone
from syndication.publish.feeds import collected, fitting
from syndication.publish.folder import compressed

__all__ = ["FOLDER", "write_older"]

FOLDER = "older/"
PAGE = 50  # states in an archive document; the subscription document has one to two of it
FILES = ("atom.xml", "feed.json", "rss.xml")


async def write_older(app: App, press: FolderWriter) -> None:
    """Seal what is too much for one document, and write what is not there yet."""
    older = app.store.older
    last = await older.last()
    waiting = await older.waiting()
    done = 0
    withdrawn = await tombstones(app)
    while True:
        states = await older.unsealed(2 * PAGE)
        items = [shown.full for shown in await items_of(app, [state.article.id for state in states])]
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
            press.write(f"{FOLDER}{last}/{name}", data, FileKind.SEALED, packed=packed[name])
        done += count
        app.progress.count("sealing older feeds", done, waiting)
    await press.note()
    await _restore(app, press, last)
    press.feed(FOLDER, collected(subscription, items[::-1]))


async def _restore(app: App, press: FolderWriter, last: int) -> None:
    """A stop between sealing and writing, a lost file, a withdrawal: what the store has is written."""
    known = await app.store.manifest.known(FOLDER)
    for number in range(1, last + 1):
        if all(f"{FOLDER}{number}/{name}" in known for name in FILES):
            continue
        for name, packed in (await app.store.older.files(number)).items():
            data = gzip.decompress(packed)
            press.write(f"{FOLDER}{number}/{name}", data, FileKind.SEALED, packed=packed)
        await press.note()


def _channel(app: App, number: int, *, sealed: bool, withdrawn: tuple[Tombstone, ...] = ()) -> Channel:
    """Of the document `number`, whether it is sealed or still the one to subscribe to."""
    base = app.publication.feeds_url + FOLDER
    made = channel(app, FOLDER)
    previous = f"{base}{number - 1}/" if number > 1 else ""
    return replace(
        made,
        url_base=f"{base}{number}/" if sealed else base,
        older=ArchivePosition(current=base, previous=previous, sealed=sealed),
        tombstones=withdrawn,
    )
