"""`syndicate publish --check`: every published file against the manifest. What is wrong is noted as not written, so that a publish mends it."""

import hashlib

from syndication.domain.published import TAKEN_BACK, PublishedFile, ShelfKind
from syndication.flows.app import App

__all__ = ["find_spoiled"]

CHUNK = 500  # files


async def find_spoiled(app: App) -> list[str]:
    """The paths of the files that are not as they were written, or whose `.gz` is not. The next publish writes them."""
    found: list[str] = []
    after = ""
    while page := await app.store.manifest.page(after, CHUNK):
        spoiled = [file.path for file in page if not _holds(app, file)]
        for path in spoiled:
            await _spoil(app, path)
        await app.store.manifest.forget(spoiled)
        found += spoiled
        after = page[-1].path
    if any(path.startswith("media/") for path in found):  # every article and every edition may show it
        await app.store.shelves.look_again(None, now=app.clock())
        await app.store.manifest.forget(sorted(await app.store.manifest.known("archive/")))
    return found


def _holds(app: App, file: PublishedFile) -> bool:
    data = app.folder.read(file.path)
    return data is not None and len(data) == file.size and hashlib.sha256(data).hexdigest() == file.hash


async def _spoil(app: App, path: str) -> None:
    """What a publish does not look at every time has to be due again. All else it writes when the manifest does not know it."""
    folder, _, rest = path.removeprefix("excerpt/").removesuffix(TAKEN_BACK).partition("/")
    if folder in set(ShelfKind):
        slug = rest.partition("/")[0].removesuffix(".xml")
        await app.store.shelves.spoil(ShelfKind(folder), slug)
    elif folder == "articles":
        await app.store.shelves.look_again(rest.removesuffix(".html"), now=app.clock())
