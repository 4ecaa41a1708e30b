"""Articles as feeds show them: written when they are filed, kept in the store, and put into every feed that shows them."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from syndication.domain.article import Article, SourceKind
from syndication.flows.app import App
from syndication.publish.addresses import resolve
from syndication.publish.channel import EntrySource
from syndication.publish.characters import uri
from syndication.publish.entries import article_entry
from syndication.publish.items import Item, kept, restored, written_twice
from syndication.publish.sitemap import same_site


async def items_of(app: App, articles: Sequence[str]) -> tuple[list[Item], list[Item]]:
    """Return the articles with these ids, at most 500, in their order: with as much text as the site shows, and with summaries only.

    An item that is not kept yet is written now: a rehearsal's store has none.
    """
    known = dict(await app.store.items.get(articles))
    missing = [article for article in articles if article not in known]
    if missing:
        found = await app.store.articles.get(missing)
        made = kept_items(app, [found[article] for article in missing])
        await app.store.items.keep(made)
        known |= made
    pairs = [restored(known[article]) for article in articles]
    return [full for full, _ in pairs], [excerpt for _, excerpt in pairs]


def kept_items(app: App, articles: Sequence[Article]) -> dict[str, bytes]:
    """Return what the store keeps of each article, by its id."""
    facts, known = app.publication, origins(app)
    entries = [
        article_entry(resolve(each, facts), publication=facts, content=app.feeds.content, origins=known)
        for each in articles
    ]
    pairs = written_twice(facts.language, entries)
    return {article.id: kept(pair) for article, pair in zip(articles, pairs, strict=True)}


def origins(app: App) -> dict[str, EntrySource]:
    """Return the feeds of other sites that articles are from, by the name of the source. Private addresses are left out."""
    return {
        source.name: EntrySource(source.name, uri(source.location))
        for source in app.sources
        if source.kind is SourceKind.FEED
        and not source.allow_private
        and not same_site(source.location, app.publication.url)
        and not urlsplit(source.location).query
        and "@" not in urlsplit(source.location).netloc
    }
