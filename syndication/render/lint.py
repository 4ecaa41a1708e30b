"""Finds mistakes in MJML that the compiler ignores silently, or answers with a byte offset or a crash of the process."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from syndication.render.source import Piece, TokenKind, scan
from syndication.render.vocabulary import ATTRIBUTES, PARENTS

DEPTH = 64  # nested tags; mrml recurses, and thousands end the process without an error

_PX_LIST = re.compile(r"-?[0-9]+(?:\.[0-9]+)?px(?: -?[0-9]+(?:\.[0-9]+)?px){0,3}")
_ZERO = re.compile(r"0+(?:\.0+)?(?:px|%|em)?")
_LENGTH = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:px|%)")
_SHORT_COLOUR = re.compile(r"#(?![0-9a-fA-F]{6}\b)[0-9a-fA-F]{3,}\b")
_NOT_A_COLOUR = frozenset({"href", "src", "alt", "title", "background-url", "name", "usemap", "srcset", "id"})


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One mistake: its offset in the rendered MJML, what it is, and what to do."""

    offset: int
    fault: str
    remedy: str


@dataclass(slots=True)
class _State:
    """The tags that are open, and the level of the last heading."""

    open: list[Piece] = field(default_factory=list)
    heading: int = 0

    def inside(self, name: str) -> bool:
        return any(piece.name == name for piece in self.open)

    @property
    def parent(self) -> str:
        return self.open[-1].name if self.open else ""


def lint(source: str, pieces: Iterable[Piece] = ()) -> tuple[LintFinding, ...]:
    """Return the findings in rendered MJML, in order. `pieces` are those of `source`, if it has been scanned already."""
    state = _State()
    findings: list[LintFinding] = []
    for piece in pieces or scan(source):
        text = source[piece.start : piece.end]
        start = piece.end - len(text.lstrip())  # of a text, its first word
        findings.extend(LintFinding(start, *fault) for fault in _faults(source, piece, state))
        if len(state.open) > DEPTH:
            fault = f"tags are nested deeper than {DEPTH}", "Remove the tags that are not needed."
            return (*findings, LintFinding(piece.start, *fault))
    findings.extend(
        LintFinding(piece.start, f"<{piece.name}> is never closed", f"Add </{piece.name}>.")
        for piece in state.open
    )
    if not state.heading:
        findings.append(LintFinding(0, "the mail has no <h1>", "Make its title an <h1>."))
    return tuple(findings)


_Fault = tuple[str, str]
_TEXT_HOLDERS = frozenset({"mj-text", "mj-button", "mj-table", "mj-title", "mj-preview", "mj-style"})


def _faults(source: str, piece: Piece, state: _State) -> Iterator[_Fault]:
    match piece.kind:
        case TokenKind.OPEN | TokenKind.VOID:
            for rule in _RULES:
                yield from rule(piece, state)
            if piece.kind is TokenKind.OPEN:
                state.open.append(piece)
        case TokenKind.CLOSE:
            yield from _closed(piece, state)
        case TokenKind.STRAY:
            rest = source[piece.start : piece.start + 20].split("\n", maxsplit=1)[0]
            remedy = "Write &lt; for a less-than sign, and quote every attribute."
            yield f"`{rest}` is not a tag that can be read", remedy
        case TokenKind.CDATA:
            yield "a CDATA section, which the compiler cannot read", "Write the text with &lt; and &amp;."
        case TokenKind.COMMENT if state.inside("mj-attributes"):
            fault = "a comment inside <mj-attributes>, which the compiler cannot read"
            yield fault, "Write it as {# … #}."
        case TokenKind.TEXT if state.parent in PARENTS and state.parent not in _TEXT_HOLDERS:
            if source[piece.start : piece.end].strip():
                fault = f"text directly in <{state.parent}>, where it is lost"
                yield fault, "Put it in an <mj-text>, a token in an <mj-raw>."
        case _:
            pass


