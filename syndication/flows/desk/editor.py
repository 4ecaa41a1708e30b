"""The editor's word on an edition that is made: approve it, hold it, let it go on, take it back. And her note in one that is not."""

from typing import Any

from syndication.domain.frozen import FrozenEdition
from syndication.domain.text import counted
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.publishing.publish import publish
from syndication.flows.report import Report, run_report
from syndication.flows.weekly import deliver_edition

__all__ = ["LONGEST_NOTE", "approve", "discard", "hold", "note", "resume", "write_note"]

LONGEST_NOTE = 5_000  # characters: a mail has 90 KB for everything


async def approve(app: App, key: WeekKey, *, send: bool) -> Report:
    """Publish the edition `key`, and with `send` mail it, byte for byte as it was frozen. A second time goes on where the first was stopped.

    Raises UsageError for no such edition, or one that is held; LockedError, PublishError, StoreError.
    """
    edition = await _made(app, key)
    if edition.held_at is not None:
        raise UsageError(f"{key} is held.", f"`syndicate resume {key}` lifts that first.")
    if send:
        app.signing.ready()
    published = None
    with app.locks("collect-and-publish"):
        await app.store.editions.approve(key, at=app.clock())
        edition = await _made(app, key)
        if edition.published_at is None:
            published = await publish(app, edition)
    delivered = await deliver_edition(app, edition, send=send)
    return run_report(app, key, edition, published=published, delivered=delivered)


async def hold(app: App, key: WeekKey) -> dict[str, Any]:
    """Let no further mail of `key` begin, in whichever process; nothing of it is lost. Raises UsageError for no such edition."""
    edition = await _made(app, key)
    await app.store.ledger.hold(edition.mailing, now=app.clock())
    standing = await _standing(app, key)
    standing["said"] = (
        f"{key} is held: {standing['sent']:,} of {counted(standing['recipients'], 'subscriber')} have it. "
        f"`syndicate resume {key}` lets it go on."
    )
    return standing


async def resume(app: App, key: WeekKey) -> dict[str, Any]:
    """Lift a hold, and say what sends the rest: this does not. Raises UsageError for no such edition."""
    edition = await _made(app, key)
    was_held = await app.store.ledger.resume(edition.mailing)
    standing = await _standing(app, key)
    waiting = standing["queued"] + standing["deferred"]
    if edition.approved_at is None:
        following = f"it waits for its editor: `syndicate approve {key}`."
    elif edition.published_at is None:
        following = f"`syndicate run --week {key}` publishes and sends it."
    elif waiting:
        following = f"`syndicate deliver` sends it to {counted(waiting, 'subscriber')} who wait for it."
    else:
        following = "nobody waits for it."
    standing["said"] = f"{key} {'is held no longer' if was_held else 'was not held'}; {following}"
    return standing


async def discard(app: App, key: WeekKey) -> dict[str, Any]:
    """Take back an edition of which no mail can have gone out: its articles are free again, its page and its place in the archive gone.

    Raises UsageError for no such edition, or once a mail may have gone out; LockedError while a run publishes or sends.
    """
    edition = await _made(app, key)
    published = None
    with app.locks("collect-and-publish"), app.locks(f"mailing {edition.mailing}"):
        # What a killed run had claimed is nobody's by now.
        await app.store.ledger.recover(
            edition.mailing, now=app.clock(), dead=app.delivery.host, resend=app.delivery.resend_unknown
        )
        if not await app.store.editions.discard(key):
            raise UsageError(
                f"A mail of {key} may have gone out, so it cannot be taken back.",
                f"`syndicate hold {key}` keeps the rest from being sent.",
            )
        if edition.published_at is not None:
            published = await publish(app, None)
    free = counted(len(edition.articles), "article is", "articles are")
    return {
        "edition": str(key),
        "articles": len(edition.articles),
        "warnings": list(published.warnings) if published else [],
        "said": f"{key} is taken back: its {free} free again. `syndicate run --week {key}` makes it anew.",
    }


async def note(app: App, key: WeekKey) -> str:
    """The note of the edition `key`, made or not; empty when there is none."""
    return await app.store.notes.get(key)


async def write_note(app: App, key: WeekKey, text: str) -> None:
    """Keep the editor's note for the edition `key`; an empty one takes it away.

    Raises UsageError for one that is too long, or when the edition is made; LockedError while a run makes one.
    """
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise UsageError(
            f"A note has {LONGEST_NOTE:,} characters at most, this one has {len(text):,}.",
            "Make an article of it.",
        )
    with app.locks("collect-and-publish"):
        if await app.store.editions.get(key) is not None:
            raise UsageError(
                f"The edition {key} is made, and its note with it.",
                f"As long as no mail went out, `syndicate discard {key}` takes it back; then write the note, and run again.",
            )
        await app.store.notes.put(key, text)


async def _made(app: App, key: WeekKey) -> FrozenEdition:
    edition = await app.store.editions.get(key)
    if edition is None:
        raise UsageError(f"There is no edition {key} yet.", "`syndicate status` lists those that were made.")
    return edition


async def _standing(app: App, key: WeekKey) -> dict[str, Any]:
    edition = await _made(app, key)
    counts = await app.store.ledger.counts(edition.mailing)
    return {
        "edition": str(key),
        "approved_at": edition.approved_at.isoformat() if edition.approved_at else None,
        "held_at": edition.held_at.isoformat() if edition.held_at else None,
        "recipients": counts.recipients,
        "sent": counts.sent,
        "queued": counts.queued,
        "deferred": counts.deferred,
    }
