"""Write into the published folder, and note every file in the manifest after it is on the disk."""

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from syndication.domain.published import FileKind, PublishedFile
from syndication.publish.folder import Folder
from syndication.store.publishing.manifest import Manifest

CHUNK = 500  # files
TOGETHER = 32  # files, of half a megabyte at most
THREADS = 4  # that wait for the disk, or compress


class FolderWriter:
    """Writes files several at a time, in any order; what is written before a `note` is on the disk before what is written after it.

    With `announce` the hubs will be told about changed feeds. Every method raises PublishError for the folder and StoreError for the
    manifest.
    """

    def __init__(self, folder: Folder, manifest: Manifest, *, announce: bool) -> None:
        self._folder = folder
        self._manifest = manifest
        self._announce = announce
        self._waiting: dict[str, tuple[bytes, bytes]] = {}
        self._written: dict[str, PublishedFile] = {}
        self._media: set[str] | None = None

    def write(self, path: str, data: bytes, kind: FileKind, *, packed: bytes = b"") -> None:
        """Write a file if it differs, by the next `note` at the latest; `packed` is its `.gz`, if that is known."""
        self._waiting[path] = (data, packed)
        self._record(path, data, kind)
        if len(self._waiting) >= TOGETHER:
            self._write_waiting()

    def feed(self, folder: str, documents: Mapping[str, bytes]) -> None:
        """Write the files of a feed into their folder, whose name ends in a slash."""
        for name, data in documents.items():
            self.write(folder + name, data, FileKind.FEED)

    async def images(self, names: Iterable[str], media: Path) -> None:
        """Copy those images of the folder `media` that are not published yet."""
        if self._media is None:
            self._media = {path.removeprefix("media/") for path in await self._manifest.known("media/")}
        for name in sorted(set(names) - self._media):
            self._folder.copy_media([name], media)
            data = self._folder.read(f"media/{name}")
            if data is not None:
                self._media.add(name)
                self._record(f"media/{name}", data, FileKind.MEDIA)

    async def note(self) -> None:
        """Write what waits, and note it in the manifest once it is on the disk."""
        self._write_waiting()
        self._folder.flush()
        await self._manifest.note(list(self._written.values()), announce=self._announce)
        self._written.clear()

    async def sweep(self) -> None:
        """Remove the files that are not wanted any more."""
        await self.note()
        while paths := await self._manifest.unwanted(CHUNK):
            for path in paths:
                self._folder.remove(path)
            self._folder.flush()
            await self._manifest.forget(paths)

    def _record(self, path: str, data: bytes, kind: FileKind) -> None:
        self._written[path] = PublishedFile(path, kind, len(data), hashlib.sha256(data).hexdigest())

    def _write_waiting(self) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            done = [
                pool.submit(self._folder.write, path, data, packed=packed)
                for path, (data, packed) in self._waiting.items()
            ]
        self._waiting.clear()
        for each in done:
            each.result()
