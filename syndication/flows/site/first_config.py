"""The configuration of a new site: the commented one, with other values in it."""

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

from syndication.collect.offers import Offer, SiteOffers

__all__ = ["site_values", "with_alternatives", "with_values"]

Key: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = str | bool | None

_NAMES = {"feed": "feed", "wordpress": "site", "sitemap": "pages"}


def site_values(found: SiteOffers, *, allow_private: bool) -> Mapping[Key, Value]:
    """What `found` says about the newsroom, and its first offer as the source."""
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


def with_values(text: str, lines: Mapping[Key, int], values: Mapping[Key, Value]) -> str:
    """`text` with `values` in the place of its own, also of those that are commented out; None comments a key out."""
    out = text.splitlines()
    for key, value in values.items():
        index = lines[key] - 1 if key in lines else _commented(out, lines[key[:-1]], str(key[-1]))
        name = str(key[-1])
        assert re.match(rf"#?{re.escape(name)} *=", out[index]), out[index]
        out[index] = f'#{name} = ""' if value is None else f"{name} = {_toml(value)}"
    return "\n".join(out) + "\n"


def with_alternatives(text: str, others: Sequence[Offer], *, allow_private: bool) -> str:
    """`text` with `others` behind its source, as sources that are commented out."""
    if not others:
        return text
    rows = [
        "",
        "# What else the site offers. Remove the # of one to read it too: an article that both have is one article.",
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
    """Where `#name = …` stands in the table that begins on the line `table`."""
    return next(index for index in range(table, len(out)) if re.match(rf"#{re.escape(name)} *=", out[index]))


def _toml(value: Value) -> str:
    """A basic string is written as in JSON (toml.io/en/v1.0.0#string)."""
    return str(value).lower() if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


def _is_name(host: str) -> bool:
    """Whether mail can be sent from it: a name with a dot in it, no number."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and host.isascii()
    return False


def _mail_name(title: str) -> str:
    """`title` as the name before an address (RFC 5322 §3.2.4), quoted where it holds anything but letters, digits and blanks."""
    bare = re.sub(r'["\\<>@,;:()\[\]]', " ", title)
    name = " ".join(bare.split())
    return name if re.fullmatch(r"[\w -]+", name) else f'"{name}"'
