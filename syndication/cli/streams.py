"""The process's standard streams and its encoding, put right before anything else runs."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO


def open_standard_streams() -> None:
    """Open the descriptors 0, 1 and 2 on the null device where they are closed.

    Otherwise the first file or socket that is opened gets the number, and what is printed goes into it.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, mode, closefd=False))


def use_utf8() -> None:
    """Start again in Python's UTF-8 mode (PEP 540) where the locale has another encoding.

    Otherwise it would be the encoding of file names, and a file that other machines know by a Korean name could not be written. What is
    printed stays in the locale's.
    """
    if sys.getfilesystemencoding().lower() != "utf-8":
        os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:replace")  # noqa: TID251 - for Python itself
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - ourselves


def print_utf8() -> None:
    """Let standard output be UTF-8 from now on, whatever the locale and PYTHONIOENCODING are: programs read what follows."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


def let_go(*streams: TextIO) -> None:
    """Flush what is printed, and forget what nothing reads: Python's own exit would end with 120."""
    for stream in streams:
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
