"""The entrance of the room: it turns an edition into its digest and its pages, a recipient into the values and flags of a merge.

Jinja, MJML and Babel are imported when the first template is rendered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from syndication.domain.article import Article
from syndication.domain.delivery import Recipient
from syndication.domain.edition import Edition
from syndication.domain.publication import Publication
from syndication.domain.published import archive_path
from syndication.domain.text import cut
from syndication.domain.variant import Variant, language_for, split
from syndication.errors import TemplateError
from syndication.render.budget import WEB, Budget, budgets, trimmed
from syndication.render.characters import clean, line, web_url
from syndication.render.theme import fingerprint, search_path
from syndication.render.view import Views, edition_context, lead_slug, topic_flag
from syndication.render.wrap import folded, underline, width

if TYPE_CHECKING:
    from syndication.render.labels import Labels
    from syndication.render.templates import Templates

LIMIT = 88_000  # bytes of HTML with tokens: Gmail clips at about 102 KB, our limit for a mail is 90 KB, and names are longer than tokens
SUBJECT = 78  # characters, RFC 5322 §2.1.1
NAME = 48  # columns of a recipient's name


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """One line of the archive's index. `path` is relative to the index."""

    key: str
    number: int
    day: date
    subject: str
    path: str


@dataclass(frozen=True, slots=True)
class FeedGroup:
    """One part of the list of feeds: `main`, `sections`, `authors` or `tags`. A feed is a title and a folder relative to the list."""

    kind: str
    feeds: tuple[tuple[str, str], ...]


