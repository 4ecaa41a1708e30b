"""Articles: as a source shows them, and as the store keeps them."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType


class SourceKind(StrEnum):
    """How a source publishes its articles."""

    FEED = "feed"
    SITEMAP = "sitemap"
    PAGE = "page"
    WORDPRESS = "wordpress"
    FOLDER = "folder"

    @property
    def has_pages(self) -> bool:
        """Whether it is read page by page, so that the store remembers every page."""
        return self in {SourceKind.SITEMAP, SourceKind.PAGE}


@dataclass(frozen=True, slots=True)
class Source:
    """Where articles come from. `location` is a URL, or the absolute path of a folder."""

    name: str
    kind: SourceKind
    location: str
    section: str = ""
    language: str = ""  # BCP 47; empty: the publication's
    allow_private: bool = False  # may resolve to loopback, private and link-local addresses
    selector: str = ""  # CSS: the links of a section page
    limit: int = 500  # pages fetched in one collect


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators of the last answer, for a conditional GET (RFC 9110 §13); of a WordPress site, the newest change seen."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """`src` is an absolute URL, or `media/NAME` below the published folder for a local file. Sizes: pixels and bytes, 0 if unknown."""

    src: str
    alt: str = ""
    width: int = 0
    height: int = 0
    type: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedArticle:
    """One article as a source shows it, cleaned.

    `content` is sanitised HTML with absolute links, except for `media/NAME` of a local image. `url` is empty if the source gives
    none; we then publish a page for the article. `keys` are its identities, strongest first: canonical URL, the source's guid,
    normalised title and day. Times are zone-aware.
    """

    title: str
    keys: tuple[str, ...]
    url: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    section: str = ""
    summary: str = ""  # plain text
    content: str = ""  # HTML
    image: Image | None = None
    credit: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    slug: str = ""  # what the source proposes for a page that we publish

    def content_hash(self) -> str:
        """Return a hex SHA-256 over what a subscriber sees: it changes exactly when something visible does."""
        image = self.image and (self.image.src, self.image.alt)
        seen = (
            self.title,
            self.url,
            self.authors,
            self.section,
            self.summary,
            self.content,
            image,
            self.credit,
            self.tags,
            self.language,
        )
        return hashlib.sha256(json.dumps(seen, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(ParsedArticle):
    """One article as the store keeps it. `id` is a `tag:` URI (RFC 4151), made once; `first_seen` never changes."""

    id: str
    source: str
    first_seen: datetime
    changed: datetime  # first seen, or when the content hash last changed
    backlog: str = ""  # why it is never mailed, if that was decided when it was collected
    keys: tuple[str, ...] = field(default=())

    @property
    def dated(self) -> datetime:
        """When it counts as published; for an undated article, when it was first seen."""
        return self.published or self.first_seen

    @property
    def tie(self) -> tuple[str, ...]:
        """The order of articles with the same time. An id is random, so it comes last: a dry run and the run after it agree."""
        return (self.title, self.url, self.slug, self.id)


ResolvedArticle = NewType("ResolvedArticle", Article)
"""An article whose addresses are absolute, as feeds and mails show it. Only `publish.addresses.resolve` makes one."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of a collect: how many articles were new, edited and unchanged."""

    new: int
    updated: int
    same: int
