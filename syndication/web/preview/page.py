"""The values of the template `page.html`. An error of the site is shown in the page, until a save corrects it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from syndication.domain.delivery import Recipient
from syndication.errors import SyndicationError, UsageError
from syndication.flows.app import App
from syndication.flows.desk.difference import difference
from syndication.flows.desk.proof import Copy, EditionChoice, Proof, Sample, choices, samples, subscriber_of
from syndication.flows.desk.proof_findings import CLIPPED, ROOMY, ProofFinding, findings, links
from syndication.web.preview.frame import Look
from syndication.web.preview.live_edition import LiveEdition
from syndication.web.preview.view import TABS, WIDTHS, View

FIRST, FOUND = 5, 20  # how many subscribers are shown without and with a search


@dataclass(slots=True)
class _Page:
    """The parts of the page that could be made; an error of the site leaves the rest empty."""

    app: App | None = None
    proof: Proof | None = None
    copy: Copy | None = None
    recipient: Recipient | None = None
    editions: tuple[EditionChoice, ...] = ()
    samples: tuple[Sample, ...] = ()
    faults: list[ProofFinding] = field(default_factory=list)  # why there is no mail
    notice: str = ""  # why this subscriber gets no mail


async def page_context(live: LiveEdition, view: View) -> dict[str, Any]:
    """Return the values of the template."""
    page, stamp = _Page(), live.stamp()  # first, so that a save in the meantime makes the page load again
    try:
        page.app = await live.app(view.edition)
        page.editions = await choices(page.app, live.key or page.app.edition.cutoff.latest(page.app.clock()))
        page.app, page.proof = await live.proof(view.edition, current_templates=view.current_templates)
        page.samples = samples(page.app, page.proof)
        await _read(page, view)
    except SyndicationError as error:
        page.faults = list(_error_findings(error))
    return {
        "view": view,
        "page": page,
        "key": live.key,
        "stamp": stamp,
        "frame": view.frame(live.key, stamp) if live.key else "",
        "found": await _search(page, view),
        "findings": tuple(_findings(page, live)),
        "difference": await difference(page.app, page.proof) if page.app and page.proof else None,
        "links": links(page.proof, page.copy) if page.proof and page.copy else (),
        "looks": tuple(Look),
        "widths": WIDTHS,
        "tabs": TABS,
        "roomy": ROOMY,
        "clipped": CLIPPED,
    }


async def subscriber_for(app: App, proof: Proof, chosen: str) -> Recipient:
    """Return the sample with this id, or the subscriber with this address. Raises UsageError."""
    if "@" in chosen:
        return await subscriber_of(app, proof, chosen)
    known = samples(app, proof)
    return next((each.recipient for each in known if each.id == chosen), known[0].recipient)


async def _read(page: _Page, view: View) -> None:
    assert page.app
    assert page.proof
    try:
        page.recipient = await subscriber_for(page.app, page.proof, view.subscriber)
        page.copy = page.proof.copy(page.recipient)
    except UsageError as error:
        page.notice = str(error)
    else:
        if page.copy is None:
            page.notice = (
                "This subscriber gets no mail: nothing in the edition is among the topics they chose."
            )


async def _search(page: _Page, view: View) -> list[tuple[str, str]]:
    """Return address and name of the subscribers that the search finds, and of the chosen one."""
    if page.app is None:
        return []
    found = await page.app.store.subscribers.search(view.search, limit=FOUND if view.search else FIRST)
    subscribers = [(each.email, each.name) for each in found]
    if "@" in view.subscriber and view.subscriber not in dict(subscribers):
        subscribers.insert(0, (view.subscriber, page.recipient.name if page.recipient else ""))
    return subscribers


def _findings(page: _Page, live: LiveEdition) -> Iterable[ProofFinding]:
    yield from (ProofFinding(warning, "") for warning in live.warnings)
    if page.proof and page.copy:
        yield from findings(page.proof, page.copy)


def _error_findings(error: SyndicationError) -> Iterable[ProofFinding]:
    return (ProofFinding(each.message, each.hint) for each in (error, *error.others))
