"""A Markdown or HTML file of a folder as an article."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from markdown_it import MarkdownIt

from syndication.collect.folder.front_matter import FrontMatter, split_front_matter
from syndication.collect.folder.html_page import page_body, page_fields
from syndication.collect.identity import keys
from syndication.collect.local_images import LocalImages
from syndication.collect.text.clean import MAX_CHARACTERS, clean, first_image
from syndication.collect.text.dates import read_time
from syndication.collect.text.links import absolute, without_tracking
from syndication.collect.text.words import author_name, fold, language_tag, unique, without_addresses
from syndication.domain.article import Image, ParsedArticle, Source
from syndication.domain.hotlist import normalise_title
from syndication.domain.publication import Publication
from syndication.domain.text import cut, plain

__all__ = ["SUMMARY", "DocumentContext", "read_document"]

SUMMARY = 300  # characters
_HEADING = re.compile(r"\s*<h1\b[^>]*>(.*?)</h1>\s*", re.DOTALL)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True)
class DocumentContext:
    """What every file of one source is read with."""

    source: Source
    publication: Publication
    images: LocalImages
    root: Path


def read_document(text: str, path: Path, desk: DocumentContext) -> ParsedArticle | None:
    """The article in `text`, the content of `path`; None for a draft.

    Front matter is believed before what an HTML page says about itself. Raises ValueError, with the line or the field, for what
    nobody could publish: broken front matter, no title, a time or address that is none.
    """
    head, body = split_front_matter(text)
    if head.flag("draft"):
        return None
    if path.suffix.lower() in {".html", ".htm"}:
        head = FrontMatter({**page_fields(body).fields, **head.fields})
        html = page_body(body)
    else:
        html = _MARKDOWN.render(body)
    if len(html) > MAX_CHARACTERS:
        raise ValueError("the text is longer than a million characters")
    url = _url(head, desk.publication)
    base = url or desk.publication.url
    content = clean(html, base, lambda src: desk.images.place(src, path, url))
    title, content = _headline(head.text("title"), content)
    guid = path.relative_to(desk.root).as_posix()
    published = _time(head, desk.publication, "published", "date")
    day = published.astimezone(desk.publication.timezone).date() if published else None
    return ParsedArticle(
        title=title,
        keys=keys(url=url, guid=guid, title=title, day=day, source=desk.source.name),
        url=url,
        authors=unique(author_name(name) for name in head.texts("authors", "author")),
        published=published,
        updated=_time(head, desk.publication, "updated", "modified"),
        section=head.text("section") or desk.source.section,
        summary=cut(plain(clean(head.text("summary", "description"))) or plain(content), SUMMARY),
        content=content,
        image=_image(head, path, desk, url, content),
        credit=fold(without_addresses(head.text("credit"))),
        tags=unique(head.texts("tags")),
        language=language_tag(head.text("language", "lang")) or desk.source.language,
        slug=head.text("slug"),
    )


def _headline(title: str, content: str) -> tuple[str, str]:
    """The title, and the content without the heading that only repeats it."""
    heading = _HEADING.match(content)
    if (
        heading
        and (own := plain(heading[1]))
        and (not title or normalise_title(own) == normalise_title(title))
    ):
        return title or own, content[heading.end() :]
    if not title:
        raise ValueError("there is no title: write `title: …` between two lines of --- at the top")
    return title, content


def _url(head: FrontMatter, publication: Publication) -> str:
    written = head.text("url", "link", "permalink")
    url = absolute(written, publication.url) if written else ""
    if written and not url:
        raise ValueError("the url is no http address")
    return without_tracking(url)


def _time(head: FrontMatter, publication: Publication, *names: str) -> datetime | None:
    written = head.text(*names)
    found = read_time(written, publication.timezone) if written else None
    if written and found is None:
        raise ValueError(f"the {names[0]} time {fold(written)!r} is none; write it like 2026-11-16 09:30")
    return found


def _image(head: FrontMatter, path: Path, desk: DocumentContext, url: str, content: str) -> Image | None:
    """The image of the front matter, else the first of the content."""
    written = head.text("image")
    src = desk.images.place(written, path, url) if written else ""
    if src:
        return desk.images.image(src, head.text("image_alt"))
    src, alt = first_image(content)
    return desk.images.image(src, alt) if src else None
