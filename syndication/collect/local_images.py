"""Images copied into the publication's `media/` folder: those beside the articles of a folder, and remote ones."""

import hashlib
import io
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import imagesize

from syndication.collect.text.links import absolute
from syndication.domain.article import Image
from syndication.errors import CollectError

MAX_BYTES = 10 * 2**20
NO_IMAGE = "is not a PNG, JPEG, GIF, WebP or AVIF"
_SIGNATURES = (  # by content, not by file name. No SVG: it can contain scripts
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"GIF87a", "gif", "image/gif"),
    (b"GIF89a", "gif", "image/gif"),
)
_AVIF = (b"avif", b"avis")


class LocalImages:
    """Copies images of one source (`root`, absolute) into `media`. `warnings` has a sentence for each refused one."""

    def __init__(self, root: Path, media: Path) -> None:
        self._root = root.resolve()
        self._media = media
        self._kept: dict[str, Image] = {}  # by src
        self.warnings: list[str] = []

    def copy(self, reference: str, document: Path, base: str) -> str:
        """Copy the image that `document` refers to. Return its new `src`: `media/NAME`, or absolute, or empty.

        `base` is the article's own address, if it has one: an image that is not in the source's folder may be there.
        Raises CollectError when the media folder cannot be written.
        """
        try:
            parts = urlsplit(reference)
        except ValueError:  # a bracket that is not closed
            return ""
        if parts.scheme or parts.netloc:
            return absolute(reference)
        name = document.relative_to(self._root).as_posix()
        path = self._find(unquote(parts.path), document)
        if path is None:
            if not base:
                self.warnings.append(
                    f"{name}: the image {reference} is not in the source's folder; it is left out."
                )
            return absolute(reference, base) if base else ""
        try:
            data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
        except OSError as error:
            self.warnings.append(f"{name}: the image {reference} cannot be read: {error.strerror}.")
            return ""
        kept = keep_image(data, self._media)
        if kept is None:
            reason = NO_IMAGE if data else "is empty or larger than 10 MB"
            self.warnings.append(f"{name}: the image {reference} {reason}; it is left out.")
            return ""
        self._kept[kept.src] = kept
        return kept.src

    def image(self, src: str, alt: str) -> Image:
        """Return the image at `src` with its size and type, if it is one of the copied images."""
        known = self._kept.get(src)
        return (
            Image(src, alt, known.width, known.height, known.type, known.length) if known else Image(src, alt)
        )

    def _find(self, reference: str, document: Path) -> Path | None:
        """Return the file meant, if it is inside the source's folder: symbolic links out of it are not followed."""
        below = self._root if reference.startswith("/") else document.parent
        try:
            path = (below / reference.lstrip("/")).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            return None
        return path if path.is_relative_to(self._root) and path.is_file() else None


def keep_image(data: bytes, media: Path) -> Image | None:
    """Write an image's bytes to `media`, named by their hash, and return it as `media/NAME` with size and type.

    Returns None for anything but an image that mails can show. Raises CollectError when the folder cannot be written.
    """
    kind = _kind(data)
    if kind is None:
        return None
    suffix, media_type = kind
    name = f"{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"
    _write(media / name, data)
    width, height = imagesize.get(io.BytesIO(data))
    return Image(f"media/{name}", "", max(width, 0), max(height, 0), media_type, len(data))


def _kind(data: bytes) -> tuple[str, str] | None:
    """Return suffix and media type of an image, by its first bytes."""
    for signature, suffix, media_type in _SIGNATURES:
        if data.startswith(signature):
            return suffix, media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp", "image/webp"
    return ("avif", "image/avif") if data[4:8] == b"ftyp" and data[8:12] in _AVIF else None


def _write(path: Path, data: bytes) -> None:
    """Write atomically, unless the file exists: its name is the hash of its content."""
    if path.exists() and path.stat().st_size == len(data):
        return
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CollectError(
            f"The image {path} cannot be written: {error.strerror}.",
            "Free some space, or check the folder's permissions.",
        ) from None
