"""The deliveries of one edition, row by row, with the server's words."""

from collections.abc import AsyncIterator, Collection
from typing import Any

from syndication.deliver.retry import GIVE_UP_AFTER
from syndication.domain.delivery import DeliveryLine, State
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App

__all__ = ["COLUMNS", "deliveries", "shape"]

COLUMNS = (
    "email",
    "state",
    "unknown",
    "attempts",
    "stage",
    "reply",
    "server",
    "at",
    "next_attempt",
    "gives_up",
)


async def deliveries(app: App, key: WeekKey, states: Collection[State]) -> AsyncIterator[dict[str, Any]]:
    """The rows of the edition `key` in one of `states`, in the order of the subscribers, a page in memory at a time.

    Raises UsageError for no such edition.
    """
    edition = await app.store.editions.get(key)
    if edition is None:
        raise UsageError(f"There is no edition {key} yet.", "`syndicate status` lists those that were made.")
    async for line in app.store.ledger.rows(edition.mailing, states):
        yield shape(line)


def shape(line: DeliveryLine) -> dict[str, Any]:
    """One row as it is shown, its keys in the order of COLUMNS. `gives_up`: from when a further refusal is the last."""
    since = line.first_deferred if line.state is State.DEFERRED else None
    return {
        "email": line.email,
        "state": line.state.value,
        "unknown": line.unknowns,
        "attempts": line.attempts,
        "stage": line.stage.value if line.stage else "",
        "reply": f"{line.code or ''} {line.text}".strip(),
        "server": line.server,
        "at": line.at.isoformat(),
        "next_attempt": line.due.isoformat() if line.due else None,
        "gives_up": (since + GIVE_UP_AFTER).isoformat() if since else None,
    }
