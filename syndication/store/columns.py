"""How values stand in columns, alike in both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Text, TypeDecorator

__all__ = ["Prose", "Utc", "Words", "canonical", "from_microseconds", "kept_text", "microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(value: datetime) -> int:
    """A zone-aware time as it is kept: UTC microseconds since 1970."""
    return (value - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The time, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def kept_text(value: str) -> str:
    """Text from outside as it is kept: NUL, which PostgreSQL cannot hold, is dropped; a lone surrogate becomes a question mark."""
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()
    return value.replace("\0", "")


def canonical(email: str) -> str:
    """What makes two addresses one subscriber."""
    return email.strip().casefold()


class Utc(TypeDecorator[datetime]):
    """A zone-aware time as UTC microseconds since 1970 in an integer, because SQLite has no zones."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's protocol
        """To microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's protocol
        """From microseconds, in UTC."""
        return None if value is None else from_microseconds(value)


class Prose(TypeDecorator[str]):
    """Text from outside (see `kept_text`)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's protocol
        """To what both databases can hold."""
        return kept_text(value) if value else value


class Words(TypeDecorator[Sequence[str]]):
    """Slugs, which hold no space, with a space between them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str:  # noqa: ARG002 - SQLAlchemy's protocol
        """To one line."""
        return " ".join(value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:  # noqa: ARG002 - SQLAlchemy's protocol
        """From one line."""
        return tuple((value or "").split())
