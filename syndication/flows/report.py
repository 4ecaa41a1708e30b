"""What a run did, folded from what its stages returned: for the closing screen and for `--json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from syndication.domain.published import archive_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syndication.domain.frozen import FrozenEdition
    from syndication.domain.week import WeekKey
    from syndication.flows.app import App
    from syndication.flows.collecting.collect import Collected
    from syndication.flows.edition.freeze import Drafted
    from syndication.flows.publishing.publish import Published
    from syndication.flows.sending.deliver import Delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run of one edition did, and the state of its mailing after it.

    `unknown` counts every subscriber whose final dot was ever left without an answer, even if mailed again since.
    """

    edition: str
    number: int | None = None
    subject: str = ""
    feeds: tuple[str, ...] = ()  # paths
    archive: str = ""  # URL of the edition's page
    skipped: str | None = None
    articles: int = 0
    hot: int = 0
    backlog: int = 0
    backlog_reasons: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    recipients: int = 0
    sent: int = 0  # by this run
    queued: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0
    no_content: int = 0
    requeued: int = 0
    warnings: tuple[str, ...] = ()
    waits: bool = False  # exit code 6
    held: bool = False
    incomplete: bool = False  # exit code 3

    def document(self) -> dict[str, Any]:
        """Return the JSON document of `--json`."""
        return asdict(self)


def run_report(
    app: App,
    key: WeekKey,
    edition: FrozenEdition | None,
    *,
    collected: Collected | None = None,
    drafted: Drafted | None = None,
    published: Published | None = None,
    delivered: Delivered | None = None,
) -> Report:
    """Report a run of `key`; a stage that did not run is None. Warnings are in the order of the stages."""
    if edition is None or delivered is None:
        report = Report(edition=str(key))
    else:
        report = replace(
            delivery_report(edition, delivered),
            articles=len(edition.articles),
            hot=len(edition.hot),
            archive="" if delivered.waits else f"{app.publication.feeds_url}{archive_path(key)}",
        )
    if drafted is not None:
        report = replace(
            report,
            skipped=drafted.skipped or report.skipped,
            hot=len(drafted.hot.places),
            backlog=sum(drafted.backlog.values()),
            backlog_reasons=drafted.backlog,
            waiting=drafted.waiting,
        )
    stages = (collected, drafted, published, delivered)
    return replace(
        report,
        feeds=published.feeds if published else (),
        warnings=tuple(warning for stage in stages if stage for warning in stage.warnings),
    )


def delivery_report(edition: FrozenEdition, delivered: Delivered) -> Report:
    """Report a delivery alone, which neither makes nor publishes anything."""
    counts = delivered.counts
    return Report(
        edition=str(edition.key),
        number=edition.number,
        subject=edition.subject,
        skipped=delivered.skipped,
        recipients=counts.recipients,
        sent=delivered.sent,
        queued=counts.queued,
        deferred=counts.deferred,
        failed=counts.failed,
        unknown=counts.doubtful,
        no_content=counts.no_content,
        requeued=delivered.requeued,
        warnings=delivered.warnings,
        waits=delivered.waits,
        held=delivered.held,
        incomplete=delivered.incomplete,
    )
