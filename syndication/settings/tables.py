"""Every key of the configuration with its form and its default, one class a table (`docs/reference/configuration.md`)."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from syndication.domain.article import SourceKind
from syndication.domain.week import CutOff
from syndication.settings.forms import (
    Address,
    Duration,
    FilePath,
    Flag,
    FolderUrl,
    HttpsUrl,
    Language,
    Line,
    Mailbox,
    MaybeDomain,
    MaybeFolderUrl,
    MaybeHttpsUrl,
    MaybeLine,
    MaybePageUrl,
    MaybePath,
    MaybeSelector,
    Mistake,
    Number,
    SmtpUrl,
    StoreUrl,
    Text,
    Whole,
    Zone,
)

__all__ = [
    "Bounces",
    "Delivery",
    "Dkim",
    "EditionTable",
    "Email",
    "Feeds",
    "Hot",
    "LaneTable",
    "PublicationTable",
    "Publish",
    "Secrets",
    "Server",
    "Smtp",
    "SourceTable",
    "Store",
    "Table",
    "Web",
]

_T = TypeVar("_T")


def _later(value: _T) -> _T:
    """A key whose part of the machine is still to come: better refused than believed."""
    if value:
        raise Mistake("is not available in this version", "Leave it out.")
    return value


def _named(value: str) -> str:
    if not value:
        raise Mistake("is empty", 'Write a tag like "en", or leave it out.')
    return value


class Table(BaseModel):
    """What all tables share: unknown keys are refused, nothing changes after loading, errors quote no value."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PublicationTable(Table):
    """The newsroom's own facts."""

    title: Line
    url: HttpsUrl
    language: Annotated[Language, AfterValidator(_named)] = "en"
    timezone: Zone
    address: Text
    logo: MaybeHttpsUrl = ""


class EditionTable(Table):
    """When an edition ends and how editions are counted."""

    ends: str = "monday 00:00"
    first_number: Whole = Field(default=1, ge=1, le=1_000_000)
    approve: Annotated[Flag, AfterValidator(_later)] = False

    @field_validator("ends")
    @classmethod
    def _is_a_time_of_the_week(cls, value: str) -> str:
        try:
            CutOff.parse(value, ZoneInfo("UTC"))
        except ValueError:
            raise Mistake(
                "is not a time of the week", 'Write a weekday and a time like "monday 00:00".'
            ) from None
        return value


class SourceTable(Table):
    """One `[[sources]]`: a folder has a path, a feed a URL."""

    name: Line
    kind: SourceKind
    path: MaybePath = None
    url: MaybePageUrl = ""
    section: MaybeLine = ""
    language: Language = ""
    allow_private: Flag = False

    @field_validator("kind", mode="before")
    @classmethod
    def _kind_is_built(cls, value: object) -> object:
        hint = 'Use "feed" or "folder".'
        if value in (SourceKind.SITEMAP, SourceKind.PAGE, SourceKind.WORDPRESS):
            raise Mistake("is not available in this version", hint)
        if value not in (SourceKind.FEED, SourceKind.FOLDER):
            raise Mistake("is not a kind of source", hint)
        return value

    @model_validator(mode="after")
    def _location_fits_the_kind(self) -> Self:
        folder = self.kind is SourceKind.FOLDER
        wanted, other = ("path", "url") if folder else ("url", "path")
        if not getattr(self, wanted):
            example = 'path = "articles"' if folder else 'url = "https://news.example/rss.xml"'
            raise Mistake("is missing", f"A source of this kind needs it: {example}.", (wanted,))
        if getattr(self, other):
            raise Mistake(
                "does not belong to a source of this kind", f"Keep {wanted} and remove {other}.", (other,)
            )
        return self


class Hot(Table):
    """Where the week's ranked list comes from; `path` may hold `{week}`."""

    kind: Literal["source", "file"] = "source"
    path: MaybePath = None
    limit: Whole = Field(default=6, ge=1, le=100)

    @field_validator("kind", mode="before")
    @classmethod
    def _kind_is_built(cls, value: object) -> object:
        hint = 'Use "source" or "file".'
        if value in ("page", "access-log"):
            raise Mistake("is not available in this version", hint)
        if value not in ("source", "file"):
            raise Mistake("is not a kind of hot list", hint)
        return value

    @model_validator(mode="after")
    def _path_fits_the_kind(self) -> Self:
        if self.kind == "file" and self.path is None:
            raise Mistake("is missing", 'kind = "file" needs it: path = "hot/{week}.csv".', ("path",))
        if self.kind == "source" and self.path is not None:
            raise Mistake(
                'has no effect with kind = "source"', 'Write kind = "file", or remove path.', ("path",)
            )
        return self


class Feeds(Table):
    """The published folder and what stands in it."""

    directory: FilePath = Path("feeds")
    url: MaybeFolderUrl = ""
    limit: Whole = Field(default=100, ge=1, le=10_000)
    content: Literal["full", "excerpt"] = "full"
    hubs: Annotated[tuple[str, ...], AfterValidator(_later)] = ()


