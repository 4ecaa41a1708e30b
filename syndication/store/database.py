"""The `Store`: what flows hold, with one repository for each subject."""

from dataclasses import dataclass

from syndication.store.articles.archive import Archive
from syndication.store.articles.articles import Articles
from syndication.store.articles.pages import KnownPages
from syndication.store.articles.sources import Sources
from syndication.store.articles.withdrawals import Withdrawals
from syndication.store.editions.editions import Editions, Notes
from syndication.store.engine import ROOM, Database
from syndication.store.ledger.ledger import DeliveryLedger
from syndication.store.publishing.manifest import Manifest
from syndication.store.publishing.older import OlderHistory
from syndication.store.publishing.shelves import Items, Shelves
from syndication.store.schema import bring_up_to_date
from syndication.store.subscribers.bounces import BounceEvents
from syndication.store.subscribers.confirmations import Confirmations
from syndication.store.subscribers.consents import Consents
from syndication.store.subscribers.subscribers import Subscribers


@dataclass(frozen=True, slots=True)
class Store:
    """All stored data. Every method raises StoreError when the database cannot be read or written."""

    database: Database
    sources: Sources
    pages: KnownPages
    articles: Articles
    editions: Editions
    notes: Notes
    subscribers: Subscribers
    consents: Consents
    confirmations: Confirmations
    bounces: BounceEvents
    ledger: DeliveryLedger
    archive: Archive
    shelves: Shelves
    items: Items
    older: OlderHistory
    manifest: Manifest
    withdrawals: Withdrawals

    async def close(self) -> None:
        """Wait for the running commit, then close every connection."""
        await self.ledger.close()
        await self.database.close()


async def open_store(url: str, *, synchronous: str = "full", room: int = ROOM) -> Store:
    """Open `sqlite:///PATH` (created when missing) or `postgresql://…`, and upgrade its schema.

    With `synchronous` "full" SQLite survives a power cut, with "normal" a killed process. Nothing is claimed for sending while its disk has
    less than `room` bytes free. Raises StoreError, also for a store whose schema this version does not know.
    """
    database = Database(url, synchronous=synchronous, room=room)
    try:
        database.make()
        await bring_up_to_date(database)
    except BaseException:
        await database.close()
        raise
    return Store(
        database=database,
        sources=Sources(database),
        pages=KnownPages(database),
        articles=Articles(database),
        editions=Editions(database),
        notes=Notes(database),
        subscribers=Subscribers(database),
        consents=Consents(database),
        confirmations=Confirmations(database),
        bounces=BounceEvents(database),
        ledger=DeliveryLedger(database),
        archive=Archive(database),
        shelves=Shelves(database),
        items=Items(database),
        older=OlderHistory(database),
        manifest=Manifest(database),
        withdrawals=Withdrawals(database),
    )
