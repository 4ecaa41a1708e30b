"""The state of the editions and their mailings. That of the sources is in `flows/collecting/health.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from syndication.domain.delivery import Counts, DeliveryLine, State
from syndication.domain.frozen import FrozenEdition
from syndication.domain.subscriber import Consent
from syndication.domain.week import WeekKey
from syndication.flows.app import App
from syndication.flows.sending.deliveries import made_edition
from syndication.flows.sending.pauses import Pause, pauses

LISTED = 1_000  # rows that wait; the counts cover them all, and `syndicate deliveries` lists them


@dataclass(frozen=True, slots=True)
class EditionStatus:
    """An edition with the counts of its recipients; `rows` are those that need a look, None when they were not requested."""

    edition: FrozenEdition
    counts: Counts
    rows: tuple[DeliveryLine, ...] | None = None


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """The editions, latest first; how many subscribers there are by consent, and returned mails of 90 days by result."""

    editions: tuple[EditionStatus, ...]
    subscribers: Mapping[Consent, int]
    paused: tuple[Pause, ...]
    intake: Mapping[str, int]
    confirmations: tuple[int, int]  # of the last hour, and how many may be in one (0: no limit)
    latest: WeekKey  # whose week has ended
    timezone: ZoneInfo


async def site_status(app: App, key: WeekKey | None) -> SiteStatus:
    """Return the latest editions; or the edition `key`, with the rows that failed, that wait, or that were ever left in doubt.

    Raises UsageError for no such edition.
    """
    keys = [key] if key else sorted(await app.store.editions.frozen(), reverse=True)[:10]
    return SiteStatus(
        editions=tuple([await edition_status(app, each, rows=key is not None) for each in keys]),
        subscribers=await app.store.subscribers.count(),
        paused=tuple(await pauses(app)),
        intake=await app.store.bounces.taken(),
        confirmations=(await app.store.confirmations.mailed(at=app.clock()), app.confirmations_per_hour),
        latest=app.edition.cutoff.latest(app.clock()),
        timezone=app.publication.timezone,
    )


async def edition_status(app: App, key: WeekKey, *, rows: bool = False) -> EditionStatus:
    """Return the edition `key`. Raises UsageError when it is not made."""
    edition = await made_edition(app, key)
    counts = await app.store.ledger.counts(edition.mailing)
    return EditionStatus(edition, counts, await _troubled(app, edition.mailing) if rows else None)


async def _troubled(app: App, mailing: str) -> tuple[DeliveryLine, ...]:
    """Return every row that was ever left in doubt, whatever became of it, and every row that failed; then those that wait."""
    ledger = app.store.ledger
    found = [line async for line in ledger.rows(mailing, doubtful=True)]
    found += [line async for line in ledger.rows(mailing, (State.FAILED,)) if not line.unknowns]
    most = len(found) + LISTED
    async for line in ledger.rows(mailing, (State.DEFERRED,)):
        if len(found) == most:
            break
        if not line.unknowns:
            found.append(line)
    return tuple(found)
