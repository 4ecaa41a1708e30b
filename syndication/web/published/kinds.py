"""The media type and the caching of a published file, by its path."""

import re
from dataclasses import dataclass

from syndication.domain.published import TTL

FRESH = f"public, max-age={TTL * 60}"
# An image's name is a hash, and an archive document changes only after a withdrawal, which caches may miss for a week.
LASTING = "public, max-age=604800, immutable"
_LASTING = re.compile(r"media/|older/[0-9]+/")
_FEEDS = {
    "rss.xml": "application/rss+xml",
    "atom.xml": "application/atom+xml",
    "feed.json": "application/feed+json",
}
_TEXTS = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "xml": "application/xml",
}
_IMAGES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}  # those that collecting keeps


@dataclass(frozen=True, slots=True)
class PublishedType:
    """What HTTP says of a file. A `feed` has a Link to itself and, unless it is `lasting`, to the hubs."""

    type: str
    feed: bool
    lasting: bool
    text: bool  # has a `.gz` beside it

    @property
    def cache_control(self) -> str:
        """The value of Cache-Control."""
        return LASTING if self.lasting else FRESH

    @property
    def shown_as_xml(self) -> bool:
        """Whether a browser needs the generic type of XML to style it: for a feed's own type Chromium shows raw text."""
        return self.feed and self.type.endswith("xml")


def kind_of(path: str) -> PublishedType | None:
    """Return the type of a published path; None for paths that are not published, such as that of a `.gz` file."""
    name = path.rpartition("/")[2]
    suffix = name.rpartition(".")[2]
    media_type = _FEEDS.get(name) or _TEXTS.get(suffix) or _IMAGES.get(suffix)
    if media_type is None:
        return None
    return PublishedType(media_type, name in _FEEDS, bool(_LASTING.match(path)), suffix not in _IMAGES)
