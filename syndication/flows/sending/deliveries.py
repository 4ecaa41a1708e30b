"""The deliveries of one edition, row by row, with the server's words. What is sent next is decided in `deliver.py`."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime

from syndication.deliver.retry import GIVE_UP_AFTER
from syndication.domain.delivery import DeliveryLine, State
from syndication.domain.frozen import FrozenEdition
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App


async def list_deliveries(app: App, key: WeekKey, states: Collection[State]) -> AsyncIterator[DeliveryLine]:
    """Yield the rows of the edition `key` in one of `states`, in the order of the subscribers, with a page in memory at a time.

    Raises UsageError for no such edition.
    """
    edition = await made_edition(app, key)
    async for line in app.store.ledger.rows(edition.mailing, states):
        yield line


async def made_edition(app: App, key: WeekKey) -> FrozenEdition:
    """Return the edition `key`. Raises UsageError when it is not made."""
    edition = await app.store.editions.get(key)
    if edition is None:
        raise UsageError(f"There is no edition {key} yet.", "`syndicate status` lists those that were made.")
    return edition


def gives_up(line: DeliveryLine) -> datetime | None:
    """Return the time from which one more refusal of a deferred row is final."""
    since = line.first_deferred if line.state is State.DEFERRED else None
    return since + GIVE_UP_AFTER if since else None
