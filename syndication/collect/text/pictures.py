"""Choose among the sizes that a picture is offered in."""

import re
from collections.abc import Mapping
from typing import Any

from syndication.domain.article import Image

_CANDIDATE = re.compile(r"(\S*[^\s,])(?:\s+([\d.]+)([wxh]))?[^,]*(?:,|$)")
_MAX_SRCSET = 4_000  # characters
SERVED = 1200  # pixels: an image 600 wide on a screen of double density


def best_size(offered: list[Image]) -> Image:
    """Return the widest image up to `SERVED`, the first of equals; the first of all if its width is unknown."""
    fits = [image for image in offered if image.width <= SERVED]
    if not offered[0].width:
        return offered[0]
    return max(fits, key=lambda each: each.width) if fits else min(offered, key=lambda each: each.width)


def best_candidate(srcset: str) -> str:
    """Return the address in a `srcset` to show, or an empty string."""
    found = [
        Image(address, width=int(float(size)) if unit == "w" and size.count(".") < 2 else 0)  # noqa: PLR2004 - no number
        for address, size, unit in _CANDIDATE.findall(srcset[:_MAX_SRCSET])
    ]
    return best_size(found).src if found else ""


def sized_image(media: Mapping[str, Any], src: str, length: object, alt: str = "") -> Image:
    """Return an image with the `width`, `height` and `type` of `media`, and `length` in bytes; 0 for what is not a number."""
    width, height, size = (_whole(value) for value in (media.get("width"), media.get("height"), length))
    return Image(src, alt, width, height, str(media.get("type") or ""), size)


def _whole(value: object) -> int:
    text = str(value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0  # noqa: PLR2004 - under a terabyte
