"""Convert a post of WordPress's REST API to an entry (developer.wordpress.org/rest-api/reference/posts)."""

import re
from html import unescape
from typing import Any

from syndication.collect.feeds.entry import ParsedEntry
from syndication.collect.text.clean import clean, words_of
from syndication.collect.text.links import absolute
from syndication.collect.text.pictures import best_size, sized_image
from syndication.domain.article import Image
from syndication.domain.text import plain

# The end of an excerpt that WordPress or a theme cut off: we cut the text better.
_MORE = r"(?:&hellip;|&#8230;|…|\.\.\.)"
_CUT_OFF = re.compile(rf"(?:\[\s*{_MORE}\s*\]|{_MORE}\s*<a\b.*)\s*(?:</p>)?\s*$", re.IGNORECASE | re.DOTALL)
_TAIL = 1_000  # characters of an excerpt that are searched for it
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_NEVER = "0000-"  # the year of a time that is not set
_NO_CATEGORY = "uncategorized"  # the slug of WordPress's default category


def post_id(post: dict[str, Any]) -> str:
    """Return the post's number."""
    return str(post.get("id", ""))


def is_protected(post: dict[str, Any]) -> bool:
    """Return whether a password protects it. Its title is public all the same, but is not published here."""
    return bool(post.get("password")) or any(
        isinstance(part := post.get(name), dict) and bool(part.get("protected"))
        for name in ("content", "excerpt")
    )


def post_entry(post: dict[str, Any], site: str) -> ParsedEntry:
    """Convert `post` to an entry. Its links are resolved against `site`."""
    link = absolute(_text(post.get("link")), site)
    excerpt = _rendered(post, "excerpt")
    categories, tags = _terms(post, "category"), _terms(post, "post_tag")
    return ParsedEntry(
        title=words_of(_rendered(post, "title")),
        url=link,
        guid=unescape(_rendered(post, "guid")),
        base=link or site,
        authors=_authors(post),
        published=_time(post, "date"),
        updated=_time(post, "modified"),
        summary="" if _CUT_OFF.search(excerpt[-_TAIL:]) else excerpt,
        content=_rendered(post, "content"),
        image=_image(post),
        section=categories[0] if categories else "",
        tags=(*categories[1:], *tags),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _rendered(post: dict[str, Any], name: str) -> str:
    value = post.get(name)
    return _text(value.get("rendered") if isinstance(value, dict) else value)


def _time(post: dict[str, Any], name: str) -> str:
    """Return the time `*_gmt`, with the Z that it lacks; without it, the site's local time."""
    written = _text(post.get(f"{name}_gmt"))
    if written and not written.startswith(_NEVER):
        return written + "Z" if _LOCAL.fullmatch(written) else written
    local = _text(post.get(name))
    return "" if local.startswith(_NEVER) else local


def _embedded(post: dict[str, Any], name: str) -> list[Any]:
    embedded = post.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, dict) else None
    return found if isinstance(found, list) else []


def _authors(post: dict[str, Any]) -> tuple[str, ...]:
    """Return the authors' names. Sites that hide their users have an error instead, but perhaps Yoast's data."""
    names = [
        plain(name)
        for person in _embedded(post, "author")
        if isinstance(person, dict) and (name := _text(person.get("name")))
    ]
    described_by = post.get("yoast_head_json")
    if not names and isinstance(described_by, dict):
        names = [plain(_text(described_by.get("author")))]
    return tuple(names)


def _terms(post: dict[str, Any], taxonomy: str) -> tuple[str, ...]:
    """Return the names of the post's terms, in the order of the site."""
    return tuple(
        plain(_text(term.get("name")))
        for group in _embedded(post, "wp:term")
        if isinstance(group, list)
        for term in group
        if isinstance(term, dict) and term.get("taxonomy") == taxonomy and term.get("slug") != _NO_CATEGORY
    )


def _image(post: dict[str, Any]) -> Image | None:
    """Return the featured image, in the size to show."""
    media = next((each for each in _embedded(post, "wp:featuredmedia") if isinstance(each, dict)), {})
    details = media.get("media_details")
    details = details if isinstance(details, dict) else {}
    alt = _text(media.get("alt_text")) or plain(clean(_rendered(media, "caption")))
    sizes = details.get("sizes")
    offered = [
        sized_image({**size, "type": size.get("mime_type")}, src, size.get("filesize"), alt)
        for size in (sizes.values() if isinstance(sizes, dict) else ())
        if isinstance(size, dict) and (src := _text(size.get("source_url")))
    ]
    if whole := _text(media.get("source_url")):
        offered.append(
            sized_image({**details, "type": media.get("mime_type")}, whole, details.get("filesize"), alt)
        )
    sized = [image for image in offered if image.width]
    return best_size(sized or offered) if offered else None
