"""What the published folder contains: its files, and the shelves, the groups of articles that have their own feeds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syndication.domain.article import Article
from syndication.domain.week import WeekKey

TOMBSTONE = timedelta(days=30)  # how long the feeds that had a withdrawn article name it (RFC 6721)
TTL = 30  # minutes between two requests for a feed: in the RSS, and in the Cache-Control of our server
TAKEN_BACK = ".gone"  # an empty file PAGE.gone beside PAGE tells any server to answer the page with 410


ARCHIVE = "archive/"
ARCHIVE_INDEX = f"{ARCHIVE}index.html"


def archive_path(key: WeekKey | str) -> str:
    """Return where an edition's page is in the published folder."""
    return f"{ARCHIVE}{key}.html"


def article_path(slug: str) -> str:
    """Return where an article's own page is in the published folder."""
    return f"articles/{slug}.html"


class FileKind(StrEnum):
    """What a published file is. A `sealed` feed does not change any more; a `gone` page is answered with 410."""

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
    """What the articles of a shelf have in common; also the folder of its feeds."""

    SECTION = "sections"
    AUTHOR = "authors"
    TAG = "tags"
    SITEMAP = (
        "sitemaps"  # a thousand articles in the order of their arrival, so that a new one changes one file
    )


@dataclass(frozen=True, slots=True)
class Label:
    """The name that an article gives for a shelf: `Film`."""

    kind: ShelfKind
    name: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """A group of articles. `slug` is unique among the shelves of its kind, and never changes."""

    id: int
    kind: ShelfKind
    slug: str
    title: str

    @property
    def folder(self) -> str:
        """Its path below the published folder, with a slash at the end."""
        return f"{self.kind}/{self.slug}/"


@dataclass(frozen=True, slots=True)
class Filing:
    """An article for publishing to look at: it is new, edited or withdrawn, its publication time has come, or its tombstone ends."""

    article: Article
    withdrawn: datetime | None = None

    def shown(self, now: datetime) -> bool:
        """Return whether it is public."""
        return self.withdrawn is None and self.article.dated <= now

    def listed(self, now: datetime) -> bool:
        """Return whether its shelves list it: as an article or as a tombstone."""
        return self.shown(now) or (self.withdrawn is not None and now < self.withdrawn + TOMBSTONE)

    def next_look(self, now: datetime) -> datetime | None:
        """Return when publishing has to look again, if nothing else happens."""
        if self.withdrawn is not None:
            return self.withdrawn + TOMBSTONE if self.listed(now) else None
        return None if self.shown(now) else self.article.dated
