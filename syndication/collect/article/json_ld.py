"""Schema.org in JSON-LD, as news sites write it for search engines (https://schema.org/NewsArticle)."""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

from syndication.collect.article.choice import Facts
from syndication.collect.text.links import absolute, canonical
from syndication.domain.article import Image

_MARKUP = re.compile(
    r"</(?:a|b|blockquote|div|em|figure|h[1-6]|i|li|ol|p|section|span|strong|table|u|ul)\s*>|<(?:br|hr|p)\s*/?>|<img\s",
    re.IGNORECASE,
)
MAX_NODES = 5_000  # of one page
MAX_DEPTH = 30
_ARTICLE = re.compile(r"(?:.*Article|.*BlogPosting|Report|Review|.*NewsPosting)", re.IGNORECASE)
_NOT_ARTICLES = {"techarticle", "claimreview", "employerreview", "userreview"}
_GRAPHS = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "itemListElement", "item")
_BEFORE = ("<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "<![CDATA[")
_AFTER = (";", "-->", "//]]>", "// ]]>", "/*]]>*/", "]]>", "//")
_MAX_TEXT = 2_000  # characters of a field


def read_json_ld(scripts: Iterable[str], url: str) -> Facts:
    """Read the article of the page at `url` from its JSON-LD `scripts`. A broken script is skipped.

    Of several articles it is the one that names this page. If none does, they are a list, and the result is empty.
    """
    nodes = [node for script in scripts for node in _nodes(script)]
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    articles = [node for node in nodes if _kind(node)]
    here = [node for node in articles if _is_of(node, url)] or articles
    if not here or (
        len(here) > 1 and not _is_of(here[0], url) and len({_text(n, "headline", "name") for n in here}) > 1
    ):
        return Facts()
    return _facts(max(here, key=len), by_id, url)


def is_markup(text: str) -> bool:
    """Return whether `text` is HTML, and not words with a `<` in them."""
    return _MARKUP.search(text) is not None


def _nodes(script: str) -> Iterator[dict[str, Any]]:
    """Yield every object of a script that may be an article or be referenced by one."""
    try:
        found = json.loads(_bare(script), strict=False)
    except (ValueError, RecursionError):
        return
    waiting = [(found, 0)]
    seen = 0
    while waiting and seen < MAX_NODES:
        value, depth = waiting.pop()
        seen += 1
        if isinstance(value, list):
            waiting.extend((each, depth + 1) for each in reversed(value) if depth < MAX_DEPTH)
        elif isinstance(value, dict):
            yield value
            waiting.extend(
                (value[name], depth + 1) for name in reversed(_GRAPHS) if name in value and depth < MAX_DEPTH
            )


def _bare(script: str) -> str:
    """Strip the comments that once hid scripts from old browsers and from XML."""
    script = script.strip()
    for mark in _BEFORE:
        script = script.removeprefix(mark).strip()
    for mark in _AFTER:
        script = script.removesuffix(mark).strip()
    return script


def _kind(node: dict[str, Any]) -> str:
    for each in _list(node.get("@type")):
        name = str(each).rpartition("/")[2].rpartition(":")[2]
        if _ARTICLE.fullmatch(name) and name.lower() not in _NOT_ARTICLES:
            return name.lower()
    return ""


def _is_of(node: dict[str, Any], url: str) -> bool:
    entity = node.get("mainEntityOfPage")
    named = [node.get("url"), node.get("@id"), entity, entity.get("@id") if isinstance(entity, dict) else ""]
    addresses = (absolute(each.partition("#")[0], url) for each in named if isinstance(each, str))
    return any(canonical(each) == canonical(url) for each in addresses if each)


def _facts(node: dict[str, Any], by_id: dict[str, Any], url: str) -> Facts:
    image = _first(node.get("image") or node.get("thumbnailUrl"), by_id)
    entity = node.get("mainEntityOfPage")
    address = _text(node, "url") or (entity if isinstance(entity, str) else _text(entity, "@id", "url"))
    return Facts(
        kind=_kind(node),
        title=_text(node, "headline", "name"),
        authors=tuple(_names(node.get("author") or node.get("creator"), by_id)),
        published=_text(node, "datePublished", "dateCreated"),
        updated=_text(node, "dateModified"),
        section=_plain(next(iter(_list(node.get("articleSection"))), "")),
        image=_image(image, node, by_id),
        credit=_credit(image, by_id),
        tags=tuple(_tags(node.get("keywords"))),
        language=_language(node),
        url=absolute(address, url),
        site=next(iter(_names(node.get("publisher"), by_id)), ""),
        summary=_text(node, "description"),
        text="" if _is_paid(node) else _body(node.get("articleBody")),
        is_paid=_is_paid(node),
    )


def _is_paid(node: dict[str, Any]) -> bool:
    """Return whether the article or a part of it is not free: then `articleBody` is more than the page shows."""
    parts = [node, *(each for each in _list(node.get("hasPart")) if isinstance(each, dict))]
    stated = (each for part in parts for each in _list(part.get("isAccessibleForFree", "")))
    return any(str(each).strip().rpartition("/")[2].lower() in {"false", "no", "0"} for each in stated)


def _body(value: Any) -> str:
    """Return the text: as it is when it is markup, else without the entities that some sites write by mistake."""
    text = "\n".join(each for each in _list(value) if isinstance(each, str))
    return text if is_markup(text) else unescape(text)


def _first(value: Any, by_id: dict[str, Any]) -> Any:
    """Return the first of a list, or the object that a bare `@id` refers to."""
    first = next(iter(_list(value)), None)
    return by_id.get(str(first.get("@id")), first) if isinstance(first, dict) and len(first) == 1 else first


def _list(value: Any) -> list[Any]:
    """Return a value as a list, unwrapping `@list` and `@set`."""
    if isinstance(value, dict) and ("@list" in value or "@set" in value):
        value = value.get("@list", value.get("@set"))
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _plain(value: Any) -> str:
    """Return a string, unwrapping `@value`, and decoding the entities that some sites write by mistake."""
    if isinstance(value, dict):
        value = value.get("@value", value.get("name", ""))
    return unescape(value[:_MAX_TEXT]).strip() if isinstance(value, str) else ""


def _text(holder: Any, *names: str) -> str:
    if not isinstance(holder, dict):
        return ""
    return next((text for name in names for value in _list(holder.get(name)) if (text := _plain(value))), "")


def _names(value: Any, by_id: dict[str, Any]) -> Iterator[str]:
    for each in _list(value):
        found = _first(each, by_id)
        if isinstance(found, str):
            yield _plain(found)
        elif isinstance(found, dict):
            yield from (_plain(name) for name in _list(found.get("name")))


def _image(image: Any, node: dict[str, Any], by_id: dict[str, Any]) -> Image | None:
    """Return the image, but not the publisher's logo, which some sites give every article."""
    src = image if isinstance(image, str) else _text(image, "url", "contentUrl", "@id")
    publisher = _first(node.get("publisher"), by_id)
    logo = publisher.get("logo") if isinstance(publisher, dict) else None
    if not src or src == (logo if isinstance(logo, str) else _text(logo, "url", "contentUrl", "@id")):
        return None
    if isinstance(image, str):
        return Image(image)
    return Image(
        src,
        _text(image, "caption", "description", "alternateName"),
        _whole(image.get("width")),
        _whole(image.get("height")),
    )


def _credit(image: Any, by_id: dict[str, Any]) -> str:
    if not isinstance(image, dict):
        return ""
    people = image.get("creator") or image.get("author") or image.get("copyrightHolder")
    return _text(image, "creditText") or ", ".join(_names(people, by_id))


def _tags(value: Any) -> Iterator[str]:
    """Split tags at commas and semicolons. Machine tags like `Type:News` are left out."""
    for each in _list(value):
        text = _plain(each)
        parts = [text] if isinstance(value, list) and len(value) > 1 else re.split(r"[,;]", text)
        yield from (part for part in parts if not re.match(r"\w+:\S", part.strip()))


def _language(node: dict[str, Any]) -> str:
    value = next(iter(_list(node.get("inLanguage"))), "")
    return _text(value, "alternateName", "name") if isinstance(value, dict) else _plain(value)


def _whole(value: Any) -> int:
    """Return pixels, also from `"1200"`, `"1200px"` or a QuantitativeValue."""
    if isinstance(value, dict):
        value = value.get("value")
    digits = re.match(r"\s*(\d{1,6})(?:\.\d+)?\s*(?:px)?\s*$", str(value or ""))
    return int(digits[1]) if digits else 0
