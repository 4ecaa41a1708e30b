"""Drawings (SVG) and formulas (MathML) in HTML, replaced by their words: no pass after this one meets another grammar than HTML's.

In both, `/>` closes an element, and `<title>` and `<style>` are ordinary elements (HTML standard §13.2.6.5).
"""

import re
from dataclasses import dataclass, field
from html import escape, unescape

ATTRIBUTES = r"""(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?+)?+)*+"""
FOREIGN = ("math", "svg")
_TOKEN = re.compile(
    rf"<!--(?:-?>|.*?(?:--!?>|\Z))|<!\[CDATA\[(?P<data>.*?)(?:\]\]>|\Z)|<[!?][^>]*+>?"
    rf"|<(?P<end>/?)(?P<tag>[a-zA-Z][^\s/>]*+)(?P<attributes>{ATTRIBUTES})(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
# HTML elements: they end a drawing or a formula that was never closed, or that holds them.
_HTML = frozenset(
    re.findall(
        r"\S+",
        """article aside b big blockquote body br button center code dd details div dl dt em embed fieldset figcaption
        figure footer form h1 h2 h3 h4 h5 h6 head header hr html i img label li main menu nav nobr ol p pre ruby s section
        small span strike strong sub summary sup table tbody td th thead tr tt u ul var""",
    )
)
_PHRASES = frozenset({"mi", "mn", "mo", "ms", "mtext", "annotation", "annotation-xml"})  # may hold HTML
_UNSHOWN = frozenset({"style", "script", "metadata", "annotation", "annotation-xml"})
# What a mail shows of an element of MathML with this many parts.
_LAYOUTS = {
    **dict.fromkeys((("msup", 2), ("mover", 2)), "{0}<sup>{1}</sup>"),
    **dict.fromkeys((("msub", 2), ("munder", 2)), "{0}<sub>{1}</sub>"),
    **dict.fromkeys((("msubsup", 3), ("munderover", 3)), "{0}<sub>{1}</sub><sup>{2}</sup>"),
    ("mfrac", 2): "({0})/({1})",
    ("mroot", 2): "<sup>{1}</sup>√({0})",
}
_LABEL = re.compile(r"""(?<![\w-])(?:aria-label|alttext)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


@dataclass(slots=True)
class _Node:
    tag: str
    label: str = ""
    children: "list[_Node | str]" = field(default_factory=list)


def read_foreign(html: str, start: int) -> tuple[str, int]:
    """Return the words of the `<svg>` or `<math>` at `start` as HTML, and where it ends. The time is linear."""
    top = _TOKEN.match(html, start)
    if top is None:
        return "", start + 1
    root = _Node(top["tag"].lower(), _label(top["attributes"]))
    position = top.end()
    if not top["attributes"].endswith("/"):
        position = _fill(root, html, position)
    if root.tag == "math":
        return _formula(root) or escape(root.label, quote=False), position
    return _drawing(root), position


def _fill(root: _Node, html: str, position: int) -> int:
    """Add everything up to the end of `root`, and return where that is."""
    opened = [root]
    while match := _TOKEN.search(html, position):
        opened[-1].children.append(unescape(html[position : match.start()]))
        tag = (match["tag"] or "").lower()
        if tag in _HTML and all(node.tag != tag for node in opened[-3:]):
            if opened[-1].tag not in _PHRASES:
                return match.start()
        elif match["data"]:
            opened[-1].children.append(match["data"])
        elif tag and match["end"]:
            above = next((n for n in range(len(opened) - 1, -1, -1) if opened[n].tag == tag), None)
            if above == 0:
                return match.end()
            if above:
                del opened[above:]
        elif tag:
            node = _Node(tag, _label(match["attributes"]))
            opened[-1].children.append(node)
            if not match["attributes"].endswith("/") and len(opened) < 100:  # noqa: PLR2004 - deeper ones are flattened
                opened.append(node)
        position = match.end()
    return len(html)


def _label(attributes: str) -> str:
    found = _LABEL.search(attributes)
    return unescape(found[1] or found[2] or "").strip() if found else ""


def _drawing(root: _Node) -> str:
    """Return a drawing's title, else its label, else the words in it."""
    titles = [child for child in root.children if isinstance(child, _Node) and child.tag == "title"]
    words = (_words(titles[0].children) if titles else "") or root.label or _words(_texts(root))
    return f" <span>{escape(words, quote=False)}</span> " if words else " "


def _texts(node: _Node) -> "list[_Node | str]":
    found: list[_Node | str] = []
    for child in node.children:
        if isinstance(child, _Node):
            found.extend([child, " "] if child.tag in {"text", "title", "foreignobject"} else _texts(child))
    return found


def _words(parts: "list[_Node | str]") -> str:
    return " ".join("".join(_text(part) for part in parts).split())


def _text(part: "_Node | str") -> str:
    if isinstance(part, str):
        return part
    return "" if part.tag in _UNSHOWN else "".join(_text(child) for child in part.children)


def _formula(node: "_Node | str") -> str:
    """Return a formula in HTML that a mail shows: raised and lowered figures, and fractions on one line."""
    if isinstance(node, str):
        return escape(" ".join(node.split()), quote=False)
    if node.tag in _UNSHOWN:
        return ""
    parts = [_formula(child) for child in node.children]
    own = [
        part for part, child in zip(parts, node.children, strict=True) if not isinstance(child, str)
    ]  # without white space
    if node.tag == "msqrt":
        return f"√({''.join(parts)})"
    if layout := _LAYOUTS.get((node.tag, len(own))):
        return layout.format(*own)
    separator = " " if node.tag in {"mtable", "mtr"} else ""
    return separator.join(parts)
