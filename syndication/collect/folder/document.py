"""A Markdown or HTML file of a folder as an article."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from markdown_it import MarkdownIt

from syndication.collect.folder.front_matter import FrontMatter, split_front_matter
from syndication.collect.identity import keys
from syndication.collect.local_images import LocalImages
from syndication.collect.text.clean import MAX_CHARACTERS, clean, first_image
from syndication.collect.text.dates import read_time
from syndication.collect.text.links import absolute, without_tracking
from syndication.collect.text.page_tree import page_body, page_tree
from syndication.collect.text.teaser import teaser, without_heading
from syndication.collect.text.words import (
    SUMMARY,
    author_name,
    fold,
    language_tag,
    section_name,
    shown_line,
    unique,
    without_addresses,
)
from syndication.domain.article import Image, ParsedArticle, Source
from syndication.domain.publication import Publication
from syndication.domain.text import cut, plain

# The first words of the text, whatever holds them.
_HEADING = re.compile(
    r"\A(?:\s*<(?:article|div|header|hgroup|section)\b[^>]*>)*\s*<h1\b[^>]*>(.*?)</h1>\s*", re.DOTALL
)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_META = {  # names of <meta> → fields of front matter
    "og:title": "title",
    "article:published_time": "published",
    "date": "published",
    "dcterms.date": "published",
    "article:modified_time": "updated",
    "author": "authors",
    "article:section": "section",
    "description": "summary",
    "og:description": "summary",
    "article:tag": "tags",
    "keywords": "tags",
    "og:url": "url",
    "og:image": "image",
    "og:image:alt": "image_alt",
}


@dataclass(frozen=True, slots=True)
class DocumentContext:
    """What the files of one source have in common."""

    source: Source
    publication: Publication
    images: LocalImages
    root: Path


def read_document(text: str, path: Path, context: DocumentContext) -> ParsedArticle | None:
    """Return the article in `text`, the content of the file `path`; None for a draft.

    Front matter takes precedence over what an HTML page says in its head. Raises ValueError, with the line or the
    field, for what cannot be published: broken front matter, no title, an invalid time or address.
    """
    head, body = split_front_matter(text)
    if head.flag("draft"):
        return None
    if path.suffix.lower() in {".html", ".htm"}:
        head = FrontMatter({**_page_fields(body), **head.fields})
        html = page_body(body)
    else:
        html = _MARKDOWN.render(body)
    if len(html) > MAX_CHARACTERS:
        raise ValueError("the text is longer than a million characters")
    url = _url(head, context.publication)
    base = url or context.publication.url
    content = clean(html, base, lambda src: context.images.copy(src, path, url))
    title, content = _headline(shown_line(head.text("title")), content)
    guid = path.relative_to(context.root).as_posix()
    published = _time(head, context.publication, "published", "date")
    day = published.astimezone(context.publication.timezone).date() if published else None
    return ParsedArticle(
        title=title,
        keys=keys(url=url, guid=guid, title=title, day=day, source=context.source.name),
        url=url,
        authors=unique(author_name(name) for name in head.texts("authors", "author")),
        published=published,
        updated=_time(head, context.publication, "updated", "modified"),
        section=section_name(head.text("section")) or context.source.section,
        summary=cut(plain(clean(head.text("summary", "description"))) or teaser(content), SUMMARY),
        content=content,
        image=_image(head, path, context, url, content),
        credit=fold(without_addresses(head.text("credit"))),
        tags=unique(head.texts("tags")),
        language=language_tag(head.text("language", "lang")) or context.source.language,
        slug=head.text("slug"),
    )


def _page_fields(html: str) -> dict[str, tuple[str, ...]]:
    """Read fields of front matter from an HTML page's `<head>`, `<time>` and `<h1>`."""
    root = page_tree(html)
    if root is None:
        return {}
    fields: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        name = _META.get((meta.get("property") or meta.get("name") or "").strip().lower())
        content = (meta.get("content") or "").strip()
        if name and content:
            values = fields.setdefault(name, [])
            if not values or name in {"tags", "authors"}:
                values.append(content)
    for name, path, attribute in (
        ("title", ".//h1", ""),
        ("title", ".//title", ""),
        ("published", ".//time[@datetime]", "datetime"),
        ("url", ".//link[@rel='canonical'][@href]", "href"),
    ):
        element = root.find(path)
        if name not in fields and element is not None:
            fields[name] = [element.get(attribute) if attribute else element.text_content()]
    if root.get("lang"):
        fields["language"] = [root.get("lang")]
    return {name: tuple(values) for name, values in fields.items()}


def _headline(title: str, content: str) -> tuple[str, str]:
    """Return the title, and the content without a heading that only repeats it."""
    if not title and (heading := _HEADING.match(content)):
        title = shown_line(plain(heading[1]))
    if not title:
        raise ValueError("there is no title: write `title: …` between two lines of --- at the top")
    return title, without_heading(content, title)


def _url(head: FrontMatter, publication: Publication) -> str:
    written = head.text("url", "link", "permalink")
    url = absolute(written, publication.url) if written else ""
    if written and not url:
        raise ValueError("the url is not an http address")
    return without_tracking(url)


def _time(head: FrontMatter, publication: Publication, *names: str) -> datetime | None:
    written = head.text(*names)
    found = read_time(written, publication.timezone) if written else None
    if written and found is None:
        raise ValueError(
            f"the {names[0]} time {fold(written)!r} is not a date; write it like 2026-11-16 09:30"
        )
    return found


def _image(head: FrontMatter, path: Path, context: DocumentContext, url: str, content: str) -> Image | None:
    """Return the image that the front matter names, else the first one of the content."""
    written = head.text("image")
    src = context.images.copy(written, path, url) if written else ""
    if src:
        return context.images.image(src, head.text("image_alt"))
    src, alt = first_image(content)
    return context.images.image(src, alt) if src else None
