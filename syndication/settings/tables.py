"""The keys of the configuration with their forms and defaults, one class a table, and `Settings`, which is all of them.

`docs/reference/configuration.md` lists every key.
"""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)

from syndication.collect.access_log.json_lines import JsonKeys
from syndication.domain.article import Source, SourceKind
from syndication.domain.hot_account import HotKind
from syndication.domain.limits import Limits
from syndication.domain.publication import Publication
from syndication.domain.return_path import LONGEST_LOCAL
from syndication.domain.week import CutOff, WeekKey
from syndication.errors import SettingsError
from syndication.settings import forms
from syndication.settings.forms import Mistake

MOST_PROCESSES = 64
PAGES = 500  # that a source asks for in one collect
SHORTEST_SECRET = 32  # characters of the hook's secret
SLOWEST = 0.001  # mails a second


class Table(BaseModel):
    """What all tables share: unknown keys are refused, nothing changes after loading, errors quote no value."""

    # Only `Settings` builds a validator, when a file is read: those of the tables are parts of it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class PublicationTable(Table):
    """The newsroom's own facts."""

    title: forms.Line
    url: forms.HttpsUrl
    language: forms.Language = "en"
    timezone: forms.Zone
    address: forms.Text
    logo: forms.MaybeHttpsUrl = ""


class EditionTable(Table):
    """When an edition ends and how editions are counted."""

    ends: forms.WeekEnd = CutOff.parse("monday 00:00", ZoneInfo("UTC"))
    first_number: forms.Whole = Field(default=1, ge=1, le=1_000_000)
    approve: forms.Flag = False
    copy_images: forms.Flag = False


class SourceTable(Table):
    """One `[[sources]]`: a folder has a path, the others a URL."""

    name: forms.Line
    kind: SourceKind
    path: forms.MaybePath = None
    url: forms.MaybePageUrl = ""
    section: forms.MaybeLine = ""
    language: forms.MaybeLanguage = ""
    allow_private: forms.Flag = False
    selector: forms.MaybeCss = ""
    limit: forms.Whole = Field(default=PAGES, ge=1, le=10_000)

    @property
    def source(self) -> Source:
        """The source as the domain knows it."""
        return Source(location=str(self.path or self.url), **self.model_dump(exclude={"path", "url"}))

    @model_validator(mode="after")
    def _keys_fit_the_kind(self) -> Self:
        folder = self.kind is SourceKind.FOLDER
        needed, other = ("path", "url") if folder else ("url", "path")
        if not getattr(self, needed):
            example = 'path = "articles"' if folder else 'url = "https://news.example/rss.xml"'
            raise Mistake("is missing", f"A source of this kind needs it: {example}.", (needed,))
        alien = "does not belong to a source of this kind"
        if getattr(self, other):
            raise Mistake(alien, f"Keep {needed} and remove {other}.", (other,))
        if self.selector and self.kind is not SourceKind.PAGE:
            raise Mistake(alien, 'Write kind = "page", or remove it.', ("selector",))
        if self.limit != PAGES and not self.kind.has_pages:
            raise Mistake(alien, "Remove it.", ("limit",))
        return self


def _between_a_second_and_an_hour(seconds: float) -> float:
    if not 1 <= seconds <= 3600:  # noqa: PLR2004
        raise Mistake("is not between a second and an hour", 'Write a time like "20s".')
    return seconds


def _up_to_ten_minutes(seconds: float) -> float:
    if seconds > 600:  # noqa: PLR2004
        raise Mistake("is longer than ten minutes", 'Write a time like "5s".')
    return seconds


_Megabytes = Annotated[forms.Whole, Field(ge=1, le=1000), AfterValidator(lambda megabytes: megabytes * 2**20)]


class Collect(Table):
    """How other sites are asked, and what one of them may cost: in the names and units of `FetchLimits`."""

    seconds: Annotated[forms.Seconds, AfterValidator(_between_a_second_and_an_hour)] = Field(
        default=20.0, alias="timeout"
    )
    body_bytes: _Megabytes = Field(default=10 * 2**20, alias="megabytes")
    xml_bytes: _Megabytes = Field(default=10 * 2**20, alias="xml_megabytes")
    redirects: forms.Whole = Field(default=5, ge=0, le=20)
    attempts: forms.Whole = Field(default=3, ge=1, le=10)
    per_host: forms.Whole = Field(default=4, ge=1, le=100)
    total: forms.Whole = Field(default=40, ge=1, le=1000, alias="connections")
    robots: Literal["found", "all", "off"] = "found"
    crawl_delay: Annotated[forms.Seconds, AfterValidator(_up_to_ten_minutes)] = 5.0