class Publish(Table):
    """The user's own upload command, as a list of arguments."""

    after: tuple[str, ...] = ()

    @field_validator("after")
    @classmethod
    def _names_a_program(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and not value[0].strip():
            raise Mistake(
                "names no program",
                'Write the command as a list like ["rclone", "sync", "feeds", "remote:feeds"].',
            )
        return value


class Email(Table):
    """The digest's header and theme."""

    sender: Address = Field(alias="from")
    reply_to: Mailbox = ""
    subject: Line = "{{ edition.lead.title }}"
    theme: str = "default"
    list_id: str = ""
    unsubscribe_mailto: Mailbox = ""

    @field_validator("theme")
    @classmethod
    def _is_a_folder_name(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", value):
            raise Mistake(
                "is not the name of a theme", 'Write the name of a folder in templates/, like "default".'
            )
        return value

    @field_validator("list_id")
    @classmethod
    def _is_dotted(cls, value: str) -> str:
        """RFC 2919 §2: a dotted name; the angle brackets are ours to add."""
        if value and (len(value) > 200 or not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+", value)):  # noqa: PLR2004 - RFC 2919 §2 has 255
            raise Mistake("is not a list identifier", 'Write a dotted name like "weekly.news.example".')
        return value


class Server(Table):
    """One `[[smtp.servers]]`; `rate` in messages a second, 0 for no limit."""

    url: SmtpUrl
    weight: Whole = Field(default=1, ge=1, le=1000)
    rate: Number = 0.0
    password_file: MaybePath = None


class Smtp(Table):
    """Where mail goes, and over how many connections."""

    url: SmtpUrl = "outbox:var/outbox"
    connections: Whole = Field(default=20, ge=1, le=1000)
    password: SecretStr = SecretStr("")
    password_file: MaybePath = None
    servers: tuple[Server, ...] = ()

    @model_validator(mode="after")
    def _one_way_to_name_servers(self) -> Self:
        if self.servers and "url" in self.model_fields_set:
            raise Mistake("stands beside [[smtp.servers]]", "Keep one of the two.", ("url",))
        for index, server in enumerate(self.servers):
            if server.url.startswith("outbox:"):
                raise Mistake("cannot be an outbox here", "Write it as smtp.url.", ("servers", index, "url"))
        if self.password.get_secret_value() and self.password_file:
            raise Mistake(
                "stands beside SYNDICATE_SMTP__PASSWORD", "Keep one of the two.", ("password_file",)
            )
        return self


class Delivery(Table):
    """How long a run stays, and what happens with rows that nobody knows about."""

    wait: Duration = timedelta(hours=2)
    on_unknown: Literal["resend", "hold"] = "resend"
    processes: Whole = 1
    keep: Duration = timedelta(days=90)

    @field_validator("processes")
    @classmethod
    def _one_process(cls, value: int) -> int:
        if value < 1:
            raise Mistake("is less than 1", "Write 1.")
        if value > 1:
            raise Mistake("is not available in this version", "Write 1, or leave it out.")
        return value


class LaneTable(Table):
    """One `[[lanes]]`: what a mailbox provider bears at once (`per_second`: messages, 0 for no limit)."""

    name: Line
    domains: tuple[str, ...] = Field(min_length=1)
    connections: Whole = Field(default=5, ge=1, le=1000)
    per_second: Number = 0.0

    @field_validator("domains")
    @classmethod
    def _are_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for index, domain in enumerate(value):
            if not re.fullmatch(r"[^\s@.]+(\.[^\s@.]+)+", domain):
                raise Mistake(
                    "is not a domain", 'Write what stands behind the @, like "example.com".', (index,)
                )
        return tuple(domain.lower() for domain in value)


class Bounces(Table):
    """The address that bounces come back to."""

    address: Annotated[Mailbox, AfterValidator(_later)] = ""


class Dkim(Table):
    """The signatures of the mails; each key is named by a selector."""

    domain: MaybeDomain = ""
    selector: MaybeSelector = ""
    key_file: MaybePath = None
    ed25519_selector: MaybeSelector = ""
    ed25519_key_file: MaybePath = None

    @model_validator(mode="after")
    def _a_key_has_a_selector(self) -> Self:
        for prefix in ("", "ed25519_"):
            selector, file = f"{prefix}selector", f"{prefix}key_file"
            if getattr(self, file) and not getattr(self, selector):
                raise Mistake("is missing", "Write the name under which the DNS has the key.", (selector,))
            if getattr(self, selector) and not getattr(self, file):
                raise Mistake("is missing", "`syndicate dkim new` makes a key.", (file,))
        if self.domain and not self.key_file and not self.ed25519_key_file:
            raise Mistake("is missing", "`syndicate dkim new` makes a key.", ("key_file",))
        if self.selector and self.selector.lower() == self.ed25519_selector.lower():
            raise Mistake("is dkim.selector too", "Give each key a name of its own.", ("ed25519_selector",))
        return self


class Web(Table):
    """Where the links of a mail lead."""

    url: FolderUrl


class Secrets(Table):
    """The file of the keys that sign links."""

    file: FilePath = Path("var/secret.keys")


class Store(Table):
    """The database."""

    url: StoreUrl = SecretStr("sqlite:///var/syndicate.db")
    synchronous: Literal["full", "normal"] = "full"
