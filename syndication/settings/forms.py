"""The forms that a value may have: durations, zones, URLs, addresses, paths. `syndication.settings.tables` uses them for its keys.

A parser returns the value or raises `Mistake`: a predicate ("is not a time zone") and what to write instead. Neither quotes the
value, which may be a secret in the wrong place. A form whose name begins with `Maybe` also takes an empty text: the key is not set.
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

from pydantic import AfterValidator, Field, PlainValidator, SecretStr, Strict, ValidationInfo

from syndication.domain.web_address import split_address
from syndication.domain.week import CutOff


class Mistake(ValueError):  # noqa: N818 - half a sentence, not an error of the tree
    """What is wrong with a value: a predicate without full stop, a hint, and the key, relative to the validated one."""

    def __init__(self, predicate: str, hint: str = "", at: tuple[str | int, ...] = ()) -> None:
        super().__init__(predicate)
        self.predicate = predicate
        self.hint = hint
        self.at = at


def _text(value: str) -> str:
    if not value.strip():
        raise Mistake("is empty", "Write some text.")
    return _printable(value.replace("\n", " ")) and value


def _printable(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):  # noqa: PLR2004 - ASCII controls
        raise Mistake("contains a line break or a control character", "Write it on one line.")
    return value


_DURATION = re.compile(r"(\d{1,9}) ?(?:(s|seconds?)|(m|min|minutes?)|(h|hours?)|(d|days?)|(weeks?))")
_SECONDS = (1, 60, 3600, 86400, 604800)  # of the units, in that order


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise Mistake("is not a duration", 'Write a number and a unit like "15m", "2h" or "90 days".')
    seconds = int(match[1]) * _SECONDS[(match.lastindex or 0) - 2]
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


def _week_end(value: object) -> CutOff:
    try:
        return CutOff.parse(value if isinstance(value, str) else "", ZoneInfo("UTC"))
    except ValueError:
        hint = 'Write a weekday and a time like "monday 00:00".'
        raise Mistake("is not a time of the week", hint) from None


def _language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", value):
        raise Mistake("is not a language tag", 'Write a BCP 47 tag like "en", "ko" or "pt-BR".')
    return value


def _split(value: str, schemes: tuple[str, ...], predicate: str, hint: str) -> SplitResult:
    """Split a URL that has one of `schemes`, a host, a port above 0 if any, and only characters that a URL may contain."""
    try:
        parts = split_address(value, schemes)
        if parts.hostname and not parts.hostname.isascii():
            import idna

            idna.encode(parts.hostname, uts46=True)
    except ValueError:  # an AddressError; a name that IDNA 2008 does not allow
        raise Mistake(predicate, hint) from None
    if re.search(r"[\s\x00-\x1f\x7f<>\"\\]", value):
        raise Mistake(predicate, hint)
    return parts


def _https(value: str) -> str:
    parts = _split(
        value, ("https",), "is not an https:// address", 'Write a full address like "https://news.example/".'
    )
    if parts.username is not None:
        raise Mistake("contains a user name", "Leave it out: every subscriber sees the address.")
    return value


def _folder_url(value: str) -> str:
    parts = urlsplit(_https(value))
    if parts.query or parts.fragment:
        raise Mistake(
            "contains a query or a fragment", "Write the address of a folder, with a slash at its end."
        )
    return value if value.endswith("/") else value + "/"


def _page_url(value: str) -> str:
    hint = 'Write one like "https://news.example/feed".'
    _split(value, ("http", "https"), "is not an http:// or https:// address", hint)
    return value


def _or_empty(parse: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: parse(value) if value else value


def _smtp(value: str) -> str:
    """Check `outbox:PATH`, `smtp://`, `smtps://`, or `smtp+plain://` to this machine, which is neither encrypted nor authenticated."""
    hint = 'Write "smtp://user@host:587", "smtps://user@host:465", "smtp+plain://127.0.0.1:2525" or "outbox:var/outbox".'
    if value.startswith("outbox:"):
        if not value.removeprefix("outbox:").strip():
            raise Mistake("names no folder", hint)
        return value
    parts = _split(value, ("smtp", "smtps", "smtp+plain"), "is not the address of an SMTP server", hint)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise Mistake("has something after the host and the port", hint)
    _guarded(parts, "SYNDICATE_SMTP__PASSWORD or smtp.password_file", "smtp:// (STARTTLS) or smtps://")
    return value


def _imap(value: str) -> str:
    """Check `imaps://user@host/FOLDER`, `imap://` (STARTTLS), or `imap+plain://` to this machine. An @ in the user is written `%40`."""
    hint = 'Write "imaps://bounces%40news.example@imap.news.example/INBOX".'
    parts = _split(value, ("imaps", "imap", "imap+plain"), "is not the address of an IMAP mailbox", hint)
    _guarded(parts, "SYNDICATE_BOUNCES__PASSWORD or bounces.password_file", "imaps:// or imap:// (STARTTLS)")
    if not parts.username:
        raise Mistake("names no user", hint)
    if parts.query or parts.fragment:
        raise Mistake("has something after the folder", hint)
    return value


def _guarded(parts: SplitResult, password: str, encrypted: str) -> None:
    """Refuse a password, and an unencrypted connection to another machine."""
    if parts.password is not None:
        raise Mistake("contains a password", f"Set {password} instead.")
    if parts.scheme.endswith("+plain") and not _loopback(parts.hostname or ""):
        raise Mistake("is unencrypted and leaves this machine", f"Write {encrypted} for any other host.")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _store(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    """Check `sqlite:///FILE`, made absolute, or `postgresql://…`, without a driver. From the environment it may have a password."""
    value = secret.get_secret_value()
    sqlite, _, file = value.partition("sqlite:///")
    if not sqlite and file and "?" not in value:
        return SecretStr(f"sqlite:///{_below_site(file, info)}")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"postgresql", "postgres"} and len(parts.path) > 1 and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Mistake(
            "is not the address of a store",
            'Write "sqlite:///var/syndicate.db" or "postgresql://host/database".',
        )
    return secret


# A local part beyond ASCII needs SMTPUTF8 on every server on the way (RFC 6531): too risky for a sender's address.
_MAILBOX = re.compile(r"[!#-'*+./-9=?A-Z^_`a-z{|}~-]{1,64}@[^\s@<>(),:;\"\[\]\\]+\.[^\s@<>(),:;\"\[\]\\]+")


def _mailbox(value: str) -> str:
    """Check a bare address."""
    if not _MAILBOX.fullmatch(value):
        raise Mistake("is not a mail address", 'Write one like "weekly@news.example".')
    return value


def _address(value: str) -> str:
    """Check a single address with an optional name, as in a header (RFC 5322 §3.4)."""
    name, mailbox = parseaddr(value)
    rebuilt_is_whole = value.strip().endswith((mailbox, f"<{mailbox}>"))
    if not _MAILBOX.fullmatch(mailbox) or not rebuilt_is_whole or value.count("@") > 1 + name.count("@"):
        raise Mistake("is not a mail address", 'Write one like "The Post <weekly@news.example>".')
    return value.strip()


_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")  # in A-labels


def _domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise Mistake("is not a domain", 'Write one like "news.example", an international one as xn--….')
    return value.lower()


def _selector(value: str) -> str:
    """Check the name of a DKIM key (RFC 6376 §3.1)."""
    if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", value):
        raise Mistake("is not a selector", 'Write letters, digits and hyphens, like "rsa-202611".')
    return value


def _css(value: str) -> str:
    """Check a CSS selector (Selectors Level 3) by using it on a page: some translate into XPath that cannot be run."""
    from lxml.cssselect import CSSSelector  # few configurations have one
    from lxml.html import document_fromstring

    try:
        compiled = CSSSelector(value, translator="html")
        compiled(document_fromstring(_PAGE))
        usable = ":" not in _NO_PREFIX.sub("", compiled.path)  # HTML has no namespaces
    except Exception:  # noqa: BLE001 - of cssselect, of libxml2, or a recursion too deep
        usable = False
    if not usable:
        raise Mistake("is not a CSS selector", 'Write one like "main h2 a".')
    return value


_NO_PREFIX = re.compile(
    r"'[^']*'|\"[^\"]*\"|[\w-]+::"
)  # what has a colon in XPath besides names: strings and axes
_PAGE = "<main id=m class=c lang=en><h2 id=h><a href=/a class=c>a</a></h2><ol class=c><li><a href=/b>b</a><li>c</ol></main>"


def _path(value: object, info: ValidationInfo) -> Path:
    if not isinstance(value, str | Path):
        raise Mistake("is not a path", "Write it in quotes.")
    text = str(value)
    if not text.strip() or "\0" in text:
        raise Mistake("is empty" if not text.strip() else "is not a path", 'Write a path like "var/outbox".')
    return _below_site(text, info)


def _maybe_path(value: object, info: ValidationInfo) -> Path | None:
    return None if value == "" else _path(value, info)


def _below_site(path: str, info: ValidationInfo) -> Path:
    """Return the absolute path: a relative one starts at the site, which is the context of the validation."""
    site = info.context or Path()
    assert isinstance(site, Path)
    return site / path


Whole = Annotated[int, Strict()]  # TOML has types: limit = "100" is a mistake
Number = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, AfterValidator(_text)]
Line = Annotated[str, AfterValidator(_text), AfterValidator(_printable)]
MaybeLine = Annotated[str, AfterValidator(_printable)]
Duration = Annotated[timedelta, PlainValidator(_duration)]
Seconds = Annotated[float, PlainValidator(lambda value: _duration(value).total_seconds())]
Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
WeekEnd = Annotated[CutOff, PlainValidator(_week_end)]  # in UTC: the publication's zone is another key
Language = Annotated[str, AfterValidator(_language)]
MaybeLanguage = Annotated[str, AfterValidator(_or_empty(_language))]
HttpsUrl = Annotated[str, AfterValidator(_https)]
MaybeHttpsUrl = Annotated[str, AfterValidator(_or_empty(_https))]
FolderUrl = Annotated[str, AfterValidator(_folder_url)]
MaybeFolderUrl = Annotated[str, AfterValidator(_or_empty(_folder_url))]
PageUrl = Annotated[str, AfterValidator(_page_url)]
MaybePageUrl = Annotated[str, AfterValidator(_or_empty(_page_url))]
MaybeImapUrl = Annotated[str, AfterValidator(_or_empty(_imap))]
SmtpUrl = Annotated[str, AfterValidator(_smtp)]
StoreUrl = Annotated[SecretStr, AfterValidator(_store), Field(validate_default=True)]
Address = Annotated[str, AfterValidator(_printable), AfterValidator(_address)]
MaybeMailbox = Annotated[str, AfterValidator(_or_empty(_mailbox))]
MaybeCss = Annotated[str, AfterValidator(_or_empty(_css))]
Domain = Annotated[str, AfterValidator(_domain)]
MaybeDomain = Annotated[str, AfterValidator(_or_empty(_domain))]
MaybeSelector = Annotated[str, AfterValidator(_or_empty(_selector))]
FilePath = Annotated[Path, PlainValidator(_path), Field(validate_default=True)]
MaybePath = Annotated[Path | None, PlainValidator(_maybe_path)]
