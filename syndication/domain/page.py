"""What is known of each page that a sitemap or a section page lists, so that an unchanged page costs nothing."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syndication.domain.article import Validators

EDITED_WITHIN = timedelta(days=28)  # older pieces are never mailed, so they are not checked for edits
TRIES = 3  # collects in a row in which a page may fail before it is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """A page as a list shows it. `stamp` is the time of its last change as the list writes it, or empty.

    `dated` is that time, zone-aware, or a day in the page's address; the rest is from a news sitemap.
    """

    url: str
    stamp: str = ""
    dated: datetime | None = None
    title: str = ""
    published: str = ""  # as written
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """A page or a sitemap file that was read before.

    `listed_by` is the address of the list that names it, empty for a top-level list. `read` is when it was first read; `published` is
    when its article was published, None if it has none. `failures` counts the collects in a row in which it failed.
    """

    url: str
    listed_by: str
    stamp: str = ""
    validators: Validators = field(default_factory=Validators)
    read: datetime | None = None
    published: datetime | None = None
    failures: int = 0
    is_list: bool = False  # a file of a sitemap

    def is_due(self, stamp: str, now: datetime) -> bool:
        """Return whether the page has to be fetched again, now that its list has `stamp`.

        A new stamp always counts, even for a page that failed or is old. The same stamp means that nothing changed. Without a stamp the
        server is asked for as long as an edit can still matter.
        """
        if stamp != self.stamp:
            return True
        if self.failures:
            return self.failures < TRIES
        return not stamp and self.published is not None and self.published > now - EDITED_WITHIN

    def failed(self, stamp: str) -> "KnownPage":
        """Return the page after one more collect in which it could not be read."""
        return replace(self, stamp=stamp, failures=self.failures + 1 if stamp == self.stamp else 1)
