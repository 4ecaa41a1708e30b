"""The editor's notes, by the week whose edition they are for."""

from sqlalchemy import Connection, delete, insert, select

from syndication.domain.week import WeekKey
from syndication.store.engine import Database
from syndication.store.tables import notes

__all__ = ["Notes"]


class Notes:
    """A note stays after its edition has taken it over, so that a discarded edition finds it again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: WeekKey) -> str:
        """Empty when there is none."""
        question = select(notes.c.note).where(notes.c.edition == str(key))
        return await self._database.read(lambda connection: connection.execute(question).scalar() or "")

    async def put(self, key: WeekKey, note: str) -> None:
        """Instead of the one that was there; an empty one leaves none."""
        gone = delete(notes).where(notes.c.edition == str(key))
        made = insert(notes).values(edition=str(key), note=note)

        def change(connection: Connection) -> None:
            connection.execute(gone)
            if note:
                connection.execute(made)

        await self._database.write(change)
