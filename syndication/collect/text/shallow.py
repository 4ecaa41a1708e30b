"""A limit on the depth of HTML, applied before any real parser sees it.

HTML parsers take quadratic time in the depth (nh3: 2 s for 30,000 nested tags), and libxml2 drops what is nested deeper
than 256. This tokenizer follows the states of the HTML standard (§13.2.5) closely enough not to count a tag that is
hidden in an attribute; what it is not sure of, it leaves out. Every match consumes what it looked at, so the time is
linear.
"""

import re
from collections import Counter

MAX_DEPTH = 100
MAX_FORMATS = 20  # HTML reopens unclosed <b> and the like in every paragraph
_FEW = 20  # tags: fewer cannot nest too deep

_ATTRIBUTES = r"""(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?+)?+)*+"""
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
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
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


def shallow(html: str) -> str:
    """Return `html` without tags nested deeper than `MAX_DEPTH`, and without comments, scripts and the like."""
    if html.count("<") <= _FEW:
        return html
    out: list[str] = []
    opened: Counter[str] = Counter()
    depth = formats = position = 0
    for match in _TOKEN.finditer(html):
        # A stray "<" could form a tag with the text behind a token that is left out.
        out.append(html[position : match.start()].replace("<", "&lt;"))
        position = match.end()
        if match["raw"]:
            out.append(match["raw"] + "</iframe>" if match["name"].lower() == "iframe" else "")
        if not match["tag"]:
            continue
        tag = match["tag"].lower()
        if tag in _UNCOUNTED:
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
