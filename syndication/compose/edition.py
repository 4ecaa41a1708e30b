"""The arrangement of an edition: the lead, the sections in their order, and the preheader."""

from collections.abc import Sequence
from datetime import date

from syndication.domain.article import Article, ResolvedArticle
from syndication.domain.edition import Edition, Section
from syndication.domain.hotlist import HotEntry, normalise_title
from syndication.domain.slug import slugify
from syndication.domain.text import cut, plain
from syndication.domain.week import WeekKey

SHORTEST, LONGEST = 40, 90  # characters of a preheader
LONGEST_WIDE = 60  # in scripts with letters twice as wide: an inbox shows no more of them
_WIDE = frozenset({"ja", "ko", "yue", "zh"})


def compose(
    *,
    key: WeekKey,
    number: int,
    day: date,
    members: Sequence[ResolvedArticle],
    hot: tuple[HotEntry, ...],
    section_order: Sequence[str],
    language: str,
    unsectioned: str,
) -> Edition:
    """Arrange `members` (newest first) as an edition. `section_order` names sections, first to last; the others follow as they appear,
    and `unsectioned`, the heading for articles without a section, comes last. Raises ValueError without members.
    """
    lead = _lead(members, hot)
    rest = [article for article in members if article.id != lead.id]
    sections = _sections(rest, section_order, unsectioned)
    following = [story for section in sections for story in section.stories]
    return Edition(
        key=key,
        number=number,
        day=day,
        lead=lead,
        sections=sections,
        hot=hot,
        preheader=preheader(lead, following, hot, language),
    )


def _lead(members: Sequence[ResolvedArticle], hot: Sequence[HotEntry]) -> ResolvedArticle:
    """Return the most read of the members, else the newest with an image, else the newest."""
    if not members:
        raise ValueError("an edition needs an article")
    by_id = {article.id: article for article in members}
    read = (by_id[entry.article] for entry in hot if entry.article in by_id)
    pictured = (article for article in members if article.image)
    return next(read, None) or next(pictured, None) or members[0]


def _sections(
    articles: Sequence[ResolvedArticle], order: Sequence[str], unsectioned: str
) -> tuple[Section, ...]:
    """Return the sections that have stories. Names with the same slug are one section, in the first spelling."""
    names: dict[str, str] = {}
    for name in (*order, *(article.section for article in articles), unsectioned):
        if name.strip():
            names.setdefault(slugify(name), name.strip())
    stories: dict[str, list[ResolvedArticle]] = {slug: [] for slug in names}
    for article in articles:
        stories[slugify(article.section if article.section.strip() else unsectioned)].append(article)
    return tuple(
        Section(name, slug, _image_first(stories[slug])) for slug, name in names.items() if stories[slug]
    )


def _image_first(stories: Sequence[ResolvedArticle]) -> tuple[ResolvedArticle, ...]:
    """Move the newest story with an image to the front; the rest stay newest first."""
    opener = next((story for story in stories if story.image), stories[0])
    return (opener, *(story for story in stories if story is not opener))


def summary_line(article: Article, limit: int = 200) -> str:
    """Return the article's summary, else its beginning, on one line of at most `limit` characters, without repeating its title."""
    for text in (" ".join(article.summary.split()), plain(article.content)):
        line = _without_title(text, article.title)
        if line:
            return cut(line, limit)
    return ""


def _without_title(text: str, title: str) -> str:
    if normalise_title(text) == normalise_title(title):
        return ""
    if title and text[: len(title)].casefold() == title.casefold() and not text[len(title) :][:1].isalnum():
        return text[len(title) :].lstrip(" .:|-\N{EN DASH}\N{EM DASH}\N{MIDDLE DOT}")
    return text


def preheader(lead: Article, following: Sequence[Article], hot: Sequence[HotEntry], language: str) -> str:
    """Return the line that an inbox shows after the subject: 40 to 90 characters, without the lead's title, which is the subject.

    It has the lead's summary and, if that is short, the titles of the next stories, then of the hot list. It is shorter than 40 only if the
    edition has no more text, and empty if that is a single headline.
    """
    longest = LONGEST_WIDE if language.lower().partition("-")[0] in _WIDE else LONGEST
    subject = normalise_title(lead.title)
    line = summary_line(lead, longest)
    for title in (*(story.title for story in following), *(entry.title for entry in hot)):
        if len(line) >= SHORTEST:
            break
        if normalise_title(title) not in {subject, ""} and title not in line:
            line = f"{line} \N{MIDDLE DOT} {title}" if line else title
    return cut(line, longest) if line else ""
