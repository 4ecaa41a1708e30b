"""Explain a page: every field of its article with its value, and where it comes from. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime
from typing import Any

from syndication.collect.text.links import is_of_site
from syndication.domain.article import Source, SourceKind
from syndication.flows.app import App

__all__ = ["ExplainedField", "ExplainedPage", "explain_page"]


@dataclass(frozen=True, slots=True)
class ExplainedField:
    """A field's value, times in the publication's zone, and where on the page it comes from."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class ExplainedPage:
    """What a page gives; `why` it is not an article, or not one for a sitemap."""

    url: str
    article: bool
    why: str
    fields: Mapping[str, ExplainedField]


async def explain_page(app: App, url: str, *, allow_private: bool) -> ExplainedPage:
    """Fetch the page at `url`, read it as the source of pages on its site does, if there is one, and return what it gives.

    Raises CollectError when it cannot be fetched.
    """
    source = next(
        (each for each in app.sources if each.kind.has_pages and is_of_site(url, each.location)),
        Source("explain", SourceKind.PAGE, url),
    )
    if allow_private:
        source = replace(source, allow_private=True)
    page = await app.collector.explain(source, url, now=app.clock())
    fields = {
        name: ExplainedField(_value(found.value, app), str(found.origin))
        for name, found in page.fields.items()
    }
    return ExplainedPage(url, page.article is not None, page.refusal or page.doubt, fields)


def _value(value: Any, app: App) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(app.publication.timezone).isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: each for name, each in asdict(value).items() if each}
    return value
