"""What the published folder holds: its files, and the shelves of articles that have feeds of their own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syndication.domain.article import Article

__all__ = [
    "TAKEN_BACK",
    "TOMBSTONE",
    "TTL",
    "FileKind",
    "Filing",
    "Label",
    "PublishedFile",
    "Shelf",
    "ShelfKind",
]

TOMBSTONE = timedelta(days=30)  # how long a withdrawn article is named in the feeds that held it (RFC 6721)
TTL = 30  # minutes for which a feed need not be asked for again: in the RSS, and what a server says in Cache-Control
TAKEN_BACK = ".gone"  # beside PAGE an empty file PAGE.gone: any server can see by it that the page is answered with 410


class FileKind(StrEnum):
    """What a published file is. A `sealed` feed does not change any more, a `gone` page is to be answered with 410."""

    FEED = "feed"
    SEALED = "sealed"
    PAGE = "page"
    GONE = "gone"
    MEDIA = "media"
    SITEMAP = "sitemap"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One line of the manifest. `size` in bytes, `hash` hex SHA-256; both of the file itself, not of its `.gz`."""

    path: str
    kind: FileKind
    size: int
    hash: str


class ShelfKind(StrEnum):
    """By what articles stand together; also the folder of these feeds."""

    SECTION = "sections"
    AUTHOR = "authors"
    TAG = "tags"
    SITEMAP = (
        "sitemaps"  # a thousand articles in the order in which they came, so that a new one changes one file
    )


@dataclass(frozen=True, slots=True)
class Label:
    """A shelf as an article names it: `Film`."""

    kind: ShelfKind
    name: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Articles with something in common. `slug` is its own among those of its kind, for ever."""

    id: int
    kind: ShelfKind
    slug: str
    title: str

    @property
    def folder(self) -> str:
        """Below the published folder, with a slash at its end."""
        return f"{self.kind}/{self.slug}/"


@dataclass(frozen=True, slots=True)
class Filing:
    """An article that publishing has to look at: it is new, was edited or withdrawn, its time has come, or its tombstone ends."""

    article: Article
    withdrawn: datetime | None = None

    def shown(self, now: datetime) -> bool:
        """Return whether it is public."""
        return self.withdrawn is None and self.article.dated <= now

    def listed(self, now: datetime) -> bool:
        """Whether its shelves know it: as an article or as a tombstone."""
        return self.shown(now) or (self.withdrawn is not None and now < self.withdrawn + TOMBSTONE)

    def next_look(self, now: datetime) -> datetime | None:
        """When publishing has to look again, if nothing else happens."""
        if self.withdrawn is not None:
            return self.withdrawn + TOMBSTONE if self.listed(now) else None
        return None if self.shown(now) else self.article.dated
