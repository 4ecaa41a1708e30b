"""The link without which a mail must not go out: a subscriber who cannot leave calls the mail spam. `compiler.py` has the other checks."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product

from syndication.domain.variant import Piece, merge, slot, split
from syndication.errors import TemplateError
from syndication.render.lines import LineTable

_MARK = "https://link.invalid/"
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(rf'<a\s(?=[^>]*href="{_MARK}")([^>]*)>(.*?)</a>', re.DOTALL | re.IGNORECASE)
_HIDDEN = re.compile(r"display:\s*none|visibility:\s*hidden|font-size:\s*0(?:px)?\s*[;\"]", re.IGNORECASE)
_WORDS = re.compile(r"<img\s(?=[^>]*alt=\"[^\"]*\S)|>[^<]*[^\s<\u200b\ufeff]")
_FLAGS = tuple(product(("named", "unnamed"), ("since", "undated"), ("chosen", "everything")))


def check_unsubscribe(
    part: str, name: str, source: Callable[[], tuple[str, LineTable]], shown: Callable[[str], str]
) -> None:
    """Raise TemplateError unless every subscriber, whatever the topics, finds the unsubscribe link in `part`, made by the template `name`.

    `source` renders the template with its lines, `shown` turns a template's name into that of its file. The error names the line of the
    slot, or the last line if there is none.
    """
    found = _linked if name.endswith(".mjml") else _printed
    if all(map(found, _copies(split(part)))):
        return
    rendered, lines = source()
    place = lines.at(offset if (offset := rendered.find(slot("unsubscribe"))) >= 0 else len(rendered))
    link = '{{ slot("unsubscribe") }}'
    what = f'a visible <a href="{link}">' if found is _linked else link
    raise TemplateError(
        f"{shown(place.template)}, line {place.line}: not every subscriber gets an unsubscribe link.",
        f"Write {what} outside begin(…) and end(…), or in both of a pair.",
    )


def _copies(pieces: tuple[Piece, ...]) -> Iterator[str]:
    """Yield the part as subscribers of each kind get it, without the regions of topics."""
    values = defaultdict(str, unsubscribe=_MARK)
    return (merge(pieces, values, flags) for flags in _FLAGS)


def _printed(text: str) -> bool:
    return _MARK in text


def _linked(html: str) -> bool:
    links = _LINK.finditer(_COMMENT.sub("", html))
    return any(not _HIDDEN.search(link[1]) and _WORDS.search(f">{link[2]}") for link in links)
