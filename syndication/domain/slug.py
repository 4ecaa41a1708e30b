"""Slugs: names for addresses and files, made from untrusted text.

A slug has letters and digits of any script, their marks, and hyphens. It has no dot, slash or control character, so nothing from a feed
ever becomes a path.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection

from syndication.domain.text import boundaries

LIMIT = 60  # bytes of UTF-8

# Windows opens a device for these, with any suffix.
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
# Letters and marks by category, but invisible: Hangul fillers, the grapheme joiner, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_DROPPED = re.compile(
    "['\u2019\u00ad\u200b-\u200d\u2060\ufeff]"
)  # within a word: don't becomes dont, not don-t


def slugify(text: str) -> str:
    """Return `text` in lower case with hyphens between its words, NFC, 1 to 60 bytes; a short hash if nothing is left of it."""
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    kept = "".join(map(_kept, _DROPPED.sub("", _INVISIBLE.sub(" ", lowered))))
    kept = re.sub(r"-+", "-", _without_stray_marks(kept))
    slug = _shortened(unicodedata.normalize("NFC", kept).strip("-"), LIMIT)
    if not slug:
        return _hash(text)
    return f"{slug}-{_hash(slug)}" if _RESERVED.fullmatch(slug) else slug


def unique_slug(text: str, taken: Collection[str], seed: str) -> str:
    """Return `slugify(text)`, with a short hash of `seed` (for example the content's hash) if that slug is taken. Deterministic."""
    slug = slugify(text)
    attempt = seed
    while slug in taken:
        suffix = f"-{_hash(attempt)}"
        slug = _shortened(slugify(text), LIMIT - len(suffix)) + suffix
        attempt += "+"
    return slug


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    return character if category[0] in "LM" or category == "Nd" else "-"


def _without_stray_marks(text: str) -> str:
    """Drop marks without a letter before them: they would combine with the hyphen."""
    out: list[str] = []
    for character in text:
        if unicodedata.category(character)[0] == "M" and (not out or out[-1] == "-"):
            continue
        out.append(character)
    return "".join(out)


def _shortened(slug: str, limit: int) -> str:
    if len(slug.encode()) <= limit:
        return slug
    end = 0
    for boundary in boundaries(slug):
        if len(slug[:boundary].encode()) > limit:
            break
        end = boundary
    return slug[:end].strip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
