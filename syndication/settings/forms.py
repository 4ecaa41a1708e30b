"""The forms that a value may have: durations, zones, URLs, addresses, paths.

Each parser returns the value or raises `Mistake`: a predicate ("is not a time zone") and what to write instead. Neither
quotes the value, because it may be a secret that landed in the wrong place.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import idna
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, Strict

__all__ = [
    "DOMAIN",
    "Address",
    "Duration",
    "FilePath",
    "Flag",
    "FolderUrl",
    "HttpsUrl",
    "Language",
    "Line",
    "Mailbox",
    "MaybeCss",
    "MaybeDomain",
    "MaybeFolderUrl",
    "MaybeHttpsUrl",
    "MaybeImapUrl",
    "MaybeLine",
    "MaybePageUrl",
    "MaybePath",
    "MaybeSelector",
    "Mistake",
    "Number",
    "PageUrl",
    "SmtpUrl",
    "StoreUrl",
    "Text",
    "Whole",
    "Zone",
]


class Mistake(ValueError):  # noqa: N818 - half a sentence, not an error of the tree
    """What is wrong with a value: a predicate without full stop, a hint, and where below the checked place it stands."""

    def __init__(self, predicate: str, hint: str = "", at: tuple[str | int, ...] = ()) -> None:
        super().__init__(predicate)
        self.predicate = predicate
        self.hint = hint
        self.at = at


_UNITS = {
    "s": 1,
    "second": 1,
    "seconds": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86400,
    "day": 86400,
    "days": 86400,
    "week": 604800,
    "weeks": 604800,
}


def _text(value: str) -> str:
    if not value.strip():
        raise Mistake("is empty", "Write something.")
    return _printable(value.replace("\n", " ")) and value


def _printable(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):  # noqa: PLR2004 - ASCII controls
        raise Mistake("holds a line break or a control character", "Write it on one line.")
    return value


def _duration(value: object) -> timedelta:
    match = re.fullmatch(r"(\d{1,9}) ?([a-z]+)", value.strip()) if isinstance(value, str) else None
    if not match or match[2] not in _UNITS:
        raise Mistake("is not a duration", 'Write a number and a unit like "15m", "2h" or "90 days".')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > 100 * 366 * 86400:
        raise Mistake("is longer than a hundred years", 'Write a shorter time like "90 days".')
    return timedelta(seconds=seconds)


def _zone(value: object) -> ZoneInfo:
    try:
        if isinstance(value, str) and value:
            return ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown; a path; a folder of the database such as "Europe"
        pass
    raise Mistake("is not a time zone", 'Write a name like "Europe/Paris".')


def _language(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", value):
        raise Mistake("is not a language tag", 'Write a BCP 47 tag like "en", "ko" or "pt-BR".')
    return value


def _split(value: str, schemes: tuple[str, ...], predicate: str, hint: str) -> SplitResult:
    """The parts of a URL with one of `schemes`, a host, a sane port and nothing that cannot stand in a URL."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
        if usable and parts.hostname and not parts.hostname.isascii():
            idna.encode(parts.hostname, uts46=True)
    except ValueError:  # a bracket, a port or an international name that does not parse
        usable = False
    if not usable or re.search(r"[\s\x00-\x1f\x7f<>\"\\]", value):
        raise Mistake(predicate, hint)
    return parts


def _https(value: str) -> str:
    parts = _split(
        value, ("https",), "is not an https:// address", 'Write a full address like "https://news.example/".'
    )
    if parts.username is not None:
        raise Mistake("holds a user name", "Leave it out: the address is shown to every subscriber.")
    return value


def _folder_url(value: str) -> str:
    parts = urlsplit(_https(value))
    if parts.query or parts.fragment:
        raise Mistake(
            "holds a query or a fragment", "Write the address of a folder, with a slash at its end."
        )
    return value if value.endswith("/") else value + "/"


def _page_url(value: str) -> str:
    _split(
        value,
        ("http", "https"),
        "is not an http:// or https:// address",
        'Write one like "https://news.example/feed".',
    )
    return value


def _or_empty(parse: Callable[[str], str]) -> Callable[[str], str]:
    """An empty text stands for a key that is not set."""
    return lambda value: parse(value) if value else value


def _smtp(value: str) -> str:
    """`outbox:PATH`, `smtp://`, `smtps://` or `smtp+plain://`, the last to this machine only: it is neither encrypted nor checked."""
    hint = 'Write "smtp://user@host:587", "smtps://user@host:465", "smtp+plain://127.0.0.1:2525" or "outbox:var/outbox".'
    if value.startswith("outbox:"):
        if not value.removeprefix("outbox:").strip():
            raise Mistake("names no folder", hint)
        return value
    parts = _split(value, ("smtp", "smtps", "smtp+plain"), "is not the address of an SMTP server", hint)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise Mistake("has something after the host and the port", hint)
    if parts.password is not None:
        raise Mistake("holds a password", "Set SYNDICATE_SMTP__PASSWORD or smtp.password_file instead.")
    if parts.scheme == "smtp+plain" and not _loopback(parts.hostname or ""):
        raise Mistake(
            "is unencrypted and leaves this machine",
            "Write smtp:// (STARTTLS) or smtps:// for any other host.",
        )
    return value


