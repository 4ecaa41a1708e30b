"""Fold: rows that were settled longer than `delivery.keep` ago become counts, and the addresses in them are gone."""

from syndication.flows.app import App

__all__ = ["fold_settled"]


async def fold_settled(app: App) -> int:
    """Fold what has come of age, in many short transactions that hold nobody up; returns how many rows. Raises StoreError."""
    before, folded = app.clock() - app.delivery.keep, 0
    while some := await app.store.ledger.fold(before=before):
        folded += some
    if folded:
        app.progress.say(f"{folded:,} deliveries of old editions were folded into counts")
    return folded
