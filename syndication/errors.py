"""The error tree. Each error carries its exit code, a short code for `--json`, and what to do.

    SyndicationError               1  unexpected
    ├── UsageError                 2  a wrong argument, or a verb that is not possible in this state
    ├── SettingsError              2  config/syndicate.toml or the environment
    ├── TemplateError              2  a template, or its output, with file and line
    ├── IncompleteError            3  something is still deferred, held, unknown, or failed for our own reasons
    ├── LockedError                4  another run holds the lock
    ├── CollectError               5  every source failed
    ├── StoreError                 5  the store cannot be opened or written
    ├── PublishError               5  a file cannot be written, or the upload command failed
    ├── MailboxError               5  a mailbox of bounces cannot be read
    └── TryAgainError             75  `bounces receive` alone: the mail server keeps the message and tries again

Exit code 6, an edition that waits for its editor, is not an error (`cli/closing.py`). Adapters translate the errors of libraries: nothing
above them sees one.
"""

from typing import ClassVar


class SyndicationError(Exception):
    """What went wrong, as one sentence, and a hint at what to do."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "unexpected"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.others: tuple[SyndicationError, ...] = ()  # further findings of the same check

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(SyndicationError):
    """A wrong argument, or a verb that is not possible in this state."""

    exit_code = 2
    code = "usage"


class SettingsError(SyndicationError):
    """A mistake in the configuration or the environment. The message never contains the value."""

    exit_code = 2
    code = "settings"


class TemplateError(SyndicationError):
    """A mistake in a template, or in its output, with file and line."""

    exit_code = 2
    code = "template"


class IncompleteError(SyndicationError):
    """Something is still deferred, held or unknown, or failed for our own reasons."""

    exit_code = 3
    code = "incomplete"


class LockedError(SyndicationError):
    """Another run holds the lock; nothing was changed."""

    exit_code = 4
    code = "locked"


class CollectError(SyndicationError):
    """A source failed. A run fails only if every source did."""

    exit_code = 5
    code = "collect"


class StoreError(SyndicationError):
    """The store cannot be opened, read or written. No mail goes out."""

    exit_code = 5
    code = "store"


class PublishError(SyndicationError):
    """A file cannot be written, or the upload command failed. No mail goes out."""

    exit_code = 5
    code = "publish"


class MailboxError(SyndicationError):
    """A mailbox of bounces cannot be reached, read or written. Messages that were read before are kept."""

    exit_code = 5
    code = "mailbox"


class TryAgainError(SyndicationError):
    """The exit code for a mail server that delivers a bounce to us: EX_TEMPFAIL of sysexits.h. With any other it would bounce the bounce."""

    exit_code = 75
    code = "try_again"