def _imap(value: str) -> str:
    """`imaps://user@host/FOLDER`, `imap://` (STARTTLS), or `imap+plain://` to this machine only. A `%40` in the user stands for @."""
    hint = 'Write "imaps://bounces%40news.example@imap.news.example/INBOX".'
    parts = _split(value, ("imaps", "imap", "imap+plain"), "is not the address of an IMAP mailbox", hint)
    if parts.password is not None:
        raise Mistake("holds a password", "Set SYNDICATE_BOUNCES__PASSWORD or bounces.password_file instead.")
    if not parts.username:
        raise Mistake("names no user", hint)
    if parts.query or parts.fragment:
        raise Mistake("has something after the folder", hint)
    if parts.scheme == "imap+plain" and not _loopback(parts.hostname or ""):
        raise Mistake(
            "is unencrypted and leaves this machine",
            "Write imaps:// or imap:// (STARTTLS) for any other host.",
        )
    return value


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _store(secret: SecretStr) -> SecretStr:
    """`sqlite:///FILE` or `postgresql://…`, without a driver: that is ours to add. From the environment it may hold a password."""
    value = secret.get_secret_value()
    hint = 'Write "sqlite:///var/syndicate.db" or "postgresql://host/database".'
    if value.startswith("sqlite:///") and value != "sqlite:///" and "?" not in value:
        return secret
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"postgresql", "postgres"} and len(parts.path) > 1 and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Mistake("is not the address of a store", hint)
    return secret


# A local part beyond ASCII would need SMTPUTF8 of every server on the way (RFC 6531): no sender's address takes that risk.
_MAILBOX = re.compile(r"[!#-'*+./-9=?A-Z^_`a-z{|}~-]{1,64}@[^\s@<>(),:;\"\[\]\\]+\.[^\s@<>(),:;\"\[\]\\]+")


def _mailbox(value: str) -> str:
    """A bare address, or nothing."""
    if value and not _MAILBOX.fullmatch(value):
        raise Mistake("is not a mail address", 'Write one like "weekly@news.example".')
    return value


def _address(value: str) -> str:
    """A header's address with an optional name (RFC 5322 §3.4), one only."""
    name, mailbox = parseaddr(value)
    rebuilt_is_whole = value.strip().endswith((mailbox, f"<{mailbox}>"))
    if not _MAILBOX.fullmatch(mailbox) or not rebuilt_is_whole or value.count("@") > 1 + name.count("@"):
        raise Mistake("is not a mail address", 'Write one like "The Post <weekly@news.example>".')
    return value.strip()


_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")  # in A-labels


def _domain(value: str) -> str:
    """A domain in lowercase A-labels."""
    if not DOMAIN.fullmatch(value):
        raise Mistake("is not a domain", 'Write one like "news.example", an international one as xn--….')
    return value.lower()


def _selector(value: str) -> str:
    """RFC 6376 §3.1."""
    if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", value):
        raise Mistake("is not a selector", 'Write letters, digits and hyphens, like "rsa-202611".')
    return value


def _css(value: str) -> str:
    """A CSS selector (Selectors Level 3)."""
    from cssselect import HTMLTranslator, SelectorError

    try:
        HTMLTranslator().css_to_xpath(value)
    except (SelectorError, ValueError):
        raise Mistake("is not a CSS selector", 'Write one like "main h2 a".') from None
    return value


def _path(value: object) -> Path:
    if not isinstance(value, str | Path):
        raise Mistake("is not a path", "Write it in quotes.")
    text = str(value)
    if not text.strip() or "\0" in text:
        raise Mistake("is empty" if not text.strip() else "is not a path", 'Write a path like "var/outbox".')
    return Path(text)


Whole = Annotated[int, Strict()]  # TOML has types: limit = "100" is a mistake
Number = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, AfterValidator(_text)]
Line = Annotated[str, AfterValidator(_text), AfterValidator(_printable)]
MaybeLine = Annotated[str, AfterValidator(_printable)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
HttpsUrl = Annotated[str, AfterValidator(_https)]
FolderUrl = Annotated[str, AfterValidator(_folder_url)]
MaybeHttpsUrl = Annotated[str, AfterValidator(_or_empty(_https))]
MaybeFolderUrl = Annotated[str, AfterValidator(_or_empty(_folder_url))]
PageUrl = Annotated[str, AfterValidator(_page_url)]
MaybePageUrl = Annotated[str, AfterValidator(_or_empty(_page_url))]
MaybeImapUrl = Annotated[str, AfterValidator(_or_empty(_imap))]
SmtpUrl = Annotated[str, AfterValidator(_smtp)]
StoreUrl = Annotated[SecretStr, AfterValidator(_store)]
Address = Annotated[str, AfterValidator(_printable), AfterValidator(_address)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
MaybeCss = Annotated[str, AfterValidator(_or_empty(_css))]
MaybeDomain = Annotated[str, AfterValidator(_or_empty(_domain))]
MaybeSelector = Annotated[str, AfterValidator(_or_empty(_selector))]
FilePath = Annotated[Path, BeforeValidator(_path)]
MaybePath = Annotated[Path | None, BeforeValidator(lambda value: None if value == "" else _path(value))]
