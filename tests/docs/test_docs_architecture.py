"""The table "Where do I change …?" names files and functions that exist."""

import ast
import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, text

PAGE = "docs/explanation/architecture.md"
ROWS = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|$",
    text(PAGE).partition("## Where do I change …?")[2].partition("\n## ")[0],
    re.MULTILINE,
)[1:]
ROOMS = re.findall(r"^\| ((?:`[\w/]+/`(?:, )?)+) \|", text(PAGE), re.MULTILINE)


def named() -> list[tuple[str, str]]:
    """Each path of the table with a function, class or constant in it, or with nothing."""
    found = []
    for _, *cells in ROWS:
        for place in "; ".join(cells).split(";"):
            path, _, names = place.partition("→")
            for one in re.findall(r"`([^`]*[./][^`]*)`", path):
                found += [(one, name) for name in re.findall(r"`(\w+)`", names)] or [(one, "")]
    return found


def place(path: str) -> Path:
    """A path of the table: in the package, else in the repository."""
    inside = ROOT / "syndication" / path
    return inside if inside.exists() else ROOT / path


def defined(path: Path) -> set[str]:
    """Every function, class and module constant of a file, or of the files directly in a folder."""
    if path.is_dir():
        return set().union(*map(defined, path.glob("*.py")))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_the_table_has_a_row_for_what_most_changes_touch() -> None:
    assert len(ROWS) >= 25


@pytest.mark.parametrize(("path", "name"), named())
def test_a_place_of_the_table_exists(path: str, name: str) -> None:
    assert place(path).exists()
    if name:
        assert name in defined(place(path))


def test_the_table_of_rooms_within_rooms_has_each_folder_once() -> None:
    listed = [room for cell in ROOMS for room in re.findall(r"`([\w/]+)/`", cell)]
    package = ROOT / "syndication"
    inner = [
        str(path.parent.relative_to(package))
        for path in package.glob("*/*/__init__.py")
        if path.parent.name != "versions"
    ]
    assert sorted(listed) == sorted([*inner, "store/migrations"])
