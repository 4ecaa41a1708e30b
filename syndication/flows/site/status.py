"""How the editions and their mailings stand."""

from typing import Any

from syndication.domain.delivery import State
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.sending.deliveries import shape
from syndication.flows.sending.pauses import pauses

__all__ = ["standing"]

LISTED = 1_000  # rows that wait; the counts cover them all, and `syndicate deliveries` lists them


async def standing(app: App, key: WeekKey | None) -> dict[str, Any]:
    """The latest editions with their counts; for one key also who was ever left in doubt, whose mail failed, who waits."""
    keys = [key] if key else sorted(await app.store.editions.frozen(), reverse=True)[:10]
    editions = [await _edition(app, each, listed=key is not None) for each in keys]
    return {
        "editions": editions,
        "subscribers": await app.store.subscribers.count(),
        "paused": [pause.document(app.publication.timezone) for pause in await pauses(app)],
        "intake": await app.store.bounces.taken(),
        "latest": str(app.edition.cutoff.latest(app.clock())),
    }


async def _edition(app: App, key: WeekKey, *, listed: bool) -> dict[str, Any]:
    edition = await app.store.editions.get(key)
    if edition is None:
        raise UsageError(f"There is no edition {key} yet.", "`syndicate status` lists those that were made.")
    counts = await app.store.ledger.counts(edition.mailing)
    out: dict[str, Any] = {
        "edition": str(key),
        "number": edition.number,
        "subject": edition.subject,
        "articles": len(edition.articles),
        "frozen_at": edition.frozen_at.isoformat(),
        "approved_at": edition.approved_at.isoformat() if edition.approved_at else None,
        "held_at": edition.held_at.isoformat() if edition.held_at else None,
        "published_at": edition.published_at.isoformat() if edition.published_at else None,
        "recipients": counts.recipients,
        "sent": counts.sent,
        "queued": counts.queued,
        "deferred": counts.deferred,
        "failed": counts.failed,
        "unknown": counts.doubtful,
        "no_content": counts.no_content,
    }
    if listed:
        out["rows"] = await _troubled(app, edition.mailing)
    return out


async def _troubled(app: App, mailing: str) -> list[dict[str, Any]]:
    """Every row that was ever left in doubt, whatever became of it, and every row that failed; then those that wait."""
    ledger = app.store.ledger
    rows = [shape(line) async for line in ledger.rows(mailing, doubtful=True)]
    rows += [shape(line) async for line in ledger.rows(mailing, (State.FAILED,)) if not line.unknowns]
    most = len(rows) + LISTED
    async for line in ledger.rows(mailing, (State.DEFERRED,)):
        if len(rows) == most:
            break
        if not line.unknowns:
            rows.append(shape(line))
    return rows
