"""`templates/README.md` names everything that a template is given."""

import ast
import dataclasses
import re

import pytest

from syndication.render import templates as renamed
from syndication.render.view import HotView, ImageView, SectionView, StoryView
from tests.docs.pages import ROOT, text

PAGE = text("templates/README.md")
NAMED = set(re.findall(r"`(\w+)[`(]", PAGE))
GIVING = {"edition_context", "edition_page", "article_page", "archive_index", "_context", "_digest_context"}


def given() -> set[str]:
    """The names in the contexts that the renderer hands to templates."""
    names = set()
    for module in ("renderer", "view"):
        tree = ast.parse((ROOT / f"syndication/render/{module}.py").read_text("utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and function.name in GIVING:
                dicts = [node for node in ast.walk(function) if isinstance(node, ast.Dict)]
                names |= {key.value for each in dicts for key in each.keys if isinstance(key, ast.Constant)}
    return {str(name) for name in names}


def test_the_page_has_every_name_of_every_template() -> None:
    assert len(given()) > 30
    assert given() - NAMED == set()


@pytest.mark.parametrize("view", [StoryView, SectionView, HotView, ImageView])
def test_the_page_has_every_field_of_a_value(view: type) -> None:
    assert {field.name for field in dataclasses.fields(view)} - NAMED == set()


def test_the_page_has_every_file_of_the_theme() -> None:
    theme = ROOT / "templates/default"
    files = {file.name for file in theme.iterdir() if file.is_file()}
    assert {name for name in files if f"`{name}`" not in PAGE} == set()


def test_the_page_has_the_new_name_of_every_old_one() -> None:
    rows = dict(re.findall(r"^\| `(\w+)`[^|]*\| `(\w+)` \|$", PAGE.partition("## Renamed")[2], re.MULTILINE))
    assert rows == renamed._VARIABLES | renamed._FIELDS
