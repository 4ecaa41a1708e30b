"""The editor's decisions about an edition that is made: approve it, hold it, resume it, discard it. And the note of one that is not made yet."""

from dataclasses import dataclass, replace

from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.publishing.hubs import tell_hubs
from syndication.flows.publishing.publish import publish
from syndication.flows.report import Report, run_report
from syndication.flows.sending.deliveries import made_edition
from syndication.flows.site.status import EditionStatus, edition_status
from syndication.flows.weekly import deliver_edition

LONGEST_NOTE = 5_000  # characters: a mail has 90 KB for everything


@dataclass(frozen=True, slots=True)
class Discarded:
    """An edition that was taken back, and how many articles it had."""

    edition: WeekKey
    articles: int
    warnings: tuple[str, ...]


async def approve(app: App, key: WeekKey, *, send: bool) -> Report:
    """Publish the edition `key`, and with `send` mail it, byte for byte as it was frozen. Repeated, it continues where it was stopped.

    Raises UsageError for no such edition, or one that is held; LockedError, PublishError, StoreError.
    """
    edition = await made_edition(app, key)
    if edition.held_at is not None:
        raise UsageError(f"{key} is held.", f"`syndicate resume {key}` lifts that first.")
    if send:
        app.signing.ready()
    published = None
    with app.locks("collect-and-publish"):
        await app.store.editions.approve(key, at=app.clock())
        edition = await made_edition(app, key)
        if edition.published_at is None:
            published = await publish(app, edition)
    delivered = await deliver_edition(app, edition, send=send)
    report = run_report(app, key, edition, published=published, delivered=delivered)
    if delivered.stopped:  # by a signal: the next run tells the hubs
        return report
    return replace(report, warnings=report.warnings + await tell_hubs(app))


async def hold(app: App, key: WeekKey) -> EditionStatus:
    """Let no further mail of `key` begin, in any process; nothing of it is lost. Raises UsageError for no such edition."""
    edition = await made_edition(app, key)
    await app.store.ledger.hold(edition.mailing, now=app.clock())
    return await edition_status(app, key)


async def resume(app: App, key: WeekKey) -> tuple[EditionStatus, bool]:
    """Lift a hold, and return whether there was one; this sends nothing. Raises UsageError for no such edition."""
    edition = await made_edition(app, key)
    was_held = await app.store.ledger.resume(edition.mailing)
    return await edition_status(app, key), was_held


async def discard(app: App, key: WeekKey) -> Discarded:
    """Take back an edition of which no mail can have gone out: its articles are free again, its page and its place in the archive gone.

    Raises UsageError for no such edition, or once a mail may have gone out; LockedError while a run publishes or sends.
    """
    edition = await made_edition(app, key)
    published = None
    with app.locks("collect-and-publish"), app.locks(f"mailing {edition.mailing}"):
        # With the locks held, what a killed run had claimed belongs to no process.
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
    warnings = published.warnings if published else ()
    return Discarded(key, len(edition.articles), warnings + await tell_hubs(app))


async def note(app: App, key: WeekKey) -> str:
    """Return the note of the edition `key`, made or not; empty when there is none."""
    return await app.store.notes.get(key)


async def write_note(app: App, key: WeekKey, text: str) -> None:
    """Keep the editor's note for the edition `key`; an empty one removes it.

    Raises UsageError for one that is too long, or when the edition is made; LockedError while a run makes one.
    """
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise UsageError(
            f"A note has at most {LONGEST_NOTE:,} characters, and this one has {len(text):,}.",
            "Make an article of it.",
        )
    with app.locks("collect-and-publish"):
        if await app.store.editions.get(key) is not None:
            raise UsageError(
                f"The edition {key} is made, and its note with it.",
                f"As long as no mail went out, `syndicate discard {key}` takes it back; then write the note, and run again.",
            )
        await app.store.notes.put(key, text)
