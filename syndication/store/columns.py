"""How values are stored, the same in both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Text, TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(value: datetime) -> int:
    """Return a zone-aware time as it is stored: UTC microseconds since 1970."""
    return (value - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return a stored time, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def kept_text(value: str) -> str:
    """Return text from outside as it is stored: without NUL, which PostgreSQL refuses, and with `?` for a lone surrogate."""
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()
    return value.replace("\0", "")


class Utc(TypeDecorator[datetime]):
    """A zone-aware time as UTC microseconds since 1970 in an integer, because SQLite has no zones."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's protocol
        """Convert to microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's protocol
        """Convert from microseconds, in UTC."""
        return None if value is None else from_microseconds(value)


class Prose(TypeDecorator[str]):
    """Text from outside (see `kept_text`)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's protocol
        """Convert to what both databases can store."""
        return kept_text(value) if value else value


class Words(TypeDecorator[Sequence[str]]):
    """Slugs, which contain no space, separated by spaces."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str:  # noqa: ARG002 - SQLAlchemy's protocol
        """Join the slugs."""
        return " ".join(value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:  # noqa: ARG002 - SQLAlchemy's protocol
        """Split the slugs."""
        return tuple((value or "").split())
