"""`syndicate init`: a site that works at once, in an empty folder; its configuration is the commented one with other values."""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

from syndication.collect.offers import Offer, SiteOffers
from syndication.domain.week import WeekKey
from syndication.errors import StoreError, UsageError

Key: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = str | bool | None

# The commented configuration is the demo newsroom's; these values make it a new site's. None comments a key out.
VALUES: Mapping[Key, Value] = {
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
_NAMES = {"feed": "feed", "wordpress": "site", "sitemap": "pages"}


def must_be_empty(folder: Path) -> None:
    """Raise UsageError for a folder with files in it, StoreError for one that cannot be read."""
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
    """Write the files of a new site and return their paths relative to `folder`. `demo` is the commented configuration, and `key_lines`
    finds the lines of its keys. Articles come from the first offer `found`, otherwise from a folder with a first one.

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
        return _with_values(demo, lines, VALUES)
    text = _with_values(demo, lines, {**VALUES, **_site_values(found, allow_private=allow_private)})
    return _with_alternatives(text, found.offers[1:], allow_private=allow_private)


def _site_values(found: SiteOffers, *, allow_private: bool) -> Mapping[Key, Value]:
    """Return what `found` gives for the newsroom, and its first offer as the source."""
    best, parts = found.offers[0], urlsplit(found.url)
    host = (parts.hostname or "").removeprefix("www.")
    values: dict[Key, Value] = {
        ("publication", "title"): found.title,
        ("publication", "url"): urlunsplit(("https", parts.netloc, parts.path or "/", "", "")),
        ("publication", "timezone"): found.timezone or "UTC",
        ("sources", 0, "name"): _NAMES[best.kind],
        ("sources", 0, "kind"): str(best.kind),
        ("sources", 0, "path"): None,
        ("sources", 0, "url"): best.url,
    }
    if found.language:
        values["publication", "language"] = found.language
    if found.logo.startswith("https://"):
        values["publication", "logo"] = found.logo
    if allow_private:
        values["sources", 0, "allow_private"] = True
    if _is_name(host):
        values["email", "from"] = f"{_mail_name(found.title)} <weekly@{host}>"
        values["web", "url"] = f"https://{host}/"
    return values


def _with_values(text: str, lines: Mapping[Key, int], values: Mapping[Key, Value]) -> str:
    """Return `text` with `values` instead of its own, commented out or not; None comments a key out."""
    out = text.splitlines()
    for key, value in values.items():
        index = lines[key] - 1 if key in lines else _commented(out, lines[key[:-1]], str(key[-1]))
        name = str(key[-1])
        assert re.match(rf"#?{re.escape(name)} *=", out[index]), out[index]
        out[index] = f'#{name} = ""' if value is None else f"{name} = {_toml(value)}"
    return "\n".join(out) + "\n"


def _with_alternatives(text: str, others: Sequence[Offer], *, allow_private: bool) -> str:
    """Return `text` with `others` after its source, commented out."""
    if not others:
        return text
    rows = [
        "",
        "# What else the site offers. Remove the # of one to read it too: an article that both have counts once.",
    ]
    for number, offer in enumerate(others, start=2):
        rows += [
            f"# {offer.said}:",
            "#[[sources]]",
            f'#name = "{_NAMES[offer.kind]}-{number}"',
            f'#kind = "{offer.kind}"',
            f"#url = {_toml(offer.url)}",
            *(["#allow_private = true"] if allow_private else []),
        ]
    out = text.splitlines()
    end = next(index for index, line in enumerate(out) if line == "[collect]")
    while not out[end - 1].strip():
        end -= 1
    return "\n".join([*out[:end], *rows, *out[end:]]) + "\n"


def _commented(out: Sequence[str], table: int, name: str) -> int:
    """Return the index of `#name = …` in the table that begins on the line `table`."""
    return next(index for index in range(table, len(out)) if re.match(rf"#{re.escape(name)} *=", out[index]))


def _toml(value: Value) -> str:
    """Return a TOML value; a basic string is written as in JSON (toml.io/en/v1.0.0#string)."""
    return str(value).lower() if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


def _is_name(host: str) -> bool:
    """Return whether mail can be sent from a host: its name has a dot and is not an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and host.isascii()
    return False


def _mail_name(title: str) -> str:
    """Return `title` as the name before an address (RFC 5322 §3.2.4), quoted unless it is letters, digits and blanks."""
    bare = re.sub(r'["\\<>@,;:()\[\]]', " ", title)
    name = " ".join(bare.split())
    return name if re.fullmatch(r"[\w -]+", name) else f'"{name}"'
