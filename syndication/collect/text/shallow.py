"""A limit on the depth of HTML, applied before any real parser sees it.

HTML parsers take quadratic time in the depth (nh3: 2 s for 30,000 nested tags), and libxml2 drops what is nested deeper
than 256. This tokenizer follows the states of the HTML standard (§13.2.5) closely enough not to count a tag that is
hidden in an attribute; what it is not sure of, it leaves out. Every match consumes what it looked at, so the time is
linear.
"""

import re
from collections import Counter
from html import escape

from syndication.collect.text.foreign import ATTRIBUTES as _ATTRIBUTES
from syndication.collect.text.foreign import FOREIGN, read_foreign

MAX_DEPTH = 100
MAX_FORMATS = 20  # HTML reopens unclosed <b> and the like in every paragraph
_FEW = 20  # tags: fewer cannot nest too deep
_SPECIAL = re.compile(r"<(?:math|noscript|plaintext|script|svg|xmp)\b", re.IGNORECASE)

# Elements whose content is not markup.
_RAW = "iframe|noembed|noframes|noscript|script|style|textarea|title|xmp|plaintext"
_TOKEN = re.compile(
    rf"<!--(?:-?>|.*?(?:--!?>|\Z))|<[!?][^>]*+>?|</(?![a-zA-Z])[^>]*+>?"
    rf"|(?P<raw><(?P<name>{_RAW})(?=[\s/>]){_ATTRIBUTES}(?:>|\Z)).*?(?:</(?P=name)(?=[\s/>]){_ATTRIBUTES}(?:>|\Z)|\Z)"
    rf"|<(?P<end>/?)(?P<tag>[a-zA-Z][^\s/>]*+){_ATTRIBUTES}(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_VOID = {
    "area",
    "base",
    "basefont",
    "bgsound",
    "br",
    "col",
    "embed",
    "frame",
    "hr",
    "img",
    "input",
    "keygen",
    "link",
    "meta",
    "param",
    "source",
    "track",
    "wbr",
}
_TABLE = {"tr", "td", "th", "tbody", "thead", "tfoot", "colgroup"}
# Closed by the next of their kind.
_UNCOUNTED = {*_VOID, *_TABLE, "p", "li", "dt", "dd", "option", "rp", "rt"}
_FORMATS = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}


# A picture for browsers without scripts, which loads the others later.
_PICTURE = re.compile(rf"<img(?=[\s/])({_ATTRIBUTES})(?:>|\Z)", re.IGNORECASE)


def shallow(html: str, *, drawings: bool = True) -> str:
    """Return `html` without tags nested deeper than `MAX_DEPTH`, and without comments, scripts and the like.

    Drawings and formulas become their words; without `drawings`, drawings are left out: those of a page's furniture are icons.
    """
    if html.count("<") <= _FEW and not _SPECIAL.search(html):
        return html
    out: list[str] = []
    opened: Counter[str] = Counter()
    depth = formats = position = 0
    while match := _TOKEN.search(html, position):
        # A stray "<" could form a tag with the text behind a token that is left out.
        out.append(html[position : match.start()].replace("<", "&lt;"))
        position = match.end()
        if match["raw"]:
            out.append(_raw(match))
        if not match["tag"]:
            continue
        tag = match["tag"].lower()
        if tag in FOREIGN and not match["end"]:
            words, position = read_foreign(html, match.start())
            out.append(words if drawings or tag != "svg" else " ")
        elif tag in _UNCOUNTED:
            out.append(match[0])
        elif match["end"]:
            if opened[tag]:
                opened[tag] -= 1
                depth -= 1
                formats -= tag in _FORMATS
                out.append(match[0])
        elif depth < MAX_DEPTH and (tag not in _FORMATS or formats < MAX_FORMATS):
            opened[tag] += 1
            depth += 1
            formats += tag in _FORMATS
            out.append(match[0])
    out.append(html[position:].replace("<", "&lt;"))
    return "".join(out)


def _raw(match: re.Match[str]) -> str:
    """Return what a visitor sees of an element whose content is not markup; for `<noscript>`, the pictures."""
    name, whole = match["name"].lower(), match[0]
    if name == "iframe":
        return match["raw"] + "</iframe>"
    if name == "noscript":
        return "".join(f"<img data-noscript {each[1]}>" for each in _PICTURE.finditer(whole))
    if name in {"plaintext", "xmp"}:
        text = whole[len(match["raw"]) :]
        end = text.lower().rfind(f"</{name}") if name == "xmp" else -1
        return f"<pre>{escape(text[:end] if end >= 0 else text, quote=False)}</pre>"
    return ""
