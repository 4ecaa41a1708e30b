"""Declared dependencies are the imported ones, no more and no fewer."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.rules.repository import ROOT

# Needed without being imported by us.
NOT_IMPORTED = {
    "psycopg": "SQLAlchemy loads it for a postgresql:// address",
    "lxml-html-clean": "trafilatura does not import without it",
    "tzdata": "zoneinfo reads it where the system has no time zones",
}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {_canonical(re.split(r"[\[<>=;~! ]", line)[0]) for line in project["dependencies"]}


def _imported() -> set[str]:
    """The distributions of every module that the package imports, at the top or inside a function."""
    modules = {
        name.partition(".")[0]
        for path in (ROOT / "syndication").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    }
    known = packages_distributions()
    foreign = modules - set(sys.stdlib_module_names) - {"syndication"}
    return {_canonical(known[module][0]) for module in foreign}


def test_every_import_is_declared() -> None:
    assert _imported() - _declared() == set()


def test_every_declared_dependency_is_imported_or_has_its_reason() -> None:
    assert _declared() - _imported() - set(NOT_IMPORTED) == set()
    assert set(NOT_IMPORTED) <= _declared()
