"""MJML to HTML: lint, repair, compile, and look at what came out. Whatever is wrong is a TemplateError with file and line."""

import re
from collections.abc import Callable

from mjml import mjml2html

from syndication.domain.variant import split
from syndication.errors import TemplateError
from syndication.render.lines import LineTable
from syndication.render.lint import LintFinding, lint
from syndication.render.repair import repaired
from syndication.render.source import scan

__all__ = ["STYLES", "compiled"]

STYLES = 16_000  # bytes of <style>: Gmail drops a block that is longer

_SPAN = re.compile(r"at position (\d+):")
_LEFT_OVER = re.compile(
    r"</?mj-[a-z-]+|<[^<>]*(\\u\{)"
)  # an escape is text in a text, and a fault in an attribute
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_DATA = re.compile(r"(?:src|href)=\"data:")


def compiled(source: str, lines: LineTable, template: str, shown: Callable[[str], str]) -> str:
    """The HTML of rendered MJML, its tokens in place.

    `lines` says which template line made what, `template` is the outermost one, `shown` turns a template's name into its file's.
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
    """What the native code makes of it. The lint has kept out what is known to end the process: nesting without end."""
    try:
        html = native(prepared, fonts={})
    except ValueError as error:
        # The span counts bytes of the repaired text, which is the source but for longer attributes and shorter blanks.
        span = _SPAN.search(str(error))
        near = f"{where(int(span[1]))} (or near it)" if span else file
        raise TemplateError(
            f"{near}: the MJML cannot be compiled ({error}).", "Look for what is not MJML there."
        ) from error
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 -- a panic of the native code is no Exception
        raise TemplateError(
            f"{file}: the MJML compiler broke down ({error}).", "Undo the last change of the template."
        ) from None
    return html


def _report(findings: tuple[LintFinding, ...], where: Callable[[int], str]) -> TemplateError:
    first, *rest = findings
    more = f" ({len(rest)} more after it)" if rest else ""
    others = tuple(TemplateError(f"{where(each.offset)}: {each.fault}.", each.remedy) for each in rest)
    return TemplateError(f"{where(first.offset)}: {first.fault}{more}.", first.remedy, others)


def _check(html: str, file: str) -> None:
    """What only the result shows."""
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
