"""Where the repository is, and which files are in it."""

import subprocess
from pathlib import Path

import pytest

__all__ = ["ROOT", "tracked"]

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> list[Path]:
    """The tracked files that are here; a test that needs them has nothing to say about an unpacked source archive."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
