"""The translation of database errors: each becomes a StoreError with one sentence, never with a statement, a value or a password."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from syndication.errors import StoreError

# The start of an SQLite error's name (https://www.sqlite.org/rescode.html), what happened, what to do.
_SQLITE = (
    ("SQLITE_FULL", "cannot be written: the disk is full", "Make room, then run again."),
    ("SQLITE_READONLY", "is read-only", "Give this user the right to write the file and its folder."),
    ("SQLITE_PERM", "cannot be read", "Give this user the right to read and write the file and its folder."),
    ("SQLITE_BUSY", "is locked by another process", "Wait until it is done, then run again."),
    ("SQLITE_LOCKED", "is locked by another process", "Wait until it is done, then run again."),
    (
        "SQLITE_CANTOPEN",
        "cannot be opened",
        "Check that its folder exists, that this user may write there, and that the disk is not read-only.",
    ),
    ("SQLITE_NOTADB", "is not an SQLite database", "Check the path in store.url."),
    ("SQLITE_CORRUPT", "is damaged", "Restore it from a backup."),
    ("SQLITE_IOERR", "cannot be read or written", "Check the disk."),
)
# The start of an SQLSTATE (PostgreSQL, appendix A), what happened, what to do.
_POSTGRESQL = (
    ("53100", "cannot be written: its disk is full", "Make room, then run again."),
    ("53", "has no free connection or memory", "Wait, or raise the server's limits."),
    ("25006", "is read-only", "Use the primary server."),
    ("28", "refused the user or password", "Check store.url and the password."),
    ("3D000", "does not exist", "Create the database."),
    ("42501", "does not give this user the rights it needs", "Grant them."),
    ("40", "could not serialise two changes", "Run again."),
    ("55P03", "is locked by another process", "Wait until it is done, then run again."),
)


def described(url: URL) -> str:
    """Return the beginning of a sentence about the store, with its path, or host and database; never the user or the password."""
    if url.get_backend_name() == "sqlite":
        return f"The store {url.database}"
    return f"The store {url.host or 'on this machine'}{f':{url.port}' if url.port else ''}/{url.database}"


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Raise StoreError for any error of SQLAlchemy or a driver."""
    try:
        yield
    except DBAPIError as error:
        what, hint = _explained(error.orig)
        raise StoreError(f"{described(url)} {what}.", hint) from error
    except sqlite3.Error as error:  # of small writes, which use the driver directly
        what, hint = _explained(error)
        raise StoreError(f"{described(url)} {what}.", hint) from error
    except SQLAlchemyError as error:
        raise StoreError(f"{described(url)} cannot be used ({type(error).__name__}).") from error
    except OSError as error:
        raise StoreError(f"{described(url)} cannot be opened: {error.strerror or error}.") from error


def _explained(error: BaseException | None) -> tuple[str, str]:
    """Explain the driver's error, by `sqlite_errorname` of sqlite3 or `sqlstate` of psycopg: what happened, and what to do."""
    cause = error
    while cause is not None:
        name = getattr(cause, "sqlite_errorname", None)
        for start, what, hint in _SQLITE:
            if name and name.startswith(start):
                return what, hint
        if hasattr(cause, "sqlstate"):
            return _of_postgresql(cause.sqlstate or _sqlstate_at_connect(str(cause)))
        cause = cause.__cause__
    return f"refused a change ({type(error).__name__})", ""


def _sqlstate_at_connect(words: str) -> str | None:
    """Guess the SQLSTATE of a refused connection from its message, because libpq does not pass the code on. Servers default to English."""
    if "authentication failed" in words or "no password supplied" in words or "no pg_hba.conf entry" in words:
        return "28"
    if "too many" in words or "connection slots are reserved" in words:
        return "53"
    return "3D000" if "FATAL" in words and "does not exist" in words else None


def _of_postgresql(sqlstate: str | None) -> tuple[str, str]:
    if sqlstate is None or sqlstate.startswith(("08", "57P")):
        return "cannot be reached", "Check that the server runs, and store.url."
    for start, what, hint in _POSTGRESQL:
        if sqlstate.startswith(start):
            return what, hint
    return f"refused a change (SQLSTATE {sqlstate})", ""
