"""What a run did, for the closing screen and for `--json`."""

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Report"]


@dataclass(slots=True)
class Report:
    """Filled as a run goes on. `sent` counts what this run sent; `deferred`, `failed`, `unknown` how the mailing stands.

    `unknown` counts every subscriber whose final dot was once left without an answer, mailed again since or not.
    """

    edition: str
    number: int | None = None
    subject: str = ""
    feeds: list[str] = field(default_factory=list)
    archive: str = ""  # URL of the edition's page
    skipped: str | None = None
    articles: int = 0
    hot: int = 0
    backlog: int = 0
    backlog_reasons: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    recipients: int = 0
    sent: int = 0
    queued: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0
    no_content: int = 0
    requeued: int = 0  # failed or unknown rows that were asked to be sent again
    warnings: list[str] = field(default_factory=list)
    waits: bool = False  # exit code 6: for its editor's approval
    held: bool = False  # by its editor
    incomplete: bool = False  # exit code 3: something is still to be sent, or failed for our own reasons

    def document(self) -> dict[str, Any]:
        """The JSON document of `--json`."""
        return asdict(self)
