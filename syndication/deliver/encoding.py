"""Transfer encodings of a part with slots: what all mails share is encoded once, so a message costs only its values and a join.

Each encoding keeps one rule at every join. Quoted-printable starts each piece at column 0, after a soft line break if necessary. Base64
carries the bytes that do not fill a group of three over to the next piece, and keeps each literal encoded for all three cases.
"""

import binascii
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Protocol, TypeAlias

from syndication.deliver.headers import one_line
from syndication.domain.variant import Piece, Region, Slot

_LINE = 76  # columns, RFC 2045 §6.7 (5) and §6.8
_SHAPES = 64  # sets of flags for which a part is kept joined; each may take as much memory as the part itself
_GROUP = 57  # bytes that fill a line of base64
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_PIECES = re.compile(rb".{1,75}")
_BAD_START = re.compile(rb"^(?:\.|From )", re.MULTILINE)
_UNTOUCHED = bytes(set(range(32, 127)) - set(b"=&<>\"'"))  # by html.escape, and by quoted-printable
_QUOTED = [b"=%02X" % byte for byte in range(256)]
_PLAIN = frozenset(range(32, 127)) - {ord("=")} | {ord("\t")}  # a space or a tab unless it ends a line
_TOKENS = [bytes((byte,)) if byte in _PLAIN else _QUOTED[byte] for byte in range(256)]

Escape: TypeAlias = Callable[[str], str]  # must not change what `html.escape` does not change


class Part(Protocol):
    """A compiled body part."""

    encoding: ClassVar[str]

    def write(self, out: list[bytes], values: Mapping[str, str], flags: Collection[str]) -> None:
        """Append the part for one recipient to `out`, in lines that end with CRLF. Raises KeyError for a slot without a value."""


def encode_part(pieces: tuple[Piece, ...], escape: Escape) -> Part:
    """Encode a part in the encoding that makes it smaller as a whole; `escape` is applied to every value (`html.escape` for HTML)."""
    pieces = _ended(_with_bytes_only(pieces))
    quoted = QuotedPart(pieces, escape)
    plain = Base64Part(pieces, escape)
    return quoted if quoted.size <= plain.size else plain


