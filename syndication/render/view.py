"""What a template sees: plain, clean values in the subscriber's language. `templates/README.md` documents them for theme authors."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from syndication.domain.article import Article, Image
from syndication.domain.edition import Edition, Section
from syndication.domain.hotlist import HotEntry, Trend
from syndication.domain.publication import Publication
from syndication.domain.slug import slugify
from syndication.domain.text import excerpt, reading_minutes
from syndication.render.budget import Budget
from syndication.render.characters import line, web_url

if TYPE_CHECKING:
    from syndication.render.labels import Labels
from html import escape

from syndication.render.characters import clean

# A word with an @ and a dot after it. The search does not backtrack: some names are very long.
_EMAIL = re.compile(
    r"[<(\[]?(?<![^\s<>()\[\],;])(?>[^\s<>()\[\],;]+?@)[^\s<>()\[\],;]+\.[^\s<>()\[\],;]+[>)\]]?"
)

_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph that prints itself: as HTML in a template that escapes (Jinja calls `__html__`), otherwise as plain text with its
    addresses in angle brackets (RFC 3986 appendix C).
    """

    text: str  # on one line, its links as written

    def __html__(self) -> str:
        """Return escaped HTML; links have the colour of the text and are underlined."""
        parts: list[str] = []
        end = 0
        for found in _LINK.finditer(self.text):
            if url := web_url(found[2]):
                link = f'<a href="{escape(url)}" style="color:inherit">{escape(found[1])}</a>'
                parts += (escape(self.text[end : found.start()]), link)
                end = found.end()
        return "".join(parts) + escape(self.text[end:])

    def __str__(self) -> str:
        return _LINK.sub(
            lambda found: f"{found[1]} <{found[2]}>" if web_url(found[2]) else found[0], self.text
        )


@dataclass(frozen=True, slots=True)
class ImageView:
    """`src` is absolute in a mail, relative on a page for an image of ours. Pixels, 0 if unknown."""

    src: str
    alt: str
    width: int
    height: int
    credit: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """One story, ready for a template."""

    title: str
    url: str  # empty: no link
    section: str
    dek: str
    authors: str  # names as this language lists them
    minutes: str  # "9 min read"
    date: str
    published: datetime | None
    image: ImageView | None
    credit: str
    language: str  # only if it is not the page's
    direction: str

    @property
    def meta(self) -> str:
        """`Nadia Okafor · 18 min read`."""
        return " · ".join(part for part in (self.authors, self.minutes) if part)


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section, as much of it as the budget allows."""

    name: str
    slug: str
    flag: str  # of its region
    stories: tuple[StoryView, ...]
    more_count: int  # stories that are on the web alone
    more: str  # the label of the link to them

    @property
    def left(self) -> int:
        """The old name of `more_count`."""
        return self.more_count


@dataclass(frozen=True, slots=True)
class HotView:
    """One entry of the hot list."""

    rank: str
    title: str
    url: str
    section: str
    trend: str  # up, down, same, new; empty in a first edition
    places: str
    movement: str  # in words, for a screen reader

    @property
    def words(self) -> str:
        """The old name of `movement`."""
        return self.movement


def topic_flag(slug: str) -> str:
    """Return the flag of a section's region. Flags are ASCII, slugs may have any script."""
    return f"topic:{slug}" if re.fullmatch("[a-z0-9-]+", slug) else f"topic:x_{slug.encode().hex()}"


