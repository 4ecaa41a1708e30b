"""How a mail is shown in the preview's frame: its own HTML without scripts, changed as mail programs change it.

The bytes that are sent stay the same. Every change for showing is made here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)
_STYLE_ATTRIBUTE = re.compile(r'(<[a-z][^<>]*?)\sstyle="[^"]*"', re.IGNORECASE)
_MEDIA = re.compile(r'\smedia="[^"]*"', re.IGNORECASE)
_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_LIGHT_AND_DARK = re.compile(r"(color-scheme\"?\s*(?::|\s+content=\")\s*)light dark", re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_FORCED = (
    "<style>html { background: #fff; filter: invert(1) hue-rotate(180deg); } "
    "img { filter: invert(1) hue-rotate(180deg); }</style>"
)


class Look(StrEnum):
    """The colour scheme of the mail program. `FORCED` inverts a light mail, as some programs do; it is an approximation."""

    LIGHT = "light"
    DARK = "dark"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What the mail program that is simulated does: its colours, and whether it shows images and styles."""

    look: Look = Look.LIGHT
    images: bool = True
    styles: bool = True


def as_shown(html: str, client: ClientOptions, *, folder: str, media: str) -> str:
    """Return `html` as `client` shows it. Images of the published `folder` (its address) come from `media`, so that they are seen before they are published."""
    html = html.replace(f'src="{folder}media/', f'src="{media}')
    if not client.styles:
        html = _STYLE.sub("", html)
        while _STYLE_ATTRIBUTE.search(html):
            html = _STYLE_ATTRIBUTE.sub(r"\1", html)
    scheme = "dark" if client.look is Look.DARK else "light"
    html = _STYLE.sub(lambda match: _with_scheme(match[0], scheme), html)
    html = _MEDIA.sub(lambda match: _with_scheme(match[0], scheme), html)
    html = _LIGHT_AND_DARK.sub(rf"\g<1>{scheme}", html)
    # A link would replace the mail in the frame; in this sandbox it does nothing, because a new window cannot open.
    added = '<base target="_blank">' + (_FORCED if client.look is Look.FORCED else "")
    return _HEAD.sub(lambda match: match[0] + added, html, count=1)


def frame_policy(client: ClientOptions) -> str:
    """Return the Content-Security-Policy of the frame: no scripts, forms or frames; images from anywhere, or none."""
    images = "'self' http: https:" if client.images else "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {images}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-same-origin"
    )


def _with_scheme(css: str, scheme: str) -> str:
    """Replace the media queries for the colour scheme by one that is always true (width from 0) or never (width up to 0)."""
    return _SCHEME.sub(
        lambda match: "(min-width: 0px)" if match[1].lower() == scheme else "(max-width: 0px)", css
    )
