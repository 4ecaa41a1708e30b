"""The articles that publishing has to look at, because they are new, edited or withdrawn."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert

from syndication.store.tables.publishing import due_articles


@dataclass(frozen=True, slots=True)
class Due:
    """When publishing has to look at an article; None when it need not. `dated` is the article's own time."""

    article: str
    dated: datetime
    due: datetime | None


def mark_due(connection: Connection, marks: Sequence[Due]) -> None:
    """Replace what was due for these articles, at most 500 at once."""
    connection.execute(
        delete(due_articles).where(due_articles.c.article.in_([mark.article for mark in marks]))
    )
    rows = [asdict(mark) for mark in marks if mark.due]
    if rows:
        connection.execute(insert(due_articles), rows)
