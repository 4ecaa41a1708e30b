"""Bounces from a mailbox on an IMAP server (RFC 9051): with TLS, unless the server is this machine."""

import imaplib
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from syndication.bounces.box import BoxMessage
from syndication.bounces.message import LARGEST
from syndication.errors import MailboxError

TIMEOUT = 60.0  # seconds for an answer


@dataclass(frozen=True, slots=True)
class ImapServer:
    """`security` is `tls` (from the first byte), `starttls` or `plain`. `context` None: the system's certificates."""

    host: str
    port: int
    security: str
    folder: str
    user: str
    password: str = field(repr=False)
    context: ssl.SSLContext | None = None


class Imap:
    """A mailbox on an IMAP server. Without `delete`, messages that were taken are marked as seen."""

    def __init__(self, server: ImapServer, *, delete: bool) -> None:
        self._server, self._delete = server, delete
        self._imap: imaplib.IMAP4 | None = None
        self._deleted: list[str] = []

    def __enter__(self) -> Self:
        server = self._server
        try:
            self._imap = self._connected()
            self._imap.login(server.user, server.password)
            self._ask("select", _quoted(server.folder))
        except (imaplib.IMAP4.error, OSError) as error:
            self._log_out()
            raise self._failed(error) from None
        return self

    def _connected(self) -> imaplib.IMAP4:
        server = self._server
        context = server.context or ssl.create_default_context()
        if server.security == "tls":
            return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=TIMEOUT)
        imap = imaplib.IMAP4(server.host, server.port, timeout=TIMEOUT)
        if server.security == "starttls":
            try:
                imap.starttls(context)
            except BaseException:
                imap.shutdown()
                raise
        return imap

    def __exit__(self, *exc: object) -> None:
        try:
            if self._deleted:
                self._expunge()
        except (imaplib.IMAP4.error, OSError) as error:
            if exc[0] is None:
                raise self._failed(error) from None
        finally:
            self._log_out()

    def _log_out(self) -> None:
        if self._imap is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                self._imap.logout()

    def _expunge(self) -> None:
        """Expunge only the messages that we deleted, if the server can (RFC 4315)."""
        assert self._imap is not None
        (can, *_) = self._ask("capability")  # now: many servers list more after the login
        if b"UIDPLUS" in can.upper().split():
            self._ask("uid", "EXPUNGE", ",".join(self._deleted))
        else:
            self._ask("expunge")

    def names(self) -> Sequence[str]:
        """Return the UIDs of the unseen messages; with `delete`, of all."""
        try:
            (found, *_) = self._ask("uid", "SEARCH", "UNDELETED" if self._delete else "UNSEEN UNDELETED")
            return (found or b"").decode("ascii").split()
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise self._failed(error) from None

    def read(self, name: str) -> BoxMessage | None:
        """Fetch the part of a message that is read, without changing flags. None when another program has deleted it."""
        try:
            parts = self._ask("uid", "FETCH", name, f"(BODY.PEEK[]<0.{LARGEST}>)")
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._failed(error) from None
        return next((BoxMessage(name, part[1]) for part in parts if isinstance(part, tuple)), None)

    def done(self, message: BoxMessage) -> None:
        """Mark it as seen, or as deleted; it is expunged when the box is closed."""
        try:
            self._ask(
                "uid", "STORE", message.name, "+FLAGS.SILENT", r"(\Deleted)" if self._delete else r"(\Seen)"
            )
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._failed(error) from None
        if self._delete:
            self._deleted.append(message.name)

    def _ask(self, command: str, *arguments: str) -> Sequence[Any]:
        assert self._imap is not None
        kind, answer = getattr(self._imap, command)(*arguments)
        if kind != "OK":
            raise imaplib.IMAP4.error(str(answer[0] if answer else kind))
        return answer  # type: ignore[no-any-return] # a list of anything

    def _failed(self, error: Exception) -> MailboxError:
        """Return the error with the server's own words, but never the password, which some servers repeat."""
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if self._server.password:
            words = words.replace(self._server.password, "…")  # before anything is cut
        words = re.sub(r"^b['\"]|['\"]$", "", " ".join(words.split()))[:200].rstrip(".")
        return MailboxError(
            f"The IMAP server {self._server.host}:{self._server.port} could not be used: {words or type(error).__name__}.",
            "Check bounces.imap and its password.",
        )


def _quoted(folder: str) -> str:
    """Quote a mailbox name, encoded in modified UTF-7 (RFC 3501 §5.1.3)."""
    encoded = re.sub(r"[^\x20-\x7e]+|&", _utf7, folder)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    return match[0].encode("utf-7").decode("ascii").replace("+", "&").replace("/", ",")
