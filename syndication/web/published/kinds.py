"""What a file of the published folder is to HTTP, by its path."""

import re
from dataclasses import dataclass

from syndication.domain.published import TTL

__all__ = ["PublishedType", "kind_of"]

FRESH = f"public, max-age={TTL * 60}"
# An image's name is a hash, and an archive document never changes but for a withdrawal: a week is how long a cache may miss that.
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
}  # what collecting keeps


@dataclass(frozen=True, slots=True)
class PublishedType:
    """`feed`: feed readers subscribe to it, so that it names itself and, unless it is `lasting`, the hubs."""

    type: str
    feed: bool
    lasting: bool
    text: bool  # has a `.gz` beside it

    @property
    def cache_control(self) -> str:
        """How long it may be kept without asking."""
        return LASTING if self.lasting else FRESH

    @property
    def shown_as_xml(self) -> bool:
        """Whether a browser shows it as what it is only under the type of any XML: by its own, Chromium shows raw text."""
        return self.feed and self.type.endswith("xml")


def kind_of(path: str) -> PublishedType | None:
    """None for what is not published, like a file's `.gz` by itself."""
    name = path.rpartition("/")[2]
    suffix = name.rpartition(".")[2]
    media_type = _FEEDS.get(name) or _TEXTS.get(suffix) or _IMAGES.get(suffix)
    if media_type is None:
        return None
    return PublishedType(media_type, name in _FEEDS, bool(_LASTING.match(path)), suffix not in _IMAGES)