_NEEDED_BY = {
    HotKind.PAGE: ("url", 'url = "https://news.example/"'),
    HotKind.LOG: ("path", 'path = "/var/log/nginx/access.log*"'),
    HotKind.FILE: ("path", 'path = "hot/{week}.csv"'),
}
_BELONGS_TO = {
    "path": (HotKind.LOG, HotKind.FILE),
    "url": (HotKind.PAGE,),
    "selector": (HotKind.PAGE,),
    "allow_private": (HotKind.PAGE,),
}


class Hot(Table):
    """Where the week's ranked list comes from; `path` may have `{week}` in it, and for a log `*`."""

    kind: HotKind = HotKind.SOURCE
    path: forms.MaybePath = None
    url: forms.MaybePageUrl = ""
    selector: forms.MaybeCss = ""
    allow_private: forms.Flag = False
    limit: forms.Whole = Field(default=6, ge=1, le=100)
    fields: JsonKeys = JsonKeys()

    @model_validator(mode="after")
    def _keys_fit_the_kind(self) -> Self:
        if self.kind in _NEEDED_BY:
            key, example = _NEEDED_BY[self.kind]
            if not getattr(self, key):
                raise Mistake("is missing", f'kind = "{self.kind}" needs it: {example}.', (key,))
        useless = f'has no effect with kind = "{self.kind}"'
        for key, kinds in _BELONGS_TO.items():
            if getattr(self, key) and self.kind not in kinds:
                fitting = " or ".join(f'kind = "{kind}"' for kind in kinds)
                raise Mistake(useless, f"Write {fitting}, or remove {key}.", (key,))
        if self.fields != JsonKeys() and self.kind is not HotKind.LOG:
            raise Mistake(useless, "Remove the table [hot.fields].", ("fields",))
        return self


class Feeds(Table):
    """The published folder and its feeds."""

    directory: forms.FilePath = Path("feeds")
    url: forms.MaybeFolderUrl = ""
    limit: forms.Whole = Field(default=100, ge=1, le=10_000)
    content: Literal["full", "excerpt"] = "full"
    hubs: tuple[forms.PageUrl, ...] = ()


