"""The mail as it is shown: its own HTML in a frame without scripts, with what differs between mail programs put on.

The bytes that are sent stay what they are; only this showing is changed, and each change stands here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Look", "Wear", "policy", "worn"]

_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)
_STYLE_ATTRIBUTE = re.compile(r'(<[a-z][^<>]*?)\sstyle="[^"]*"', re.IGNORECASE)
_MEDIA = re.compile(r'\smedia="[^"]*"', re.IGNORECASE)
_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_BOTH = re.compile(r"(color-scheme\"?\s*(?::|\s+content=\")\s*)light dark", re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_FORCED = (
    "<style>html { background: #fff; filter: invert(1) hue-rotate(180deg); } "
    "img { filter: invert(1) hue-rotate(180deg); }</style>"
)


class Look(StrEnum):
    """What the mail program makes of colours. `FORCED` inverts what was made for light, as some do; an approximation."""

    LIGHT = "light"
    DARK = "dark"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class Wear:
    """How the mail is looked at."""

    look: Look = Look.LIGHT
    images: bool = True
    styles: bool = True


def worn(html: str, wear: Wear, *, folder: str, media: str) -> str:
    """`html` to show. Images below the address `folder` (the published one) are taken from `media`, so that they are seen before they are published."""
    html = html.replace(f'src="{folder}media/', f'src="{media}')
    if not wear.styles:
        html = _STYLE.sub("", html)
        while _STYLE_ATTRIBUTE.search(html):
            html = _STYLE_ATTRIBUTE.sub(r"\1", html)
    scheme = "dark" if wear.look is Look.DARK else "light"
    html = _STYLE.sub(lambda match: _decided(match[0], scheme), html)
    html = _MEDIA.sub(lambda match: _decided(match[0], scheme), html)
    html = _BOTH.sub(rf"\g<1>{scheme}", html)
    # A link would lead the frame away; in a sandbox a new window does not open.
    added = '<base target="_blank">' + (_FORCED if wear.look is Look.FORCED else "")
    return _HEAD.sub(lambda match: match[0] + added, html, count=1)


def policy(wear: Wear) -> str:
    """The Content-Security-Policy of the frame: no scripts, no forms, no frames; images from where the mail has them, or none."""
    images = "'self' http: https:" if wear.images else "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {images}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-same-origin"
    )


def _decided(css: str, scheme: str) -> str:
    """Media queries that ask for the colour scheme, answered. A width of zero or more is always so, one of zero at most never."""
    return _SCHEME.sub(
        lambda match: "(min-width: 0px)" if match[1].lower() == scheme else "(max-width: 0px)", css
    )
