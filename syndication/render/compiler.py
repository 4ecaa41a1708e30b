"""MJML to HTML: lint, repair, compile, and check the result. Each mistake is a TemplateError with file and line."""

import re
from collections.abc import Callable, Iterable

from mjml import mjml2html

from syndication.domain.variant import split
from syndication.errors import TemplateError
from syndication.render.lines import LineTable
from syndication.render.lint import LintFinding, lint
from syndication.render.source import Piece, TokenKind, scan

STYLES = 16_000  # bytes of <style>: Gmail drops a block that is longer

_SPAN = re.compile(r"at position (\d+):")

_LEFT_OVER = re.compile(r"</?mj-[a-z-]+|<[^<>]*(\\u\{)")  # an escape is a fault only inside a tag

_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)

_DATA = re.compile(r"(?:src|href)=\"data:")

_ODD = re.compile(r"[^ -\[\]-~]|\\")  # all but printable ASCII, and the backslash

_PROSE = frozenset({"mj-text", "mj-button", "mj-table", "mj-raw", "mj-navbar-link", "mj-social-element"})


def compiled(source: str, lines: LineTable, template: str, shown: Callable[[str], str]) -> str:
    """Compile rendered MJML to HTML; its tokens are kept.

    `lines` maps offsets to template lines, `template` is the outermost template, `shown` turns a template's name into that of its file.
    Raises TemplateError.
    """

    def where(offset: int) -> str:
        place = lines.at(offset)
        return f"{shown(place.template or template)}, line {place.line}"

    pieces = tuple(scan(source))
    if findings := lint(source, pieces):
        raise _report(findings, where)
    html = _html(repaired(source, pieces), where, shown(template))
    _check(html, shown(template))
    return html


def _html(
    prepared: str, where: Callable[[int], str], file: str, native: Callable[..., str] = mjml2html
) -> str:
    """Run the native compiler. Very deep nesting, which would crash the process, has been refused by the lint."""
    try:
        html = native(prepared, fonts={})
    except ValueError as error:
        # The span counts bytes of the repaired text, which differs from the source in attributes and blanks only.
        span = _SPAN.search(str(error))
        near = f"{where(int(span[1]))} (or near it)" if span else file
        raise TemplateError(
            f"{near}: the MJML cannot be compiled ({error}).", "Correct the MJML there."
        ) from error
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 -- a panic of the native code is not an Exception
        raise TemplateError(
            f"{file}: the MJML compiler crashed ({error}).", "Undo the last change of the template."
        ) from None
    return html


def _report(findings: tuple[LintFinding, ...], where: Callable[[int], str]) -> TemplateError:
    """Return the first finding with the others, each once: a loop repeats that of its line for every story."""
    found = dict.fromkeys((f"{where(each.offset)}: {each.fault}.", each.remedy) for each in findings)
    first, *others = (TemplateError(*each) for each in found)
    first.others = tuple(others)
    return first


def _check(html: str, file: str) -> None:
    """Check what can only be seen in the result."""
    try:
        split(html)
    except ValueError as error:
        raise TemplateError(
            f"{file}: {error}.", "Close each begin(…) with its end(…), the inner before the outer."
        ) from error
    if left := _LEFT_OVER.search(_STYLE.sub("", html)):
        raise TemplateError(
            f"{file}: `{left[1] or left[0]}` is left over in the compiled mail.",
            "Look for it in the template.",
        )
    if (size := sum(len(style.encode()) for style in _STYLE.findall(html))) > STYLES:
        raise TemplateError(
            f"{file}: the styles are {size:,} bytes, and Gmail drops more than {STYLES:,}.",
            "Shorten <mj-style>.",
        )
    if _DATA.search(html):
        raise TemplateError(
            f"{file}: a data: address, which mail programs do not show.",
            "Publish the image and use its address.",
        )


def repaired(source: str, pieces: Iterable[Piece] = ()) -> str:
    r"""Return `source` with LF line ends, ASCII in attributes, and the blanks between inline tags kept. `pieces` are those of `source`,
    if it has been scanned already.

    mrml prints attribute values in Rust's debug format: what that considers unprintable (a no-break space, a combining accent, Thai,
    Hindi, joined emoji), a line break or a backslash becomes an escape like `\u{a0}`. Character references are kept. A line break between
    two tags is dropped, and with it the blank between two words. A carriage return is a parse error.
    """
    if "\r" in source:
        source, pieces = source.replace("\r\n", "\n").replace("\r", "\n"), ()
    out: list[str] = []
    prose = 0
    titled = False
    for piece in pieces or scan(source):
        if piece.name in _PROSE and piece.kind in {TokenKind.OPEN, TokenKind.CLOSE}:
            prose += 1 if piece.kind is TokenKind.OPEN else -1
        out.append(
            _ODD.sub(_reference, source[piece.start : piece.end])
            if titled
            else _piece(source, piece, in_prose=prose > 0)
        )
        # mrml repeats the title in an aria-label
        titled = piece.name == "mj-title" and piece.kind is TokenKind.OPEN
    return "".join(out)


def _piece(source: str, piece: Piece, *, in_prose: bool) -> str:
    text = source[piece.start : piece.end]
    if piece.kind is TokenKind.TEXT:
        return " " if in_prose and "\n" in text and not text.strip() else text
    position = piece.start
    out: list[str] = []
    for attribute in piece.attributes:
        if attribute.value is not None:
            out += (source[position : attribute.start], _ODD.sub(_reference, attribute.value))
            position = attribute.end
    return "".join((*out, source[position : piece.end]))


def _reference(match: re.Match[str]) -> str:
    return " " if match[0] in "\n\t" else f"&#{ord(match[0])};"
