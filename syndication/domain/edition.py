"""One digest: what is in it, and in which order."""

from dataclasses import dataclass
from datetime import date

from syndication.domain.article import ResolvedArticle
from syndication.domain.hotlist import HotEntry
from syndication.domain.week import WeekKey


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its stories, newest first. `slug` is also the topic that a subscriber chooses."""

    name: str
    slug: str
    stories: tuple[ResolvedArticle, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """The edition `key`. `day` is the local date of its cut-off; the lead is not repeated in its section."""

    key: WeekKey
    number: int
    day: date
    lead: ResolvedArticle
    sections: tuple[Section, ...]
    hot: tuple[HotEntry, ...]
    preheader: str
    note: str = ""  # the editor's own words: paragraphs, links as in Markdown

    @property
    def articles(self) -> tuple[ResolvedArticle, ...]:
        """All articles of the edition, in reading order."""
        return (self.lead, *(story for section in self.sections for story in section.stories))
