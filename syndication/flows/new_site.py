"""`syndicate init`: a site that works at once, in an empty folder."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from syndication.domain.week import WeekKey
from syndication.errors import StoreError, UsageError

__all__ = ["new_site"]

# The demo newsroom's configuration is the commented text; these values make it a site of its own. None comments a key out.
VALUES: Mapping[tuple[str | int, ...], str | None] = {
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


def new_site(
    folder: Path,
    demo: str,
    key_lines: Callable[[str], Mapping[tuple[str | int, ...], int]],
    now: datetime,
) -> tuple[Path, ...]:
    """Write the files of a new site and return their paths relative to `folder`. `demo` is the commented configuration, `key_lines`
    finds its keys. Raises UsageError for a folder with files in it, StoreError when it cannot be written.
    """
    last_week = WeekKey.of(now.date()).shifted(-1).monday()  # so that the first run has an article to show
    files = {
        Path("config/syndicate.toml"): _with_values(demo, key_lines(demo)),
        Path("articles/welcome.md"): WELCOME.replace("{day}", f"{last_week} 09:00"),
        Path("templates/README.md"): TEMPLATES,
        Path(".gitignore"): IGNORED,
    }
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder} is not an empty folder.", "Give the name of a new one: syndicate init DIR."
            )
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written ({error.strerror}).", "Choose a folder that can."
        ) from error
    return tuple(files)


def _with_values(text: str, lines: Mapping[tuple[str | int, ...], int]) -> str:
    out = text.splitlines()
    for key, value in VALUES.items():
        index = lines[key] - 1
        name = re.escape(str(key[-1]))
        assert re.match(rf"{name} *=", out[index]), out[index]
        out[index] = f'#{key[-1]} = ""' if value is None else f'{key[-1]} = "{value}"'
    return "\n".join(out) + "\n"
