"""Publish: feeds, pages and images into the site's folder, then the user's upload command. Mail comes only after."""

from datetime import datetime

from syndication.domain.article import Article
from syndication.domain.frozen import FrozenEdition
from syndication.flows.app import App
from syndication.flows.report import Report
from syndication.publish.after import run_after
from syndication.publish.channel import Channel, article_entries, hot_entries, resolve
from syndication.publish.feeds import documents

__all__ = ["publish"]


async def publish(app: App, edition: FrozenEdition | None, report: Report, *, upload: bool = True) -> None:
    """Write what changed, run `publish.after`, and mark the edition published. Raises PublishError; then no mail goes out."""
    now = app.clock()
    articles = [resolve(article, app.publication) for article in await app.store.articles.latest(app.feeds.limit, until=now)]
    _feed(app, report, "", articles_channel(app), article_entries(articles, publication=app.publication, content=app.feeds.content))
    await _hot_feed(app, report)
    await _article_pages(app, now)
    if edition is not None:
        app.folder.write(f"archive/{edition.key}.html", edition.page.encode())
    lines = await app.store.editions.lines()
    app.folder.write("archive/index.html", app.renderer.archive_page(lines).encode())
    app.progress.say(f"published into {app.folder.root}: {len(app.folder.changed)} files changed")
    if upload and app.feeds.after:
        await run_after(app.feeds.after, cwd=app.site)
    if edition is not None:
        await app.store.editions.mark_published(edition.key, now)


def articles_channel(app: App) -> Channel:
    """The feed of all articles."""
    publication = app.publication
    return Channel(
        id=f"tag:{publication.domain},2026:feed:articles",
        title=publication.title,
        description=publication.title,
        home=publication.url,
        url_base=publication.feeds_url,
        language=publication.language,
    )


def hot_channel(app: App) -> Channel:
    """The feed of the hot list."""
    publication = app.publication
    title = f"{publication.title}: {app.renderer.label('Weekly hot')}"
    return Channel(
        id=f"tag:{publication.domain},2026:feed:hot",
        title=title,
        description=title,
        home=publication.url,
        url_base=f"{publication.feeds_url}hot/",
        language=publication.language,
    )


async def _hot_feed(app: App, report: Report) -> None:
    latest = await app.store.editions.latest_hot()
    if latest is None:
        return
    key, at, hot = latest
    known = await app.store.articles.get([entry.article for entry in hot if entry.article])
    entries = hot_entries(
        hot,
        publication=app.publication,
        edition_key=str(key),
        articles={id_: resolve(article, app.publication) for id_, article in known.items()},
        at=at,
    )
    _feed(app, report, "hot/", hot_channel(app), entries)


def _feed(app: App, report: Report, folder: str, channel: Channel, entries: tuple) -> None:
    for name, data in documents(channel, entries).items():
        app.folder.write(folder + name, data)
        report.feeds.append(str(app.folder.root / (folder + name)))


async def _article_pages(app: App, now: datetime) -> None:
    """Pages for the articles whose source gives them no URL, and every local image that any article shows."""
    media: set[str] = set()

    def page(article: Article) -> None:
        app.folder.write(f"articles/{article.slug}.html", app.renderer.article_page(resolve(article, app.publication)).encode())

    async for article in app.store.articles.published(until=now):
        media.update(local_images(article))
        if not article.url:
            page(article)
    app.folder.copy_media(sorted(media), app.media)
