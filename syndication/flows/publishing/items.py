"""Articles as they stand in feeds: written when they are filed, kept in the store, and put together into every feed that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from syndication.domain.article import Article
from syndication.flows.app import App
from syndication.flows.publishing.channels import entries
from syndication.publish.items import Item, kept, restored, written_twice

__all__ = ["Shown", "items_of", "kept_items"]


@dataclass(frozen=True, slots=True)
class Shown:
    """An article as an item with as much text as the site shows, and as one with its summary only."""

    full: Item
    excerpt: Item


async def items_of(app: App, articles: Sequence[str]) -> list[Shown]:
    """The articles with these ids in their order, at most 500. What is not kept is written now, as in a rehearsal's copy of the store."""
    known = dict(await app.store.items.get(articles))
    missing = [article for article in articles if article not in known]
    if missing:
        found = await app.store.articles.get(missing)
        made = kept_items(app, [found[article] for article in missing])
        await app.store.items.keep(made)
        known |= made
    return [Shown(*restored(known[article])) for article in articles]


def kept_items(app: App, articles: Sequence[Article]) -> dict[str, bytes]:
    """What to keep of each, by its id."""
    both = written_twice(app.publication.language, entries(app, articles))
    return {article.id: kept(pair) for article, pair in zip(articles, both, strict=True)}
