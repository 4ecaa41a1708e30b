"""Collect and publish alone, for an operator or for a cron that keeps the feeds fresh between two editions."""

from typing import Any

from syndication.domain.text import counted
from syndication.flows.app import App
from syndication.flows.check import find_spoiled
from syndication.flows.publish import publish
from syndication.flows.report import Report

__all__ = ["run_publish"]


async def run_publish(app: App, *, full: bool = False, check: bool = False) -> dict[str, Any]:
    """Write what changed of feeds and pages, and run the upload command. With `full` make everything anew from the store; with `check`
    compare every file with what the store knows of it, and mend it.
    """
    report = Report("")
    with app.locks("collect-and-publish"):
        spoiled = await find_spoiled(app) if check else []
        await publish(app, None, report, full=full)
    changed = len(app.folder.changed)
    return {
        "feeds": report.feeds,
        "changed": changed,
        "mended": spoiled,
        "warnings": report.warnings,
        "said": f"{counted(changed, 'file')} changed in {app.folder.root}.",
    }
