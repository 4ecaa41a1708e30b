"""The settings as a whole: all tables, what follows from several of them, and paths that resolve against the site."""

import os
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import idna
from pydantic import Field, PrivateAttr, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from syndication.domain.article import Source, SourceKind
from syndication.domain.publication import Publication
from syndication.domain.week import CutOff, WeekKey
from syndication.errors import SettingsError
from syndication.settings.collecting import Collect
from syndication.settings.forms import Mistake
from syndication.settings.ranking import Hot
from syndication.settings.sending import (
    SHORTEST_SECRET,
    BouncesSettings,
    Delivery,
    Dkim,
    LaneTable,
    Server,
    Smtp,
)
from syndication.settings.tables import (
    EditionTable,
    Email,
    Feeds,
    PublicationTable,
    Publish,
    SecretsSettings,
    SourceTable,
    StoreSettings,
    Web,
)

__all__ = ["Settings"]


class Settings(BaseSettings):
    """What the site is configured to do, complete and checked. Read the tables as attributes: `settings.email.sender`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix="SYNDICATE_",
        env_nested_delimiter="__",
    )

    publication: PublicationTable
    edition: EditionTable = EditionTable()
    sources: tuple[SourceTable, ...]
    collect: Collect = Collect()
    hot: Hot = Hot()
    feeds: Feeds = Feeds()
    publish: Publish = Publish()
    email: Email
    smtp: Smtp = Smtp()
    delivery: Delivery = Delivery()
    lanes: tuple[LaneTable, ...] = Field(default=())
    bounces: BouncesSettings = BouncesSettings()
    dkim: Dkim = Dkim()
    web: Web
    secrets: SecretsSettings = SecretsSettings()
    store: StoreSettings = StoreSettings()

    _site: Path = PrivateAttr(default=Path())

    @classmethod
    def of(cls, site: Path, values: dict[str, Any]) -> Self:
        """Settings from merged tables, for the site in the absolute folder `site`. Raises pydantic's ValidationError."""
        settings = cls(**values)
        settings._site = site
        return settings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature, here and below
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `of` is given: the environment is an argument of `load_settings`, never read behind its back."""
        return (init_settings,)

    @field_validator("sources")
    @classmethod
    def _sources_have_names_of_their_own(cls, value: tuple[SourceTable, ...]) -> tuple[SourceTable, ...]:
        if not value:
            raise Mistake("is empty", "Add a [[sources]] table with a name, a kind and a path or a url.")
        return _distinct(value)

    @field_validator("lanes")
    @classmethod
    def _lanes_have_names_of_their_own(cls, value: tuple[LaneTable, ...]) -> tuple[LaneTable, ...]:
        return _distinct(value)

    @property
    def site(self) -> Path:
        """The working folder, absolute: what every relative path of the configuration starts from."""
        return self._site

    def path(self, relative: Path | str) -> Path:
        """A path of the configuration as an absolute one, whatever the current folder."""
        return self._site / relative

    @property
    def cut_off(self) -> CutOff:
        """The weekly instant at which an edition ends, in the publication's zone."""
        return CutOff.parse(self.edition.ends, self.publication.timezone)

    @property
    def feeds_url(self) -> str:
        """Where the folder of feeds is seen, with a slash at its end."""
        return self.feeds.url or f"{self.web.url}feeds/"

    @property
    def domain(self) -> str:
        """The publication's host without `www.`, as A-labels (RFC 5891): the authority of its ids."""
        host = (urlsplit(self.publication.url).hostname or "").removeprefix("www.")
        return host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")

    @property
    def list_id(self) -> str:
        """The List-Id without its brackets (RFC 2919); by default `weekly.` and the publication's host."""
        return self.email.list_id or f"weekly.{self.domain}"

    def facts(self) -> Publication:
        """The publication as the domain knows it."""
        return Publication(
            title=self.publication.title,
            url=self.publication.url,
            language=self.publication.language,
            timezone=self.publication.timezone,
            address=self.publication.address,
            feeds_url=self.feeds_url,
            web_url=self.web.url,
            logo=self.publication.logo,
            domain=self.domain,
        )

    def article_sources(self) -> tuple[Source, ...]:
        """The sources as the domain knows them, in the order of the file; a folder's path is absolute."""
        return tuple(
            Source(
                name=source.name,
                kind=source.kind,
                location=str(self.path(source.path))
                if source.kind is SourceKind.FOLDER and source.path
                else source.url,
                section=source.section,
                language=source.language,
                allow_private=source.allow_private,
                selector=source.selector,
                limit=source.limit,
            )
            for source in self.sources
        )

    def hot_path(self, week: WeekKey) -> Path | None:
        """The file of the week's ranking, or the pattern of the access log's files, absolute; None where the list comes from pages."""
        if self.hot.path is None:
            return None
        return self.path(str(self.hot.path).replace("{week}", str(week)))

    @property
    def outbox(self) -> Path | None:
        """The Maildir that takes the mail instead of a server, absolute, or None when there is a server."""
        url = self.servers[0].url
        return self.path(url.removeprefix("outbox:")) if url.startswith("outbox:") else None

    @property
    def processes(self) -> int:
        """How many processes may send at once: `auto` stands for the cores that this process may use."""
        number = self.delivery.processes
        return len(os.sched_getaffinity(0)) if number == "auto" else number

    @property
    def servers(self) -> tuple[Server, ...]:
        """The mail servers, however they were written."""
        if self.smtp.servers:
            return self.smtp.servers
        one = self.smtp
        return (Server(url=one.url, rate=one.rate, per_day=one.per_day, warm_up=one.warm_up),)

    @property
    def password_files(self) -> tuple[Path, ...]:
        """The files that the passwords of mail servers and mailboxes, and the hook's secret, are read from."""
        smtp = (self.smtp.password_file, *(server.password_file for server in self.smtp.servers))
        named = (*smtp, self.bounces.password_file, self.bounces.hook_secret_file)
        return tuple(dict.fromkeys(self.path(file) for file in named if file is not None))

    def password_for(self, server: Server) -> str:
        """The password of an SMTP server: its own file's first, then smtp.password_file's, then the environment's, else empty.

        Read when it is needed, because not everyone who lists articles may read it. Raises SettingsError.
        """
        if server.password_file:
            return self._secret(server.password_file, "smtp.servers.password_file", self.smtp.password)
        return self._secret(self.smtp.password_file, "smtp.password_file", self.smtp.password)

    def bounces_password(self) -> str:
        """The password of the IMAP mailbox: its file's, else the environment's, else empty. Raises SettingsError."""
        return self._secret(self.bounces.password_file, "bounces.password_file", self.bounces.password)

    def hook_secret(self) -> str:
        """What signs the calls of the hook, empty when there is none. Raises SettingsError."""
        key = "bounces.hook_secret_file"
        secret = self._secret(self.bounces.hook_secret_file, key, self.bounces.hook_secret)
        if 0 < len(secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"The secret in the file of {key} has less than {SHORTEST_SECRET} characters.",
                "Make one with `openssl rand -hex 32`.",
            )
        return secret

    def _secret(self, file: Path | None, key: str, otherwise: SecretStr) -> str:
        if file is None:
            return otherwise.get_secret_value()
        try:
            return self.path(file).read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise SettingsError(
                f"The file of {key}, {self.path(file)}, cannot be read.",
                "Write the password into it on one line and let this user read it.",
            ) from None

    @property
    def store_url(self) -> str:
        """The store's address; an SQLite file's path in it is absolute."""
        url = self.store.url.get_secret_value()
        if url.startswith("sqlite:///"):
            return f"sqlite:///{self.path(url.removeprefix('sqlite:///'))}"
        return url


_Named = TypeVar("_Named", SourceTable, LaneTable)


def _distinct(tables: tuple[_Named, ...]) -> tuple[_Named, ...]:
    names: set[str] = set()
    for index, table in enumerate(tables):
        if table.name in names:
            raise Mistake("stands twice", "Give each a name of its own.", (index, "name"))
        names.add(table.name)
    return tables
