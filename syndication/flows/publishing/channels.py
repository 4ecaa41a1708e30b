"""From the site's facts and its articles to channels and entries."""

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from syndication.domain.article import Article, SourceKind
from syndication.domain.published import TOMBSTONE
from syndication.flows.app import App
from syndication.publish.addresses import resolve
from syndication.publish.channel import Channel, EntrySource, FeedEntry, Tombstone
from syndication.publish.entries import article_entry
from syndication.publish.sitemap import own

__all__ = ["channel", "entries", "origins", "tombstones"]

MOST = 1_000  # tombstones in a feed, which has no more than 512 KiB


def channel(app: App, folder: str, what: str = "", *, withdrawn: tuple[Tombstone, ...] = ()) -> Channel:
    """The feed whose files stand in `folder` of the published one: empty, or with a slash at its end. `what` it holds, if not all."""
    facts = app.publication
    title = f"{facts.title}: {what}" if what else facts.title
    return Channel(
        id=f"tag:{facts.domain},2026:feed:{quote(folder.strip('/')) or 'articles'}",
        title=title,
        description=title,
        home=facts.url,
        url_base=facts.feeds_url + quote(folder),
        language=facts.language,
        hubs=app.feeds.hubs,
        stylesheet=f"{facts.feeds_url}feed.css",
        author=facts.title,
        tombstones=withdrawn,
    )


def entries(app: App, articles: Sequence[Article]) -> tuple[FeedEntry, ...]:
    """Return the articles as entries in the order given, with as much text as the site wants to show."""
    facts, known = app.publication, origins(app)
    return tuple(
        article_entry(resolve(each, facts), publication=facts, content=app.feeds.content, origins=known)
        for each in articles
    )


def origins(app: App) -> dict[str, EntrySource]:
    """The feeds of others that articles are taken from, by the name of the source. Only addresses that anybody may know."""
    return {
        source.name: EntrySource(source.name, source.location)
        for source in app.sources
        if source.kind is SourceKind.FEED
        and not source.allow_private
        and not own(source.location, app.publication.url)
        and not urlsplit(source.location).query
        and "@" not in urlsplit(source.location).netloc
    }


async def tombstones(app: App) -> tuple[Tombstone, ...]:
    """What was taken back in the last thirty days, the latest first."""
    now = app.clock()
    return tuple(
        Tombstone(one.article, one.at.replace(microsecond=0))
        for one in (await app.store.withdrawals.all())[:MOST]
        if now < one.at + TOMBSTONE
    )
