"""The manifest: which files the published folder holds, and what of them is still to be done."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from syndication.domain.published import FileKind, PublishedFile
from syndication.store.engine import Database
from syndication.store.tables.publishing import files

__all__ = ["Manifest"]

CHUNK = 500  # values of one IN


class Manifest:
    """Files by their path. A file is written first and noted afterwards, so a stop between the two costs only that it is written again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, written: Sequence[PublishedFile], *, announce: bool) -> None:
        """These files are there and wanted. With `announce` the hubs have to hear of the feeds among them that are new or changed."""

        def change(connection: Connection) -> None:
            for start in range(0, len(written), CHUNK):
                _note(
                    connection,
                    {file.path: file for file in written[start : start + CHUNK]},
                    announce=announce,
                )

        if written:
            await self._database.write(change)

    async def known(self, start: str) -> frozenset[str]:
        """The wanted paths that begin with `start`."""
        question = select(files.c.path).where(files.c.path.startswith(start, autoescape=True), files.c.wanted)
        return await self._database.read(lambda connection: frozenset(connection.execute(question).scalars()))

    async def kind(self, path: str) -> FileKind:
        """What the file at `path` is; `other` for one that publishing did not write."""
        question = select(files.c.kind).where(files.c.path == path)
        found = await self._database.read(lambda connection: connection.execute(question).scalar())
        return FileKind(found) if found else FileKind.OTHER

    async def page(self, after: str, limit: int) -> tuple[PublishedFile, ...]:
        """The next wanted files by path, for a walk through all of them."""
        question = (
            select(files).where(files.c.path > after, files.c.wanted).order_by(files.c.path).limit(limit)
        )
        return await self._database.read(lambda connection: tuple(map(_file, connection.execute(question))))

    async def unwant(self, paths: Sequence[str]) -> None:
        """These files are to be removed."""

        def change(connection: Connection) -> None:
            for chunk in _chunks(paths):
                connection.execute(update(files).where(files.c.path.in_(chunk)).values(wanted=False))

        if paths:
            await self._database.write(change)

    async def unwanted(self, limit: int) -> tuple[str, ...]:
        """Paths of files to remove."""
        question = select(files.c.path).where(~files.c.wanted).order_by(files.c.path).limit(limit)
        return await self._database.read(lambda connection: tuple(connection.execute(question).scalars()))

    async def forget(self, paths: Sequence[str]) -> None:
        """These files are gone."""

        def change(connection: Connection) -> None:
            for chunk in _chunks(paths):
                connection.execute(delete(files).where(files.c.path.in_(chunk)))

        if paths:
            await self._database.write(change)

    async def clear(self) -> None:
        """Nothing is there any more."""
        await self._database.write(lambda connection: connection.execute(delete(files)))

    async def to_announce(self) -> tuple[str, ...]:
        """The feeds that the hubs have yet to hear of."""
        question = (
            select(files.c.path).where(files.c.announce, files.c.kind == FileKind.FEED).order_by(files.c.path)
        )
        return await self._database.read(lambda connection: tuple(connection.execute(question).scalars()))

    async def announced(self, paths: Sequence[str]) -> None:
        """The hubs have heard of these."""

        def change(connection: Connection) -> None:
            for chunk in _chunks(paths):
                connection.execute(update(files).where(files.c.path.in_(chunk)).values(announce=False))

        if paths:
            await self._database.write(change)


def _note(connection: Connection, written: Mapping[str, PublishedFile], *, announce: bool) -> None:
    c = files.c
    before = {row.path: row for row in connection.execute(select(files).where(c.path.in_(list(written))))}
    new, changed = [], []
    for path, file in written.items():
        row = {"kind": file.kind, "size": file.size, "hash": file.hash, "wanted": True}
        known = before.get(path)
        news = announce and file.kind is FileKind.FEED and (known is None or known.hash != file.hash)
        if known is None:
            new.append({"path": path, "announce": news, **row})
        elif news or any(getattr(known, name) != value for name, value in row.items()):
            changed.append({"at": path, "announce": news or known.announce, **row})
    if new:
        connection.execute(insert(files), new)
    if changed:
        connection.execute(update(files).where(c.path == bindparam("at")), changed)


def _file(row: Row[object]) -> PublishedFile:
    return PublishedFile(row.path, FileKind(row.kind), row.size, row.hash)


def _chunks(paths: Sequence[str]) -> list[Sequence[str]]:
    return [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
