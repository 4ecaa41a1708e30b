"""One model for the three formats: a channel and its entries."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syndication.domain.article import Image

SUMMARY_LENGTH = 400  # characters

STYLESHEET = "feed.css"  # the look of a feed in a browser; the file beside this module is published as it is


@dataclass(frozen=True, slots=True)
class ArchivePosition:
    """The position of a document in an archived feed (RFC 5005 §4): URLs of folders with a slash at the end, `previous` empty in the first.

    `sealed` means an archive document, which does not change any more; otherwise it is the one to subscribe to.
    """

    current: str
    previous: str
    sealed: bool


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A withdrawn entry (RFC 6721)."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EntrySource:
    """The feed that an entry was taken from, if it is not the publication's (RFC 4287 §4.2.11)."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A feed without its entries. Its files are `rss.xml`, `atom.xml` and `feed.json` below `url_base`, which ends in a slash.

    `id` is a `tag:` URI (RFC 4151), `home` the HTML page it belongs to, `hubs` are WebSub hubs, `stylesheet` is the URL of the CSS with
    which a browser shows the feed, `author` is the author of entries without one (empty: the title).
    """

    id: str
    title: str
    description: str
    home: str
    url_base: str
    language: str
    hubs: tuple[str, ...] = ()
    icon: str = ""
    stylesheet: str = ""
    author: str = ""
    older: ArchivePosition | None = None
    tombstones: tuple[Tombstone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One entry of a feed. `title` and `summary` are plain text, `content` is HTML with absolute addresses (empty: summary only). Naive
    times raise ValueError, because they would be read in the time zone of this machine.
    """

    id: str
    title: str
    updated: datetime
    url: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    summary: str = ""
    content: str = ""
    image: Image | None = None
    tags: tuple[str, ...] = ()
    section: str = ""
    language: str = ""  # BCP 47; empty: the channel's
    credit: str = ""  # of the image
    origin: EntrySource | None = None

    def __post_init__(self) -> None:
        for time in (self.updated, self.published):
            if time is not None and time.utcoffset() is None:
                raise ValueError(f"the entry {self.id} has a time without a zone")

    @property
    def categories(self) -> tuple[str, ...]:
        """Section and tags, each once."""
        return tuple(dict.fromkeys(term for term in (self.section, *self.tags) if term.strip()))


def feed_css() -> bytes:
    """Return the stylesheet of the feeds: for people who followed a feed's link, what it is and its latest entries."""
    return Path(__file__).with_name(STYLESHEET).read_bytes()
