"""A copy of the published folder for a dry run, which then writes only what a publish would change."""

import shutil
from contextlib import suppress
from pathlib import Path

from syndication.errors import PublishError

__all__ = ["copy_published"]


def copy_published(source: Path, target: Path) -> None:
    """Copy all files below `source`, if there is such a folder, to `target`, which is not there yet.

    Not as hard links: somebody who edits a file of the copy would edit the one that readers see. What a publish takes away meanwhile
    is left out. Raises PublishError for whatever the disk says.
    """
    if not source.is_dir():
        return
    try:
        # Files with a dot in front are those that a stopped publish left behind.
        shutil.copytree(source, target, copy_function=_copy, ignore=shutil.ignore_patterns(".*"))
    except OSError as error:  # shutil.Error, which holds several, is one too
        reason = error.strerror or "not all of its files can be read or written"
        raise PublishError(
            f"The published folder cannot be copied to {target}: {reason}.",
            "Make room on the disk, or make the folder readable.",
        ) from error


def _copy(source: str, target: str) -> None:
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)
