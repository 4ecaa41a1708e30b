"""Collect and publish alone, for an operator or for a cron that keeps the feeds fresh between two editions."""

from typing import Any

from syndication.domain.text import counted
from syndication.flows.app import App
from syndication.flows.collect import collect
from syndication.flows.publish import publish
from syndication.flows.report import Report

__all__ = ["run_collect", "run_publish"]


async def run_collect(app: App) -> dict[str, Any]:
    """Fetch the sources into the store. Raises CollectError when all failed."""
    report = Report("")
    with app.locks("collect-and-publish"):
        await collect(app, report)
    total = await app.store.articles.count()
    return {
        "articles": total,
        "warnings": report.warnings,
        "said": f"{counted(total, 'article')} in the store.",
    }


async def run_publish(app: App) -> dict[str, Any]:
    """Write feeds and pages from the store, the frozen editions' pages too, and run the upload command."""
    report = Report("")
    with app.locks("collect-and-publish"):
        await publish(app, None, report)
    changed = len(app.folder.changed)
    return {
        "feeds": report.feeds,
        "changed": changed,
        "warnings": report.warnings,
        "said": f"{changed} files changed in {app.folder.root}.",
    }