def _closed(piece: Piece, state: _State) -> Iterator[_Fault]:
    if not state.open:
        yield f"</{piece.name}> closes nothing", "Remove it."
    elif state.parent == piece.name:
        state.open.pop()
    else:
        yield f"</{piece.name}> where <{state.parent}> is open", f"Write </{state.parent}> first."
        if state.inside(piece.name):
            while state.open.pop().name != piece.name:
                pass


def _tag(piece: Piece, state: _State) -> Iterator[_Fault]:
    name = piece.name
    if name == "mj-include":
        yield "<mj-include> is not supported", "Use {% include %} of Jinja."
    elif name.startswith("mj") and name not in ATTRIBUTES:
        yield f"<{name}> is not an MJML tag", "Correct its name; the compiler would drop it silently."
    elif (parents := PARENTS.get(name)) and state.parent not in parents:
        yield (
            f"<{name}> is in <{state.parent}>",
            f"Put it in <{'> or <'.join(sorted(parents - {'mj-attributes'}))}>.",
        )


def _attributes(piece: Piece, state: _State) -> Iterator[_Fault]:
    known = ATTRIBUTES.get(piece.name)
    if known is None or state.parent == "mj-attributes":
        return
    for attribute in piece.attributes:
        if attribute.name not in known:
            yield (
                f"<{piece.name}> has no attribute {attribute.name}",
                "Correct its name, or style it by its css-class.",
            )


def _values(piece: Piece, state: _State) -> Iterator[_Fault]:
    del state
    if not piece.name.startswith("mj"):
        return
    for attribute in piece.attributes:
        name, value = attribute.name, attribute.value or ""
        if "padding" in name and _miscounted(name, value):
            yield (
                f'{name}="{value}" gives Outlook wrong widths',
                "Write each length of it in px, 0px for 0, with one blank between two.",
            )
        if name == "width" and not _LENGTH.fullmatch(value):
            yield f'width="{value}" is lost', "Write it in px or %; a width cannot have a token."
        if name not in _NOT_A_COLOUR and _SHORT_COLOUR.search(value):
            yield f'{name}="{value}" is a colour that Outlook does not know', "Write six hexadecimal digits."
        if name == "mj-class" and len(value.split()) > 1:
            yield (
                f'mj-class="{value}" names two classes, and only the first counts',
                "Merge them into one class.",
            )
        if name == "inline" and piece.name == "mj-style":
            yield "<mj-style inline> is not inlined", "Write the styles in the tags."


def _miscounted(name: str, value: str) -> bool:
    """Return whether mrml miscounts the width that a padding leaves: unless all of it is in px, it ignores the padding, which is right
    only if its left and right are zero. It does not count the top and the bottom.
    """
    if name.endswith(("-top", "-bottom")) or _PX_LIST.fullmatch(value):
        return False
    sides = value.split()
    across = sides[1::2] or sides  # of one, two, three or four lengths
    return name.endswith(("-left", "-right")) or not sides or not all(map(_ZERO.fullmatch, across))


def _alternative(piece: Piece, state: _State) -> Iterator[_Fault]:
    image = piece.name == "img" or (
        piece.name in {"mj-image", "mj-social-element"} and state.parent != "mj-attributes"
    )
    if image and piece.value("alt") is None:
        yield f"<{piece.name}> has no alt", 'Describe what it shows; alt="" for an ornament.'


def _headings(piece: Piece, state: _State) -> Iterator[_Fault]:
    if not re.fullmatch("h[1-6]", piece.name):
        return
    level = int(piece.name[1])
    if level == 1 and state.heading:
        yield "a second <h1>", "Make it an <h2>."
    elif level > state.heading + 1:
        yield (
            f"<h{level}> comes after <h{state.heading}>"
            if state.heading
            else f"<h{level}> is the first heading",
            "Skip no level.",
        )
    state.heading = level


_RULES: tuple[Callable[[Piece, _State], Iterator[_Fault]], ...] = (
    _tag,
    _attributes,
    _values,
    _alternative,
    _headings,
)
