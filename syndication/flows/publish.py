"""Publish: feeds, pages and images into the site's folder, then the user's upload command. Mail comes only after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syndication.compose.hot import linked
from syndication.domain.article import Article
from syndication.domain.frozen import FrozenEdition
from syndication.domain.hotlist import HotEntry
from syndication.domain.week import WeekKey
from syndication.flows.app import App
from syndication.flows.freeze import recent_articles
from syndication.flows.report import Report
from syndication.publish.after import run_after
from syndication.publish.channel import Channel, Entry, article_entries, hot_entries, local_images
from syndication.publish.feeds import documents
from syndication.publish.folder import collected_images
from syndication.publish.stylesheet import FEED_CSS
from syndication.render.renderer import EditionLine

__all__ = ["publish"]


async def publish(app: App, edition: FrozenEdition | None, report: Report) -> None:
    """Write what changed, run the upload command, and mark the edition published. Raises PublishError: then no mail goes out.

    Of an edition that waits for its editor nothing is written: neither its page nor its hot list.
    """
    now = app.clock()
    latest = await app.store.articles.latest(app.feeds.limit, until=now)
    own_pages = await app.store.articles.with_own_page(until=now)
    hot = await _latest_hot(app)
    _images(app, [*latest, *own_pages, *(hot.articles.values() if hot else ())], report)
    # Pages before the feeds that lead to them.
    for article in own_pages:
        app.folder.write(f"articles/{article.slug}.html", app.renderer.article_page(article).encode())
    await _archive(app)
    app.folder.write("feed.css", FEED_CSS)
    _feed(app, report, "", article_entries(latest, publication=app.publication, content=app.feeds.content))
    if hot:
        _feed(app, report, "hot/", _hot_entries(app, hot))
    app.progress.say(f"published into {app.folder.root}: {len(app.folder.changed)} files changed")
    if app.feeds.after:
        await run_after(app.feeds.after, cwd=app.site)
    if edition is not None and edition.approved_at is not None:
        await app.store.editions.mark_published(edition.key, at=now)


def _images(app: App, articles: Sequence[Article], report: Report) -> None:
    """The images of `articles`, and all others that were ever collected: old mails and archive pages show them."""
    names = {name for article in articles for name in local_images(article)}
    app.folder.copy_media(sorted(names | collected_images(app.media)), app.media)
    report.warnings.extend(
        f"The image {name} is missing: collect its article again." for name in app.folder.missing
    )


@dataclass(frozen=True, slots=True)
class _Hot:
    """The list of the edition `key`, and its articles by id."""

    key: WeekKey
    entries: tuple[HotEntry, ...]
    articles: Mapping[str, Article]


async def _latest_hot(app: App) -> _Hot | None:
    """That of the latest edition that is out; an entry gains its link when its article becomes known. None before the first edition."""
    lines = await app.store.editions.lines()
    edition = await app.store.editions.get(lines[0].key) if lines else None
    if edition is None:
        return None
    entries = edition.hot
    if not all(entry.article for entry in entries):
        entries = linked(entries, await recent_articles(app, edition.key))
    known = await app.store.articles.get([entry.article for entry in entries if entry.article])
    return _Hot(edition.key, entries, known)


def _hot_entries(app: App, hot: _Hot) -> tuple[Entry, ...]:
    ended = app.edition.cutoff.at(hot.key)
    return hot_entries(
        hot.entries, publication=app.publication, edition_key=str(hot.key), articles=hot.articles, at=ended
    )


async def _archive(app: App) -> None:
    """Every edition's page as frozen, and their index."""
    lines = await app.store.editions.lines()
    for line in lines:
        edition = await app.store.editions.get(line.key)
        if edition is not None:
            app.folder.write(f"archive/{line.key}.html", edition.page.encode())
    shown = [
        EditionLine(str(line.key), line.number, line.day, line.subject, f"{line.key}.html") for line in lines
    ]
    app.folder.write("archive/index.html", app.renderer.archive_page(shown).encode())


def _feed(app: App, report: Report, below: str, entries: Sequence[Entry]) -> None:
    for name, data in documents(_channel(app, below), entries).items():
        app.folder.write(below + name, data)
        report.feeds.append(str(app.folder.root / below / name))


def _channel(app: App, below: str) -> Channel:
    """The feed whose files stand in the folder `below` the published one: all articles, or the hot list."""
    facts = app.publication
    title = f"{facts.title}: {app.renderer.label('Weekly hot')}" if below else facts.title
    return Channel(
        id=f"tag:{facts.domain},2026:feed:{below.strip('/') or 'articles'}",
        title=title,
        description=title,
        home=facts.url,
        url_base=facts.feeds_url + below,
        language=facts.language,
        stylesheet=f"{facts.feeds_url}feed.css",
        author=facts.title,
    )