def _with_bytes_only(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Make all line ends CRLF, and drop NUL and lone surrogates, which a mail cannot contain."""
    clean: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str):
            text = _LINE_ENDS.sub("\r\n", piece).replace("\0", "")
            clean.append(text.encode("utf-8", "ignore").decode())
        else:
            clean.append(
                Region(piece.flag, _with_bytes_only(piece.pieces)) if isinstance(piece, Region) else piece
            )
    return tuple(clean)


def _ended(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Append a line end, outside of any region, if there is none: encoded data must not end in a soft line break."""
    last = pieces[-1] if pieces else ""
    return pieces if isinstance(last, str) and last.endswith("\r\n") else (*pieces, "\r\n")


@dataclass(frozen=True, slots=True)
class _Cut:
    flag: str
    steps: tuple["_Step", ...]


_Step: TypeAlias = "bytes | Slot | _Cut"
_Shape: TypeAlias = tuple[list[bytes], tuple[str, ...], tuple[str, ...]]
"""A part for one set of flags: its literals with an empty element for each slot, the slots' names in order, and each name once."""


class QuotedPart:
    """Quoted-printable (RFC 2045 §6.7). No line starts with a dot, so there is nothing to dot-stuff; nor with `From `."""

    encoding: ClassVar[str] = "quoted-printable"

    def __init__(self, pieces: tuple[Piece, ...], escape: Escape) -> None:
        self._escape = escape
        self._steps, self.size = self._compile(pieces)
        self._shapes: dict[Collection[str], _Shape] = {}

    def _compile(self, pieces: tuple[Piece, ...]) -> tuple[tuple[_Step, ...], int]:
        steps: list[_Step] = []
        size = 0
        for piece in pieces:
            if isinstance(piece, str):
                steps.append(quoted_printable(piece.encode()))
                size += len(steps[-1]) if isinstance(steps[-1], bytes) else 0
            elif isinstance(piece, Slot):
                steps.append(piece)
            else:
                inner, inner_size = self._compile(piece.pieces)
                steps.append(_Cut(piece.flag, inner))
                size += inner_size
        return tuple(steps), size

    def write(self, out: list[bytes], values: Mapping[str, str], flags: Collection[str]) -> None:
        """See `Part.write`."""
        key = frozenset(flags)
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            shape = self._shapes[key] = _shape(_chosen(self._steps, key))
        literals, slots, names = shape
        escape = self._escape
        encoded = {
            name: _plain_value(values[name]) or _quoted_value(escape(one_line(values[name])))
            for name in names
        }
        parts = literals.copy()
        parts[1::2] = map(encoded.__getitem__, slots)
        out += parts


def _chosen(steps: tuple[_Step, ...], flags: Collection[str]) -> Iterator[bytes | str]:
    """Yield the literals and the names of the slots that recipients with `flags` get."""
    for step in steps:
        if isinstance(step, bytes):
            yield step
        elif isinstance(step, Slot):
            yield step.name
        elif step.flag in flags:
            yield from _chosen(step.steps, flags)


def _shape(steps: Iterable[bytes | str]) -> _Shape:
    """Separate the literals of `steps` from the names of their slots."""
    literals: list[list[bytes]] = [[]]
    slots: list[str] = []
    for step in steps:
        if isinstance(step, bytes):
            literals[-1].append(step)
        else:
            slots.append(step)
            literals += [], []
    return [b"".join(each) for each in literals], tuple(slots), tuple(dict.fromkeys(slots))


@lru_cache(maxsize=256)  # most values are in both parts, and some in many mails
def _plain_value(value: str) -> bytes:
    """Return the same as `_quoted_value` for a value that needs at most soft breaks, in HTML and in text; empty for any other."""
    data = value.encode("utf-8", "replace")
    if data.translate(None, _UNTOUCHED) or data.endswith(b" "):
        return b""
    quoted = b"=\r\n".join([*_PIECES.findall(data), b""])
    lines = b"\n" + quoted
    return b"" if b"\n." in lines or b"\nFrom " in lines else quoted


@lru_cache(maxsize=256)
def _quoted_value(value: str) -> bytes:
    """Encode one line of text as `quoted_printable` does, in C for nearly every value."""
    data = value.encode("utf-8", "replace")
    quoted = binascii.b2a_qp(data)
    if not data or _BAD_START.search(quoted) or len(quoted) - quoted.rfind(b"\n") > _LINE:
        return quoted_printable(data)
    return quoted.replace(b"\n", b"\r\n") + b"=\r\n"


def quoted_printable(data: bytes) -> bytes:
    """Encode text with CRLF line ends, starting at column 0. It ends at column 0, too, after a soft break if need be."""
    out: list[bytes] = []
    for line in data.split(b"\r\n"):
        _quote_line(line, out)
        out.append(b"\r\n")
    out.pop()
    if not data.endswith(b"\r\n") and data:
        out.append(b"=\r\n")
    return b"".join(out)


def _quote_line(line: bytes, out: list[bytes]) -> None:
    text = b"".join(map(_TOKENS.__getitem__, line))
    if line.endswith((b" ", b"\t")):
        text = text[:-1] + _QUOTED[line[-1]]
    at = 0
    while at < len(text):
        end = at + _LINE - 1
        if text.startswith((b".", b"From "), at):
            out.append(_QUOTED[text[at]])
            at, end = at + 1, end - 2
        if end < len(text) and (token := text.rfind(b"=", end - 2, end)) >= 0:
            end = token
        out.append(text[at:end])
        at = end
        if at < len(text):
            out.append(b"=\r\n")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A literal for each number of carried bytes: the bytes that complete the carried group, the encoded lines, and the rest."""

    phases: tuple[tuple[bytes, bytes, bytes], ...]


_Base64Step: TypeAlias = "bytes | _Ready | Slot | _Base64Cut"


@dataclass(frozen=True, slots=True)
class _Base64Cut:
    flag: str
    steps: tuple[_Base64Step, ...]


class Base64Part:
    """Base64 (RFC 2045 §6.8): smaller than quoted-printable if most letters are not Latin."""

    encoding: ClassVar[str] = "base64"

    def __init__(self, pieces: tuple[Piece, ...], escape: Escape) -> None:
        self._escape = escape
        self._steps, self.size = self._compile(pieces)

    def _compile(self, pieces: tuple[Piece, ...]) -> tuple[tuple[_Base64Step, ...], int]:
        steps: list[_Base64Step] = []
        size = 0
        for piece in pieces:
            if isinstance(piece, str):
                data = piece.encode()
                steps.append(_ready(data) if len(data) > _GROUP else data)
                size += len(data) * 78 // _GROUP + 6  # a group and a line end at each join
            elif isinstance(piece, Slot):
                steps.append(piece)
            else:
                inner, inner_size = self._compile(piece.pieces)
                steps.append(_Base64Cut(piece.flag, inner))
                size += inner_size
        return tuple(steps), size

    def write(self, out: list[bytes], values: Mapping[str, str], flags: Collection[str]) -> None:
        """See `Part.write`."""
        if carried := self._write(out, self._steps, values, flags, b""):
            out.append(_lines(carried))

    def _write(
        self,
        out: list[bytes],
        steps: tuple[_Base64Step, ...],
        values: Mapping[str, str],
        flags: Collection[str],
        carried: bytes,
    ) -> bytes:
        for step in steps:
            if isinstance(step, _Ready):
                start, lines, rest = step.phases[len(carried)]
                if start:
                    out.append(_lines(carried + start))
                out.append(lines)
                carried = rest
            elif isinstance(step, _Base64Cut):
                if step.flag in flags:
                    carried = self._write(out, step.steps, values, flags, carried)
            else:
                data = step
                if isinstance(data, Slot):
                    data = self._escape(one_line(values[data.name])).encode("utf-8", "replace")
                data = carried + data
                whole = len(data) - len(data) % 3
                if whole:
                    out.append(_lines(data[:whole]))
                carried = data[whole:]
        return carried


def _ready(data: bytes) -> _Ready:
    phases = []
    for carried in range(3):
        start = -carried % 3
        end = len(data) - (len(data) - start) % 3
        phases.append((data[:start], _lines(data[start:end]), data[end:]))
    return _Ready(tuple(phases))


def _lines(data: bytes) -> bytes:
    groups = [
        binascii.b2a_base64(data[at : at + _GROUP], newline=False) for at in range(0, len(data), _GROUP)
    ]
    return b"\r\n".join([*groups, b""])
