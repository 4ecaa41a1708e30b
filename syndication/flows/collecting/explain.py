"""Explain a page: every field of its article with its value, and where it comes from. Nothing is stored."""

from dataclasses import asdict, is_dataclass, replace
from datetime import datetime
from typing import Any

from syndication.collect.text.links import is_of_site
from syndication.domain.article import Source, SourceKind
from syndication.domain.text import counted, cut, plain
from syndication.flows.app import App

__all__ = ["explain", "lines"]

_SHOWN = 200  # characters of a value on the screen


async def explain(app: App, url: str, *, allow_private: bool) -> dict[str, Any]:
    """What the page at `url` gives, read as by the source of pages that is on its site, if there is one.

    Raises CollectError when it cannot be had.
    """
    source = next(
        (each for each in app.sources if each.kind.has_pages and is_of_site(url, each.location)),
        Source("explain", SourceKind.PAGE, url),
    )
    if allow_private:
        source = replace(source, allow_private=True)
    page = await app.collector.explain(source, url, now=app.clock())
    fields = {
        name: {"value": _told(found.value, app), "origin": str(found.origin)}
        for name, found in page.fields.items()
    }
    return {
        "url": url,
        "article": page.article is not None,
        "why": page.refusal or page.doubt,
        "fields": fields,
    }


def lines(found: dict[str, Any]) -> list[str]:
    """The same for a screen, one field a line."""
    told = [
        f"{name:<10} {each['origin']:<12} {_short(name, each['value'])}"
        for name, each in found["fields"].items()
    ]
    if not found["article"]:
        return [*told, f"No article: the page {found['why']}."]
    return [*told, f"A sitemap would leave it out: the page {found['why']}."] if found["why"] else told


def _told(value: Any, app: App) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(app.publication.timezone).isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: each for name, each in asdict(value).items() if each}
    return value


def _short(name: str, value: Any) -> str:
    if name == "content":
        text = plain(value)
        return f"{counted(len(text), 'character')}: {cut(text, _SHOWN)}"
    if isinstance(value, dict):
        return ", ".join(str(each) for each in value.values())
    return cut(", ".join(value) if isinstance(value, tuple) else str(value), _SHOWN)
