"""What an operator has decided to send again: failed rows, or those that nobody knows about."""

from dataclasses import dataclass

from syndication.flows.app import App

__all__ = ["NOTHING", "Again", "queue_again"]


@dataclass(frozen=True, slots=True)
class Again:
    """What was asked for besides what is due."""

    failed: bool = False
    unknown: bool = False


NOTHING = Again()


async def queue_again(app: App, mailing: str, again: Again) -> int:
    """Queue those rows of a mailing, whose lock the caller holds; returns how many."""
    ledger, queued = app.store.ledger, 0
    if again.unknown:
        # What a killed run left on the wire is unknown from here on, and meant too.
        await ledger.recover(mailing, now=app.clock(), dead=app.delivery.host, resend=False)
        queued += await ledger.resend_unknown(mailing, now=app.clock())
    if again.failed:
        queued += await ledger.retry_failed(mailing, now=app.clock())
    return queued
