"""The tables about sending: servers, lanes, delivery, bounces and signatures (`docs/reference/configuration.md`)."""

from datetime import timedelta
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from syndication.domain.return_path import LONGEST_LOCAL
from syndication.settings.forms import (
    DOMAIN,
    Duration,
    Line,
    Mailbox,
    MaybeDomain,
    MaybeImapUrl,
    MaybePath,
    MaybeSelector,
    Mistake,
    Number,
    SmtpUrl,
    Whole,
)
from syndication.settings.table import Table

__all__ = ["SHORTEST_SECRET", "BouncesSettings", "Delivery", "Dkim", "LaneTable", "Server", "Smtp"]

MOST_PROCESSES = 64
SHORTEST_SECRET = 32  # characters of the hook's
SLOWEST = 0.001  # mails a second


def _is_a_pace(value: float) -> float:
    if 0 < value < SLOWEST:
        raise Mistake(f"is below {SLOWEST} mails a second", "Write 0 for no limit, or set per_day instead.")
    return value


_Ramped = TypeVar("_Ramped", "Server", "Smtp", "LaneTable")
_Pace = Annotated[Number, AfterValidator(_is_a_pace)]
_Mails = Annotated[Whole, Field(ge=0, le=1_000_000_000)]


def _below_its_end(table: _Ramped) -> _Ramped:
    """A warm-up's first day has `warm_up` mails, each further one twice as many, until `per_day`."""
    if table.per_day and table.warm_up > table.per_day:
        raise Mistake("is more than per_day", "Write what the first day may have.", ("warm_up",))
    return table


class Server(Table):
    """One `[[smtp.servers]]`; `rate` in messages a second, 0 for no limit."""

    url: SmtpUrl
    weight: Whole = Field(default=1, ge=1, le=1000)
    connections: Whole = Field(default=0, ge=0, le=1000)
    rate: _Pace = 0.0
    per_day: _Mails = 0
    warm_up: _Mails = 0
    password_file: MaybePath = None

    _ramp = model_validator(mode="after")(_below_its_end)


_ITS_OWN = ("url", "rate", "per_day", "warm_up")  # keys of [smtp] that each of several servers has for itself


class Smtp(Table):
    """Where mail goes, and over how many connections."""

    url: SmtpUrl = "outbox:var/outbox"
    connections: Whole = Field(default=20, ge=1, le=1000)
    per_connection: Whole = Field(default=100, ge=1, le=1_000_000)
    rate: _Pace = 0.0
    per_day: _Mails = 0
    warm_up: _Mails = 0
    password: SecretStr = SecretStr("")
    password_file: MaybePath = None
    servers: tuple[Server, ...] = ()

    _ramp = model_validator(mode="after")(_below_its_end)

    @model_validator(mode="after")
    def _one_way_to_name_servers(self) -> Self:
        for key in _ITS_OWN:
            if self.servers and key in self.model_fields_set:
                hint = "Keep one of the two." if key == "url" else "Write it for each server."
                raise Mistake("stands beside [[smtp.servers]]", hint, (key,))
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
    processes: Whole | Literal["auto"] = 1
    keep: Duration = timedelta(days=90)

    @field_validator("processes", mode="before")
    @classmethod
    def _number_of_processes(cls, value: object) -> object:
        if isinstance(value, str) and value.isdecimal():  # a variable of the environment
            value = int(value)
        if value != "auto" and not (type(value) is int and 1 <= value <= MOST_PROCESSES):
            raise Mistake(f"is no number from 1 to {MOST_PROCESSES}", 'Write 1, 2 or more, or "auto".')
        return value


class LaneTable(Table):
    """One `[[lanes]]`: what a mailbox provider bears at once (`per_second`: messages, 0 for no limit)."""

    name: Line
    domains: tuple[str, ...] = Field(min_length=1)
    connections: Whole = Field(default=5, ge=0, le=1000)
    per_second: _Pace = 0.0
    per_day: _Mails = 0
    warm_up: _Mails = 0

    _ramp = model_validator(mode="after")(_below_its_end)

    @field_validator("domains")
    @classmethod
    def _are_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for index, domain in enumerate(value):
            if not DOMAIN.fullmatch(domain):
                raise Mistake(
                    "is not a domain",
                    'Write what stands behind the @, like "example.com", an international one as xn--….',
                    (index,),
                )
        return tuple(domain.lower() for domain in value)


def _has_room_for_a_token(value: str) -> str:
    if len(value.rpartition("@")[0]) > LONGEST_LOCAL:
        raise Mistake(
            f"has more than {LONGEST_LOCAL} characters before the @",
            'A token follows them: write a short one like "bounces@news.example".',
        )
    return value


class BouncesSettings(Table):
    """Where bounces come back to, how they come in, and when soft ones end the mail."""

    address: Annotated[Mailbox, AfterValidator(_has_room_for_a_token)] = ""
    maildir: MaybePath = None
    mbox: MaybePath = None
    imap: MaybeImapUrl = ""
    password: SecretStr = SecretStr("")
    password_file: MaybePath = None
    after: Literal["seen", "delete"] = "seen"
    hook_secret: SecretStr = SecretStr("")
    hook_secret_file: MaybePath = None
    threshold: Number = Field(default=3.0, ge=1, le=1000)
    half_life: Duration = timedelta(days=30)

    @field_validator("half_life")
    @classmethod
    def _is_a_time(cls, value: timedelta) -> timedelta:
        if not value:
            raise Mistake("is too short", 'Write a time like "30 days".')
        return value

    @model_validator(mode="after")
    def _secrets_fit(self) -> Self:
        for secret, file in (("password", "password_file"), ("hook_secret", "hook_secret_file")):
            if getattr(self, secret).get_secret_value() and getattr(self, file):
                raise Mistake(
                    f"stands beside SYNDICATE_BOUNCES__{secret.upper()}", "Keep one of the two.", (file,)
                )
        if 0 < len(self.hook_secret.get_secret_value()) < SHORTEST_SECRET:
            raise Mistake(
                f"has less than {SHORTEST_SECRET} characters",
                "Make one with `openssl rand -hex 32`.",
                ("hook_secret",),
            )
        return self


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
