"""A dry run: everything but the sending, on a copy of the store and into a separate folder. The site is not touched."""

from dataclasses import replace
from pathlib import Path

from syndication.domain.text import counted
from syndication.domain.week import WeekKey
from syndication.errors import PublishError
from syndication.flows.app import App
from syndication.flows.letters import sample
from syndication.flows.report import Report
from syndication.flows.weekly import run_weekly

FIRST = 100  # recipients whose mails are written unless all are asked for


async def dry_run(app: App, key: WeekKey, folder: Path, *, every: bool = False) -> Report:
    """Write what a run would publish and send below `folder`. `app` is a rehearsal's (`wiring.open_rehearsal`)."""
    await app.store.editions.approve(
        key, at=app.clock()
    )  # a dry run shows the pages of an edition that waits for its editor, too
    report = await run_weekly(app, key, send=False)
    edition = await app.store.editions.get(key)
    if edition is not None:
        warnings = list(report.warnings)
        letters = await app.letters.of(edition.mailing)
        mails = folder / "mails"
        for language in letters.variants:
            _write(mails / f"variant-{language}.eml", letters.message(sample(app.keyring, language)))
        number = 0
        async for recipient in app.store.ledger.recipients(edition.mailing, limit=None if every else FIRST):
            number += 1
            try:
                _write(mails / f"{number:06}.eml", letters.message(recipient))
            except ValueError as error:
                warnings.append(f"The mail to {recipient.email} cannot be made: {error}.")
        planned = (await app.store.ledger.counts(edition.mailing)).recipients
        report = replace(report, skipped=None, recipients=planned, warnings=tuple(warnings))
        app.progress.say(f"{counted(number, 'mail')} written to {mails}")
    return report


def _write(path: Path, message: bytes | None) -> None:
    if message is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(message)
    except OSError as error:
        raise PublishError(
            f"{path} cannot be written ({error.strerror}).", "Make room, or make the folder writable."
        ) from error
