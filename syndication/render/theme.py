"""Where templates are found, file by file: in the site's theme, then the shipped one, then the default theme.

`macros.mjml` is the theme's file, or the default's; `default/macros.mjml` is always the default's, so that a theme can build on another.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from syndication.errors import TemplateError

DEFAULT = "default"
SHOWN_FROM = "templates"  # messages show the path of a template from this folder on


def shipped_folder() -> Path:
    """Return the folder of the themes that come with the package: inside it in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / SHOWN_FROM
    return inside if inside.is_dir() else package.parent / SHOWN_FROM


def search_path(folders: Sequence[Path], theme: str) -> tuple[Path, ...]:
    """Return the folders of `theme` in each of `folders`, then those of the default theme, so that a theme overrides it file by file.

    `folders` are folders of themes, the site's first and `shipped_folder()` last. Raises TemplateError if none has the theme.
    """
    own = tuple(folder / theme for folder in folders)
    if theme in {"", "..", "."} or Path(theme).name != theme or not any(path.is_dir() for path in own):
        raise TemplateError(
            f"The theme {theme!r} is in none of the template folders.",
            f"Make the folder templates/{Path(theme).name or 'NAME'} in the site, or set email.theme to {DEFAULT!r}.",
        )
    return tuple(dict.fromkeys((*own, *(folder / DEFAULT for folder in folders))))


def find(path: Sequence[Path], file: str) -> Path | None:
    """Return the first `file` on the search path, or None."""
    return next((folder / file for folder in path if (folder / file).is_file()), None)


def fingerprint(path: Sequence[Path]) -> str:
    """Return a hex SHA-256 over the names and contents of all files on the search path: it changes whenever one of them does."""
    digest = hashlib.sha256()
    for folder in path:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(folder)}\0{content}\n".encode("utf-8", "surrogateescape"))
        digest.update(b"\0")
    return digest.hexdigest()
