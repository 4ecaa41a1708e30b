"""The deliveries of one edition, row by row, with the server's words. What is sent next is decided in `deliver.py`."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, fields
from datetime import datetime

from syndication.deliver.retry import GIVE_UP_AFTER
from syndication.domain.delivery import DeliveryLine, State
from syndication.domain.frozen import FrozenEdition
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App

__all__ = ["COLUMNS", "DeliveryRow", "list_deliveries", "made_edition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One delivery. `unknown` counts unanswered final dots; from `gives_up` on a further refusal is the last."""

    email: str
    state: str
    unknown: int
    attempts: int
    stage: str
    reply: str  # code and text
    server: str
    at: datetime
    next_attempt: datetime | None
    gives_up: datetime | None

    @classmethod
    def of(cls, line: DeliveryLine) -> "DeliveryRow":
        """Return the row of a line of the ledger."""
        since = line.first_deferred if line.state is State.DEFERRED else None
        return cls(
            email=line.email,
            state=line.state.value,
            unknown=line.unknowns,
            attempts=line.attempts,
            stage=line.stage.value if line.stage else "",
            reply=f"{line.code or ''} {line.text}".strip(),
            server=line.server,
            at=line.at,
            next_attempt=line.due,
            gives_up=since + GIVE_UP_AFTER if since else None,
        )


COLUMNS = tuple(field.name for field in fields(DeliveryRow))


async def list_deliveries(app: App, key: WeekKey, states: Collection[State]) -> AsyncIterator[DeliveryRow]:
    """Yield the rows of the edition `key` in one of `states`, in the order of the subscribers, with a page in memory at a time.

    Raises UsageError for no such edition.
    """
    edition = await made_edition(app, key)
    async for line in app.store.ledger.rows(edition.mailing, states):
        yield DeliveryRow.of(line)


async def made_edition(app: App, key: WeekKey) -> FrozenEdition:
    """Return the edition `key`. Raises UsageError when it is not made."""
    edition = await app.store.editions.get(key)
    if edition is None:
        raise UsageError(f"There is no edition {key} yet.", "`syndicate status` lists those that were made.")
    return edition
