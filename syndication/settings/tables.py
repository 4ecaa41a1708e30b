"""The keys of the configuration with form and default, one class a table; those about sending stand in `sending` (`docs/reference/configuration.md`)."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from syndication.domain.article import SourceKind
from syndication.domain.week import CutOff
from syndication.settings.forms import (
    Address,
    FilePath,
    Flag,
    FolderUrl,
    HttpsUrl,
    Language,
    Line,
    Mailbox,
    MaybeCss,
    MaybeFolderUrl,
    MaybeHttpsUrl,
    MaybeLine,
    MaybePageUrl,
    MaybePath,
    Mistake,
    PageUrl,
    StoreUrl,
    Text,
    Whole,
    Zone,
)
from syndication.settings.table import Table

__all__ = [
    "EditionTable",
    "Email",
    "Feeds",
    "PublicationTable",
    "Publish",
    "SecretsSettings",
    "SourceTable",
    "StoreSettings",
    "Web",
]


PAGES = 500  # that a source asks for in one collect


def _named(value: str) -> str:
    if not value:
        raise Mistake("is empty", 'Write a tag like "en", or leave it out.')
    return value


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
    approve: Flag = False
    copy_images: Flag = False

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
    """One `[[sources]]`: a folder has a path, the others a URL."""

    name: Line
    kind: SourceKind
    path: MaybePath = None
    url: MaybePageUrl = ""
    section: MaybeLine = ""
    language: Language = ""
    allow_private: Flag = False
    selector: MaybeCss = ""
    limit: Whole = Field(default=PAGES, ge=1, le=10_000)

    @field_validator("kind", mode="before")
    @classmethod
    def _is_a_kind(cls, value: object) -> object:
        if value not in list(SourceKind):
            raise Mistake(
                "is not a kind of source", 'Use "feed", "sitemap", "page", "wordpress" or "folder".'
            )
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

    @model_validator(mode="after")
    def _keys_have_an_effect(self) -> Self:
        if self.selector and self.kind is not SourceKind.PAGE:
            raise Mistake(
                "does not belong to a source of this kind",
                'Write kind = "page", or remove it.',
                ("selector",),
            )
        if self.limit != PAGES and not self.kind.has_pages:
            raise Mistake("does not belong to a source of this kind", "Remove it.", ("limit",))
        return self


class Feeds(Table):
    """The published folder and what stands in it."""

    directory: FilePath = Path("feeds")
    url: MaybeFolderUrl = ""
    limit: Whole = Field(default=100, ge=1, le=10_000)
    content: Literal["full", "excerpt"] = "full"
    hubs: tuple[PageUrl, ...] = ()


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


class Web(Table):
    """Where the links of a mail lead."""

    url: FolderUrl


class SecretsSettings(Table):
    """The file of the keys that sign links."""

    file: FilePath = Path("var/secret.keys")


class StoreSettings(Table):
    """The database."""

    url: StoreUrl = SecretStr("sqlite:///var/syndicate.db")
    synchronous: Literal["full", "normal"] = "full"
