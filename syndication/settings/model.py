"""The settings as a whole: all tables, what follows from several of them, and the policies of the App that are made of them."""

import os
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, field_validator

from syndication.domain.article import Source
from syndication.domain.publication import Publication
from syndication.domain.week import CutOff, WeekKey
from syndication.errors import SettingsError
from syndication.settings.forms import Mistake
from syndication.settings.tables import (
    SHORTEST_SECRET,
    BouncesSettings,
    Collect,
    Delivery,
    Dkim,
    EditionTable,
    Email,
    Feeds,
    Hot,
    LaneTable,
    PublicationTable,
    Publish,
    SecretsSettings,
    Server,
    Smtp,
    SourceTable,
    StoreSettings,
    Table,
    Web,
)

__all__ = ["Settings"]

_DEFAULTS: Any = Field(
    default={}, validate_default=True
)  # an absent table: its defaults are validated in the context, too
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
        return file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"The file of {key}, {file}, cannot be read.",
            "Write the password into it on one line and let this user read it.",
        ) from None
