"""Copies of other sites' images: what a mail and the archive show then stays, and its reader calls on no other server."""

import asyncio
from dataclasses import replace

from syndication.domain.article import Article
from syndication.domain.edition import Edition
from syndication.errors import CollectError
from syndication.flows.app import App
from syndication.flows.report import Report
from syndication.publish.addresses import resolve

__all__ = ["with_copied_images"]


async def with_copied_images(app: App, edition: Edition, report: Report) -> Edition:
    """`edition` with our copies of the images it shows: the lead's, and that of each section's first story. One that cannot be had is
    a warning, and stays where it is.
    """
    first = (edition.lead, *(section.stories[0] for section in edition.sections if section.stories))
    shown = iter(await asyncio.gather(*(_copied(app, article, report) for article in first)))
    return replace(
        edition,
        lead=next(shown),
        sections=tuple(
            replace(section, stories=(next(shown), *section.stories[1:])) if section.stories else section
            for section in edition.sections
        ),
    )


async def _copied(app: App, article: Article, report: Report) -> Article:
    image = article.image
    if image is None or image.src.startswith(app.publication.feeds_url):
        return article
    private = any(source.allow_private for source in app.sources if source.name == article.source)
    try:
        copy = await app.collector.copy_image(image, now=app.clock(), allow_private=private)
    except CollectError as error:
        report.warnings.append(f"The image of {article.title!r} was not copied: {error.message}")
        return article
    return resolve(replace(article, image=copy), app.publication)