class Publish(Table):
    """The user's own upload command, as a list of arguments."""

    after: tuple[str, ...] = ()

    @field_validator("after")
    @classmethod
    def _names_a_program(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and not value[0].strip():
            hint = 'Write the command as a list like ["rclone", "sync", "feeds", "remote:feeds"].'
            raise Mistake("names no program", hint)
        return value


class Email(Table):
    """The digest's header and theme."""

    sender: forms.Address = Field(alias="from")
    reply_to: forms.MaybeMailbox = ""
    subject: forms.Line = "{{ edition.lead.title }}"
    theme: str = "default"
    list_id: str = ""
    unsubscribe_mailto: forms.MaybeMailbox = ""

    @field_validator("theme")
    @classmethod
    def _is_a_folder_name(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", value):
            hint = 'Write the name of a folder in templates/, like "default".'
            raise Mistake("is not the name of a theme", hint)
        return value

    @field_validator("list_id")
    @classmethod
    def _is_dotted(cls, value: str) -> str:
        """Check a List-Id (RFC 2919 §2): a dotted name; we add the angle brackets."""
        if value and (len(value) > 200 or not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+", value)):  # noqa: PLR2004 - RFC 2919 §2 has 255
            raise Mistake("is not a list identifier", 'Write a dotted name like "weekly.news.example".')
        return value


def _is_a_pace(value: float) -> float:
    if 0 < value < SLOWEST:
        raise Mistake(f"is below {SLOWEST} mails a second", "Write 0 for no limit, or set per_day instead.")
    return value


_Ramped = TypeVar("_Ramped", "Server", "Smtp", "LaneTable")
_Pace = Annotated[forms.Number, AfterValidator(_is_a_pace)]
_Mails = Annotated[forms.Whole, Field(ge=0, le=1_000_000_000)]


def _warms_up_to_per_day(table: _Ramped) -> _Ramped:
    """Check a warm-up: its first day has `warm_up` mails, each further one twice as many, up to `per_day`."""
    if table.per_day and table.warm_up > table.per_day:
        raise Mistake("is more than per_day", "Write how many mails the first day may have.", ("warm_up",))
    return table


class Server(Table):
    """One `[[smtp.servers]]`; `rate` in mails a second, 0 for no limit."""

    url: forms.SmtpUrl
    weight: forms.Whole = Field(default=1, ge=1, le=1000)
    connections: forms.Whole = Field(default=0, ge=0, le=1000)
    rate: _Pace = 0.0
    per_day: _Mails = 0
    warm_up: _Mails = 0
    password_file: forms.MaybePath = None

    _ramp = model_validator(mode="after")(_warms_up_to_per_day)

    @property
    def limits(self) -> Limits:
        """The limits for sending to the server."""
        return Limits(self.connections, self.rate, self.per_day, self.warm_up)


class Smtp(Table):
    """Where mail goes, and over how many connections."""

    url: forms.SmtpUrl = "outbox:var/outbox"
    connections: forms.Whole = Field(default=20, ge=1, le=1000)
    per_connection: forms.Whole = Field(default=100, ge=1, le=1_000_000)
    rate: _Pace = 0.0
    per_day: _Mails = 0
    warm_up: _Mails = 0
    password: SecretStr = SecretStr("")
    password_file: forms.MaybePath = None
    servers: tuple[Server, ...] = ()

    _ramp = model_validator(mode="after")(_warms_up_to_per_day)

    @property
    def all_servers(self) -> tuple[Server, ...]:
        """The mail servers, whichever way they were written."""
        one = Server.model_construct(url=self.url, rate=self.rate, per_day=self.per_day, warm_up=self.warm_up)
        return self.servers or (one,)

    @model_validator(mode="after")
    def _has_one_way_to_name_servers(self) -> Self:
        for key in ("url", "rate", "per_day", "warm_up"):
            if self.servers and key in self.model_fields_set:
                hint = "Keep one of the two." if key == "url" else "Write it for each server."
                raise Mistake("cannot be set together with [[smtp.servers]]", hint, (key,))
        for index, server in enumerate(self.servers):
            if server.url.startswith("outbox:"):
                raise Mistake("cannot be an outbox here", "Write it as smtp.url.", ("servers", index, "url"))
        _come_from_one_place(self, "smtp", "password")
        return self


def _come_from_one_place(table: "Smtp | BouncesSettings", name: str, *secrets: str) -> None:
    for secret in secrets:
        if getattr(table, secret).get_secret_value() and getattr(table, f"{secret}_file"):
            variable = f"SYNDICATE_{name.upper()}__{secret.upper()}"
            raise Mistake(
                f"cannot be set together with {variable}", "Keep one of the two.", (f"{secret}_file",)
            )


class Delivery(Table):
    """How long a run stays, and what happens with mails that a server may have taken."""

    wait: forms.Duration = timedelta(hours=2)
    on_unknown: Literal["resend", "hold"] = "resend"
    processes: forms.Whole | Literal["auto"] = 1
    keep: forms.Duration = timedelta(days=90)

    @field_validator("processes", mode="before")
    @classmethod
    def _is_a_number_of_processes(cls, value: object) -> object:
        if isinstance(value, str) and value.isdecimal():  # a variable of the environment
            value = int(value)
        if value != "auto" and not (type(value) is int and 1 <= value <= MOST_PROCESSES):
            raise Mistake(f"is not a number from 1 to {MOST_PROCESSES}", 'Write 1, 2 or more, or "auto".')
        return value


class LaneTable(Table):
    """One `[[lanes]]`: the limits of a mailbox provider (`per_second`: mails, 0 for no limit)."""

    name: forms.Line
    domains: tuple[forms.Domain, ...] = Field(min_length=1)
    connections: forms.Whole = Field(default=5, ge=0, le=1000)
    per_second: _Pace = 0.0
    per_day: _Mails = 0
    warm_up: _Mails = 0

    _ramp = model_validator(mode="after")(_warms_up_to_per_day)

    @property
    def limits(self) -> Limits:
        """The limits for sending to the provider."""
        return Limits(self.connections, self.per_second, self.per_day, self.warm_up)


def _has_room_for_a_token(value: str) -> str:
    if len(value.rpartition("@")[0]) > LONGEST_LOCAL:
        raise Mistake(
            f"has more than {LONGEST_LOCAL} characters before the @",
            'A token follows them: write a short one like "bounces@news.example".',
        )
    return value


class BouncesSettings(Table):
    """Where bounces come back to, how they come in, and when soft ones end the mail."""

    address: Annotated[forms.MaybeMailbox, AfterValidator(_has_room_for_a_token)] = ""
    maildir: forms.MaybePath = None
    mbox: forms.MaybePath = None
    imap: forms.MaybeImapUrl = ""
    password: SecretStr = SecretStr("")
    password_file: forms.MaybePath = None
    after: Literal["seen", "delete"] = "seen"
    hook_secret: SecretStr = SecretStr("")
    hook_secret_file: forms.MaybePath = None
    threshold: forms.Number = Field(default=3.0, ge=1, le=1000)
    half_life: forms.Duration = timedelta(days=30)

    @field_validator("half_life")
    @classmethod
    def _is_a_time(cls, value: timedelta) -> timedelta:
        if not value:
            raise Mistake("is too short", 'Write a time like "30 days".')
        return value

    @model_validator(mode="after")
    def _secrets_fit(self) -> Self:
        _come_from_one_place(self, "bounces", "password", "hook_secret")
        if 0 < len(self.hook_secret.get_secret_value()) < SHORTEST_SECRET:
            raise Mistake(
                f"has less than {SHORTEST_SECRET} characters",
                "Make one with `openssl rand -hex 32`.",
                ("hook_secret",),
            )
        return self


class Dkim(Table):
    """The signatures of the mails; each key is named by a selector."""

    domain: forms.MaybeDomain = ""
    selector: forms.MaybeSelector = ""
    key_file: forms.MaybePath = None
    ed25519_selector: forms.MaybeSelector = ""
    ed25519_key_file: forms.MaybePath = None

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
            raise Mistake(
                "is the same as dkim.selector", "Give each key its own name.", ("ed25519_selector",)
            )
        return self


class Web(Table):
    """Where the links of a mail lead, and how many confirmations the form there may cause."""

    url: forms.FolderUrl
    confirmations_per_hour: _Mails = 1000


class SecretsSettings(Table):
    """The file of the keys that sign links."""

    file: forms.FilePath = Path("var/secret.keys")


class StoreSettings(Table):
    """The database."""

    url: forms.StoreUrl = SecretStr("sqlite:///var/syndicate.db")
    synchronous: Literal["full", "normal"] = "full"


# Of a table that is absent: its defaults are validated too, so that their paths are absolute.
_DEFAULTS: Any = Field(default={}, validate_default=True)
_Named = TypeVar("_Named", SourceTable, LaneTable)


class Settings(Table):
    """What the site is configured to do, complete and checked. Read the tables as attributes: `settings.email.sender`.

    The context of the validation is the site's absolute folder, and every path is absolute.
    """

    publication: PublicationTable
    edition: EditionTable = _DEFAULTS
    sources: tuple[SourceTable, ...]
    collect: Collect = _DEFAULTS
    hot: Hot = _DEFAULTS
    feeds: Feeds = _DEFAULTS
    publish: Publish = _DEFAULTS
    email: Email
    smtp: Smtp = _DEFAULTS
    delivery: Delivery = _DEFAULTS
    lanes: tuple[LaneTable, ...] = ()
    bounces: BouncesSettings = _DEFAULTS
    dkim: Dkim = _DEFAULTS
    web: Web
    secrets: SecretsSettings = _DEFAULTS
    store: StoreSettings = _DEFAULTS

    _site: Path = PrivateAttr(default=Path())

    def model_post_init(self, context: Any, /) -> None:
        """Keep the site."""
        self._site = context or Path()

    @field_validator("sources")
    @classmethod
    def _has_sources(cls, value: tuple[SourceTable, ...]) -> tuple[SourceTable, ...]:
        if not value:
            raise Mistake("is empty", "Add a [[sources]] table with a name, a kind and a path or a url.")
        return value

    @field_validator("sources", "lanes")
    @classmethod
    def _names_differ(cls, value: tuple[_Named, ...]) -> tuple[_Named, ...]:
        names: set[str] = set()
        for index, table in enumerate(value):
            if table.name in names:
                raise Mistake("is used twice", "Give each its own name.", (index, "name"))
            names.add(table.name)
        return value

    @property
    def site(self) -> Path:
        """The working folder, absolute: where every relative path of the configuration starts."""
        return self._site

    @property
    def cut_off(self) -> CutOff:
        """The weekly instant at which an edition ends, in the publication's zone."""
        ends = self.edition.ends
        return CutOff(ends.weekday, ends.time, self.publication.timezone)

    @property
    def domain(self) -> str:
        """The publication's host without `www.`, as A-labels (RFC 5891): the authority of its ids."""
        host = (urlsplit(self.publication.url).hostname or "").removeprefix("www.")
        if host.isascii():
            return host
        import idna

        return idna.encode(host, uts46=True).decode("ascii")

    @property
    def list_id(self) -> str:
        """The List-Id without its brackets (RFC 2919); by default `weekly.` and the publication's host."""
        return self.email.list_id or f"weekly.{self.domain}"

    def facts(self) -> Publication:
        """Return the publication as the domain knows it."""
        return Publication(
            **dict(self.publication),
            feeds_url=self.feeds.url or f"{self.web.url}feeds/",
            web_url=self.web.url,
            domain=self.domain,
        )

    def article_sources(self) -> tuple[Source, ...]:
        """Return the sources as the domain knows them, in the order of the file."""
        return tuple(table.source for table in self.sources)

    def hot_path(self, week: WeekKey) -> Path | None:
        """Return the file of the week's ranking or the pattern of the access log's files; None where the list comes from pages."""
        return self.hot.path and Path(str(self.hot.path).replace("{week}", str(week)))

    @property
    def outbox(self) -> Path | None:
        """The Maildir that takes the mail instead of a server, or None when there is a server."""
        url = self.smtp.all_servers[0].url
        return self._site / url.removeprefix("outbox:") if url.startswith("outbox:") else None

    @property
    def processes(self) -> int:
        """How many processes may send at once; `auto` means the cores that this process may use."""
        number = self.delivery.processes
        return len(os.sched_getaffinity(0)) if number == "auto" else number

    @property
    def password_files(self) -> tuple[Path, ...]:
        """The files that the passwords of mail servers and mailboxes, and the hook's secret, are read from."""
        smtp = (self.smtp.password_file, *(server.password_file for server in self.smtp.servers))
        named = (*smtp, self.bounces.password_file, self.bounces.hook_secret_file)
        return tuple(dict.fromkeys(file for file in named if file is not None))

    def password_for(self, server: Server) -> str:
        """Return the password of an SMTP server: its own file's, else smtp.password_file's, else the environment's, else empty.

        Call it only when mail is sent: a user who lists articles may lack the right to read it. Raises SettingsError.
        """
        if server.password_file:
            return _secret(server.password_file, "smtp.servers.password_file", self.smtp.password)
        return _secret(self.smtp.password_file, "smtp.password_file", self.smtp.password)

    def bounces_password(self) -> str:
        """Return the password of the IMAP mailbox: its file's, else the environment's, else empty. Raises SettingsError."""
        return _secret(self.bounces.password_file, "bounces.password_file", self.bounces.password)

    def hook_secret(self) -> str:
        """Return the secret that signs the calls of the hook, empty when there is none. Raises SettingsError."""
        key = "bounces.hook_secret_file"
        secret = _secret(self.bounces.hook_secret_file, key, self.bounces.hook_secret)
        if 0 < len(secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"The secret in the file of {key} has less than {SHORTEST_SECRET} characters.",
                "Make one with `openssl rand -hex 32`.",
            )
        return secret


def _secret(file: Path | None, key: str, otherwise: SecretStr) -> str:
    if file is None:
        return otherwise.get_secret_value()
    try:
        return file.read_text(encoding="utf-8-sig").strip(
            "\r\n"
        )  # Windows editors begin a file with a byte order mark
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"The file of {key}, {file}, cannot be read.",
            "Write the password into it on one line and let this user read it.",
        ) from None