@dataclass(frozen=True, slots=True)
class Views:
    """Turns the domain's values into a template's, in one language. `root` leads to the published folder: addresses inside it start
    with `root`, so that the images and links of a page work wherever the folder is, even on a disk.
    """

    publication: Publication
    labels: "Labels"
    root: str

    def story(self, article: Article, length: int) -> StoryView:
        """Return the view of an article. `length` is that of its summary in characters, 0 for none."""
        language = article.language or self.publication.language
        names = (_EMAIL.sub("", line(name)).strip(" ,;") for name in article.authors)
        minutes = reading_minutes(article.content or article.summary, language)
        primary = language.split("-")[0].lower()
        same = primary == self.labels.language.split("-")[0].lower()
        return StoryView(
            title=line(article.title),
            url=self.address(article.url),
            section=line(article.section),
            dek=excerpt(line(article.summary), length) if length and article.summary.strip() else "",
            authors=self.labels.names([name for name in names if name]),
            minutes=self.labels.count("%(count)s min read", "%(count)s min read", minutes) if minutes else "",
            date=self.labels.date(article.dated),
            published=article.published and article.published.astimezone(self.labels.zone),
            image=self.image(article.image, article.credit),
            credit=line(article.credit),
            language="" if same else language,
            direction="" if same else "rtl" if primary in _RIGHT_TO_LEFT else "ltr",
        )

    def address(self, url: str) -> str:
        """Return `url` as a link, relative to `root` if it is in the published folder; empty if a mail must not have it."""
        shown, folder = web_url(url), self.publication.feeds_url
        return f"{self.root}{shown.removeprefix(folder)}" if shown.startswith(folder) else shown

    def image(self, image: Image | None, credit: str) -> ImageView | None:
        """Return the view of an image; None if it has no address that a mail may have."""
        if image is None:
            return None
        local = re.fullmatch(r"media/[^/\\]+", image.src)
        src = f"{self.root}{image.src}" if local else self.address(image.src)
        credit = line(credit)
        alt = line(image.alt) or (self.labels.text("Image: %(credit)s", credit=credit) if credit else "")
        return ImageView(src, alt, image.width, image.height, credit) if src else None

    def sections(self, edition: Edition, budget: Budget) -> tuple[SectionView, ...]:
        """Return the sections within `budget`."""
        return tuple(
            self._section(each, budget) for each in edition.sections[: budget.sections] if each.stories
        )

    def _section(self, section: Section, budget: Budget) -> SectionView:
        shown = section.stories[: budget.stories]
        hidden = len(section.stories) - len(shown)
        name = line(section.name)
        return SectionView(
            name=name,
            slug=section.slug,
            flag=topic_flag(section.slug),
            stories=tuple(self.story(story, budget.excerpt) for story in shown),
            more_count=hidden,
            more=self.labels.count(
                "%(count)s more in %(section)s", "%(count)s more in %(section)s", hidden, section=name
            )
            if hidden
            else "",
        )

    def hot(self, entry: HotEntry) -> HotView:
        """Return the view of an entry, with its movement in words."""
        trend, places = (entry.movement.trend, entry.movement.places) if entry.movement else ("", 0)
        movement = {
            "": "",
            Trend.UP: self.labels.count("up %(count)s place", "up %(count)s places", places),
            Trend.DOWN: self.labels.count("down %(count)s place", "down %(count)s places", places),
            Trend.SAME: self.labels.text("no change"),
            Trend.NEW: self.labels.text("new this week"),
        }
        return HotView(
            rank=self.labels.number(entry.rank),
            title=line(entry.title),
            url=self.address(entry.url),
            section=line(entry.section),
            trend=str(trend),
            places=self.labels.number(places),
            movement=movement[trend],
        )


def lead_slug(edition: Edition) -> str:
    """Return the topic of the lead; empty if it has no section."""
    name = edition.lead.section.strip()
    same = next((section.slug for section in edition.sections if section.name == name), "")
    return same or (slugify(name) if name else "")


def edition_context(edition: Edition, views: Views, budget: Budget) -> dict[str, object]:
    """Return the variables that the digest and the edition's page share."""
    labels = views.labels
    shown = edition.sections[: budget.sections]
    count = len(edition.articles)
    hidden = sum(len(section.stories) for section in edition.sections[len(shown) :])
    places = edition.hot[: budget.hot]
    in_words = labels.text(_NUMBERS[count - 2]) if 1 < count < len(_NUMBERS) + 2 else labels.number(count)
    return {
        "number": labels.number(edition.number),
        "day": labels.day(edition.day),
        "note": paragraphs(edition.note),
        "count": count,
        "count_in_words": in_words,
        "lead": views.story(edition.lead, budget.lead),
        "sections": views.sections(edition, budget),
        "more": _read_more(labels, hidden),
        "hot": tuple(map(views.hot, places)),
        "hot_more": _read_more(labels, len(edition.hot) - len(places)),
        "has_movement": any(entry.movement for entry in places),
    }


def paragraphs(note: str) -> list[Paragraph]:
    """Split a note into its paragraphs, at empty lines."""
    found = (line(each) for each in re.split(r"\n[ \t]*\n", clean(note)))
    return [Paragraph(each) for each in found if each]


def _read_more(labels: "Labels", count: int) -> str:
    if not count:
        return ""
    return labels.count(
        "Read %(count)s more story on the web", "Read %(count)s more stories on the web", count
    )
