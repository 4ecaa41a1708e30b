"""`syndicate init`: a site that works at once, in an empty folder."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from syndication.collect.offers import SiteOffers
from syndication.domain.week import WeekKey
from syndication.errors import StoreError, UsageError
from syndication.flows.site.first_config import site_values, with_alternatives, with_values

__all__ = ["must_be_empty", "new_site"]

Key: TypeAlias = tuple[str | int, ...]

# The demo newsroom's configuration is the commented text; these values make it a site of its own. None comments a key out.
VALUES: Mapping[Key, str | bool | None] = {
    ("publication", "title"): "My Newsroom",
    ("publication", "url"): "https://newsroom.example/",
    ("publication", "language"): "en",
    ("publication", "timezone"): "UTC",
    ("publication", "address"): "1 Example Street, Example City",
    ("sources", 0, "path"): "articles",
    ("sources", 0, "section"): None,
    ("hot", "kind"): "source",
    ("hot", "path"): None,
    ("email", "from"): "My Newsroom <weekly@newsroom.example>",
    ("smtp", "url"): "outbox:var/outbox",
    ("web", "url"): "https://newsroom.example/",
}

WELCOME = """\
---
title: Welcome to your newsroom
section: News
author: The desk
date: {day}
summary: This is the first article of a new site. Replace it with your own.
---

Every Markdown file in this folder is an article. The lines between the dashes say what it is called, when it was published
(`date: 2026-11-20 09:30`) and which section it belongs to; without a date it counts from when it was first collected.

Put the next one beside it, run `syndicate run --weekly --dry-run`, and look at what would go out.
"""

TEMPLATES = """\
Files here go before the shipped theme's, one by one: `syndicate templates list` shows them, `syndicate templates copy NAME` puts one here
to change. Delete it to get the shipped one back.
"""

IGNORED = "var/\nfeeds/\n"


def must_be_empty(folder: Path) -> None:
    """Raises UsageError for a folder with files in it, StoreError for one that cannot be read."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder} is not an empty folder.", "Give the name of a new one: syndicate init DIR."
            )
    except OSError as error:
        raise StoreError(f"{folder} cannot be read ({error.strerror}).", "Choose another folder.") from error


def new_site(
    folder: Path,
    demo: str,
    key_lines: Callable[[str], Mapping[Key, int]],
    now: datetime,
    found: SiteOffers | None = None,
    *,
    allow_private: bool = False,
) -> tuple[Path, ...]:
    """Write the files of a new site and return their paths relative to `folder`. `demo` is the commented configuration, `key_lines`
    finds its keys. Its articles come from the first offer of what was `found`, else from a folder with one to begin with.

    Raises UsageError for a folder with files in it, StoreError when it cannot be written.
    """
    must_be_empty(folder)
    articles = {}
    if found is None:
        last_week = (
            WeekKey.of(now.date()).shifted(-1).monday()
        )  # so that the first run has an article to show
        articles[Path("articles/welcome.md")] = WELCOME.replace("{day}", f"{last_week} 09:00")
    files = {
        Path("config/syndicate.toml"): _config(demo, key_lines(demo), found, allow_private=allow_private),
        **articles,
        Path("templates/README.md"): TEMPLATES,
        Path(".gitignore"): IGNORED,
    }
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written ({error.strerror}).", "Choose a folder that can."
        ) from error
    return tuple(files)


def _config(demo: str, lines: Mapping[Key, int], found: SiteOffers | None, *, allow_private: bool) -> str:
    if found is None:
        return with_values(demo, lines, VALUES)
    text = with_values(demo, lines, {**VALUES, **site_values(found, allow_private=allow_private)})
    return with_alternatives(text, found.offers[1:], allow_private=allow_private)