class Renderer:
    """Renders with one theme. `folders` are folders of themes, the site's first; `subject` is the template of the subject.

    Every method that renders a template raises TemplateError; so does the constructor, for a theme that does not exist.
    """

    def __init__(
        self, *, publication: Publication, folders: Sequence[Path], theme: str, subject: str
    ) -> None:
        self._again = partial(
            Renderer, publication=publication, folders=folders, theme=theme, subject=subject
        )
        self._publication = publication
        self._folders = folders
        self._path = search_path(folders, theme)
        self._subject = subject
        self._labels: dict[str, Labels] = {}
        self._confirmations: dict[str, Variant] = {}
        self._days: dict[tuple[str, date], str] = {}  # Babel is slow, and many recipients share a day

    def afresh(self) -> "Renderer":
        """Return a renderer that uses the theme's files as they are now. Jinja notices a changed file, but not a new one that shadows it."""
        return self._again()

    @cached_property
    def _templates(self) -> "Templates":
        from syndication.render.templates import Templates

        return Templates.on(self._path, self._folders)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that digests are made in, the publication's first."""
        from syndication.render.labels import languages

        return languages(self._publication.language, self._path)

    def label(self, message: str, language: str = "", **values: object) -> str:
        """Return one of the theme's messages in `language`, by default the publication's, with its `%(name)s` filled in."""
        return self._in(language).text(message, **values)

    def old_names(self) -> tuple[str, ...]:
        """Return a sentence for each place in the theme that uses the old name of a variable."""
        return self._templates.old_names(self._path)

    def digest(self, edition: Edition, language: str) -> Variant:
        """Return the digest in one language, with its tokens, trimmed until it fits under `LIMIT`."""
        from syndication.render.compiler import compiled

        labels = self._in(language)
        variant = Variant(
            language=language,
            subject=self._subject_of(edition, language),
            preheader=line(edition.preheader),
            html="",
            text="",
            topics=tuple(
                dict.fromkeys(
                    filter(None, (lead_slug(edition), *(section.slug for section in edition.sections)))
                )
            ),
            common=not lead_slug(edition),
        )
        for budget in budgets(edition):
            context = self._digest_context(edition, variant, labels, budget)
            source, lines = self._templates.mjml("digest.mjml", context)
            html = compiled(source, lines, "digest.mjml", self._templates.shown)
            if len(html.encode()) <= LIMIT:
                text = folded(self._templates.text("digest.txt", context))
                self._check_text(text)
                self._check_unsubscribe(html, text, context)
                return replace(variant, html=html, text=text, trimmed=trimmed(edition, budget))
        raise TemplateError(
            f"{self._templates.shown('digest.mjml')}: the mail is over {LIMIT:,} bytes even with a single story.",
            "Shorten the template: Gmail clips a mail at about 102 KB.",
        )

    def edition_page(self, edition: Edition) -> str:
        """Return the edition's web page, `archive/KEY.html` of the published folder: complete, and nothing in it is personal."""
        labels = self._in(self._publication.language)
        subject = self._subject_of(edition, labels.language)
        views = Views(self._publication, labels, "../")
        context = {
            **self._context(labels, "../"),
            "subject": subject,
            "canonical": self._archive_url(edition),
            **edition_context(edition, views, WEB),
        }
        return self._templates.page("edition.html", context)

    def article_page(self, article: Article) -> str:
        """Return the page of an article that has none elsewhere, `articles/SLUG.html` of the published folder."""
        labels = self._in(article.language or self._publication.language)
        story = Views(self._publication, labels, "../").story(article, 1000)
        content = clean(article.content).replace('="media/', '="../media/')
        tags = [line(tag) for tag in article.tags]
        share = Views(self._publication, labels, self._publication.feeds_url).image(article.image, "")
        context = {
            **self._context(labels, "../"),
            "story": story,
            "content": content,
            "tags": tags,
            "canonical": web_url(article.url),
            "share_image": share.src if share else "",
        }
        return self._templates.page("article.html", context)

    def archive_index(self, editions: Sequence[ArchiveLine]) -> str:
        """Return the list of the editions, in the given order."""
        labels = self._in(self._publication.language)
        shown = [
            {
                "key": each.key,
                "number": labels.number(each.number),
                "day": labels.day(each.day),
                "subject": line(each.subject),
                "path": each.path,
            }
            for each in editions
        ]
        return self._templates.page("archive.html", {**self._context(labels, "../"), "editions": shown})

    def subject(self, edition: Edition) -> str:
        """Return the edition's subject in the publication's language."""
        return self._subject_of(edition, self._publication.language)

    def feeds_page(self, groups: Sequence[FeedGroup]) -> str:
        """Return the list of the feeds, in the given order, `feeds.html` of the published folder."""
        labels = self._in(self._publication.language)
        shown = [
            {
                "kind": group.kind,
                "feeds": [{"title": line(title), "folder": folder} for title, folder in group.feeds],
            }
            for group in groups
            if group.feeds
        ]
        return self._templates.page("feeds.html", {**self._context(labels, ""), "groups": shown})

    def gone_page(self) -> str:
        """Return the page that replaces a withdrawn one, in a subfolder of the published folder."""
        return self._templates.page("gone.html", self._context(self._in(self._publication.language), "../"))

    def missing_page(self) -> str:
        """Return the page for an unknown address of the published folder. Its links work at any depth."""
        labels = self._in(self._publication.language)
        return self._templates.page("missing.html", self._context(labels, self._publication.feeds_url))

    @property
    def fingerprint(self) -> str:
        """A hex SHA-256 that changes whenever a file of the theme does."""
        return fingerprint(self._path)

    def confirmation(self, language: str) -> Variant:
        """Return the mail that asks for a confirmation. Its one slot is `confirm`, a link. Cached."""
        language = language_for(language, self.languages)
        if language not in self._confirmations:
            self._confirmations[language] = self._confirmation(self._in(language))
        return self._confirmations[language]

    def _confirmation(self, labels: "Labels") -> Variant:
        context = self._context(labels, self._publication.feeds_url)
        title = line(self._publication.title)
        subject = cut(labels.text("Confirm your subscription to %(title)s", title=title), SUBJECT)
        return Variant(
            language=labels.language,
            subject=subject,
            preheader="",
            html=self._templates.text("confirmation.html", context),
            text=folded(self._templates.text("confirmation.txt", context)),
        )

    def subscriber_page(self, name: str, language: str, context: Mapping[str, object]) -> str:
        """Return a page for one subscriber, which is served, never published: `NAME.html` with `context`, in the nearest language."""
        labels = self._in(language_for(language, self.languages))
        return self._templates.page(
            f"{name}.html", {**self._context(labels, self._publication.feeds_url), **context}
        )

    def values(
        self, recipient: Recipient, *, since: date | None, unsubscribe: str, preferences: str
    ) -> dict[str, str]:
        """Return the values of one recipient's slots, not escaped. `unsubscribe` and `preferences` are complete URLs."""
        return {
            "name": _short(line(recipient.name)),
            "email": line(recipient.email),
            "since": self._since(recipient.language, since) if since else "",
            "unsubscribe": unsubscribe,
            "preferences": preferences,
        }

    def flags(self, recipient: Recipient, variant: Variant) -> frozenset[str] | None:
        """Return the flags of one recipient's regions; None if the edition has nothing in the recipient's topics."""
        topics = _topic_flags(variant.topics, recipient.topics)
        if not topics and not variant.common:
            return None
        return _all_flags(bool(line(recipient.name)), bool(recipient.since), bool(recipient.topics), topics)

    def _since(self, language: str, day: date) -> str:
        shown = self._days.get((language, day))
        if shown is None:
            shown = self._days[language, day] = self._in(language).date(day)
        return shown

    def _in(self, language: str) -> "Labels":
        language = language or self._publication.language
        if language not in self._labels:
            from syndication.render.labels import load_labels

            self._labels[language] = load_labels(language, self._publication.timezone, self._path)
        return self._labels[language]

    def _subject_of(self, edition: Edition, language: str) -> str:
        from syndication.render.templates import render_subject

        context = {"edition": edition, "publication": self._publication, "language": language}
        subject = line(render_subject(self._subject, context))
        if not subject:
            raise TemplateError(
                "The subject is empty.", "Set email.subject to a template like {{ edition.lead.title }}."
            )
        return cut(subject, SUBJECT)

    def _archive_url(self, edition: Edition) -> str:
        return f"{self._publication.feeds_url}{archive_path(edition.key)}"

    def _context(self, labels: "Labels", root: str) -> dict[str, object]:
        """Return the variables of every template. `root` leads from a page to the published folder."""
        publication = self._publication
        return {
            "publication": {
                "title": line(publication.title),
                "url": web_url(publication.url),
                "address": line(publication.address),
                "logo": web_url(publication.logo),
                "feeds_url": publication.feeds_url,
            },
            "language": labels.language,
            "direction": labels.direction,
            "start": "right" if labels.direction == "rtl" else "left",
            "finish": "left" if labels.direction == "rtl" else "right",
            "_": labels.text,
            "root": root,
            "width": width,
            "underline": underline,
        }

    def _digest_context(
        self, edition: Edition, variant: Variant, labels: "Labels", budget: Budget
    ) -> Mapping[str, object]:
        views = Views(self._publication, labels, self._publication.feeds_url)
        return {
            **self._context(labels, self._publication.feeds_url),
            "subject": variant.subject,
            "preheader": variant.preheader,
            "edition_url": self._archive_url(edition),
            **edition_context(edition, views, budget),
        }

    def _check_text(self, text: str) -> None:
        try:
            split(text)
        except ValueError as error:
            shown = self._templates.shown("digest.txt")
            raise TemplateError(
                f"{shown}: {error}.", "Close each begin(…) with its end(…), the inner before the outer."
            ) from error

    def _check_unsubscribe(self, html: str, text: str, context: Mapping[str, object]) -> None:
        from syndication.render.required import check_unsubscribe

        for part, name in ((html, "digest.mjml"), (text, "digest.txt")):
            source = partial(self._templates.mjml, name, context)
            check_unsubscribe(part, name, source, self._templates.shown)


# Many recipients have the same flags. Equal sets are one object, so that a merge can recognise a set of flags.
@lru_cache(maxsize=1024)
def _topic_flags(topics: tuple[str, ...], chosen: tuple[str, ...]) -> frozenset[str]:
    return frozenset(topic_flag(topic) for topic in topics if not chosen or topic in chosen)


@lru_cache(maxsize=1024)
def _all_flags(named: bool, dated: bool, chosen: bool, topics: frozenset[str]) -> frozenset[str]:  # noqa: FBT001 (a key)
    personal = {
        "named" if named else "unnamed",
        "since" if dated else "undated",
        "chosen" if chosen else "everything",
    }
    return frozenset({*personal, *topics})


def _short(name: str) -> str:
    """Shorten a name so that it fits on a line with its greeting."""
    if name.isascii() and len(name) <= NAME:
        return name
    shown = name
    limit = NAME
    while width(shown) > NAME:
        shown = cut(name, limit)
        limit -= 1
    return shown
