"""Erasing a reader for good, so that no import brings the address back."""

from syndication.domain.subscriber import Subscriber
from syndication.flows.app import App
from syndication.flows.list_row import marks
from syndication.flows.subscribers import stored

__all__ = ["erase", "erase_one"]


async def erase(app: App, reader: Subscriber) -> None:
    """Delete the reader and blank the rows of deliveries. A keyed hash of the mailbox stays, and whether its owner complained."""
    await app.store.consents.erase(reader, marks(app.keyring, reader.email)[0], at=app.clock())


async def erase_one(app: App, email: str) -> None:
    """The same by address. Raises UsageError when nobody has it."""
    await erase(app, await stored(app, email))
