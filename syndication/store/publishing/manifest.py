"""The manifest: the files in the published folder, and which of them are still to be removed or announced."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Delete, Row, Update, bindparam, delete, insert, select, update

from syndication.domain.published import FileKind, PublishedFile
from syndication.store.repository import Repository, batched, reads, writes
from syndication.store.tables.publishing import files


class Manifest(Repository):
    """Files by their path. A file is written first and noted afterwards: after a stop between the two it is written again."""

    async def note(self, written: Sequence[PublishedFile], *, announce: bool) -> None:
        """Note files that are written and wanted. With `announce`, new or changed feeds among them are to be announced to the hubs."""
        if written:
            await self._note(written, announce=announce)

    @writes
    def _note(self, connection: Connection, written: Sequence[PublishedFile], *, announce: bool) -> None:
        for some in batched(written):
            _note_some(connection, {file.path: file for file in some}, announce=announce)

    @reads
    def known(self, connection: Connection, start: str) -> frozenset[str]:
        """Return the wanted paths that begin with `start`."""
        query = select(files.c.path).where(files.c.path.startswith(start, autoescape=True), files.c.wanted)
        return frozenset(connection.execute(query).scalars())

    @reads
    def page(self, connection: Connection, after: str, limit: int) -> tuple[PublishedFile, ...]:
        """Return the next wanted files after the path `after`, for a walk through all of them."""
        query = select(files).where(files.c.path > after, files.c.wanted).order_by(files.c.path).limit(limit)
        return tuple(map(_file, connection.execute(query)))

    async def unwant(self, paths: Sequence[str]) -> None:
        """Note files that are to be removed."""
        await self._change(update(files).values(wanted=False), paths)

    @reads
    def unwanted(self, connection: Connection, limit: int) -> tuple[str, ...]:
        """Return the paths of files to remove."""
        query = select(files.c.path).where(~files.c.wanted).order_by(files.c.path).limit(limit)
        return tuple(connection.execute(query).scalars())

    async def forget(self, paths: Sequence[str]) -> None:
        """Note files that are gone."""
        await self._change(delete(files), paths)

    @writes
    def clear(self, connection: Connection) -> None:
        """Note that the folder is empty."""
        connection.execute(delete(files))

    @reads
    def to_announce(self, connection: Connection) -> dict[str, str]:
        """Return the feeds that are to be announced to the hubs, with their hashes."""
        c = files.c
        query = select(c.path, c.hash).where(c.announce, c.kind == FileKind.FEED).order_by(c.path)
        return {row.path: row.hash for row in connection.execute(query)}

    @writes
    def announced(self, connection: Connection, feeds: Mapping[str, str]) -> None:
        """Note feeds that are announced, unless their hashes have changed since: then they are to be announced again."""
        c = files.c
        change = (
            update(files).values(announce=False).where(c.path == bindparam("at"), c.hash == bindparam("then"))
        )
        if feeds:
            connection.execute(change, [{"at": path, "then": known} for path, known in feeds.items()])

    async def _change(self, change: Update | Delete, paths: Sequence[str]) -> None:
        def change_all(connection: Connection) -> None:
            for some in batched(paths):
                connection.execute(change.where(files.c.path.in_(some)))

        if paths:
            await self._database.write(change_all)


def _note_some(connection: Connection, written: Mapping[str, PublishedFile], *, announce: bool) -> None:
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
