"""A file of the published folder, as a server hands it out."""

import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from syndication.domain.published import FileKind
from syndication.flows.app import App

__all__ = ["Document", "read_document"]


@dataclass(frozen=True, slots=True)
class Document:
    """`packed` is the content as gzip, None where that saves nothing; `modified` is seconds since 1970, `hash` hex SHA-256 of the content."""

    path: str
    content: bytes
    packed: bytes | None
    modified: int
    hash: str
    kind: FileKind


async def read_document(app: App, path: str) -> Document | None:
    """The file at `path` below the published folder; None for one that is not there, hidden, or outside."""
    parts = path.split("/")
    if any(not part or part.startswith(".") or "\0" in part or "\\" in part for part in parts):
        return None
    root = app.folder.root.resolve()
    target = root.joinpath(*parts).resolve()
    if not target.is_relative_to(root) or target.suffix == ".gz":
        return None
    try:
        # Files are replaced whole: what is open stays one version, whatever is published meanwhile.
        with target.open("rb") as file:
            content, modified = file.read(), int(os.fstat(file.fileno()).st_mtime)
    except (OSError, ValueError):
        return None
    kind = await app.store.manifest.kind(path)
    return Document(
        path, content, _packed(target, content), modified, hashlib.sha256(content).hexdigest(), kind
    )


def _packed(target: Path, content: bytes) -> bytes | None:
    """The `.gz` beside it, if it is of the same version (its trailer says: RFC 1952 §2.3.1)."""
    try:
        packed = target.with_name(f"{target.name}.gz").read_bytes()
    except OSError:
        return None
    trailer = zlib.crc32(content).to_bytes(4, "little") + (len(content) & 0xFFFFFFFF).to_bytes(4, "little")
    return packed if packed.endswith(trailer) else gzip.compress(content, mtime=0)
