"""The reference and the demo site's file know exactly the keys that there are, with their real defaults."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from syndication.settings import Settings, load_settings
from syndication.settings.keys import field_at, known_keys

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs/reference/configuration.md"
DEMO = ROOT / "config/syndicate.toml"
ROW = re.compile(
    r"^\| `([a-z0-9_.]+)` \| [^|]+ \| (required|`([^`]*)`) \| [^|]+ \| (?:`([^`]*)`)? ?\|$", re.MULTILINE
)
COMMENTED = re.compile(r"^#(?=\[|[a-z0-9_]+ = )", re.MULTILINE)


def rows() -> dict[str, tuple[str, str]]:
    """Key → default and example, both as TOML, empty where there is none."""
    return {
        match[1]: (match[3] or "", match[4] or "") for match in ROW.finditer(REFERENCE.read_text("utf-8"))
    }


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from leaves(below, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for below in value:
            yield from leaves(below, key)
    else:
        yield key, value


def understood(key: str, toml: str) -> Any:
    """What the field of `key` makes of a value written in TOML."""
    field = field_at(tuple(key.split(".")), Settings)
    assert field
    adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
    return adapter.validate_python(tomllib.loads(f"value = {toml}")["value"])


def test_the_reference_has_every_key_once_and_no_other() -> None:
    assert [match[1] for match in ROW.finditer(REFERENCE.read_text("utf-8"))] == list(known_keys(Settings))


@pytest.mark.parametrize("key", sorted(known_keys(Settings)))
def test_the_reference_gives_the_real_default_and_an_example_that_is_accepted(key: str) -> None:
    default, example = rows()[key]
    field = field_at(tuple(key.split(".")), Settings)
    assert field
    assert field.is_required() == (default == "")
    if default:
        assert understood(key, default) == field.get_default()
    if example:
        understood(key, example)


def test_the_demo_site_shows_every_key_and_no_other() -> None:
    shown = tomllib.loads(COMMENTED.sub("", DEMO.read_text("utf-8")))
    assert list(dict(leaves(shown))) == sorted(set(dict(leaves(shown))), key=list(known_keys(Settings)).index)
    assert set(dict(leaves(shown))) == set(known_keys(Settings))


def test_every_key_of_the_demo_site_has_a_comment_above_its_table_or_itself() -> None:
    lines = DEMO.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("#") and COMMENTED.match(line) and not line.startswith("#["):
            assert lines[number - 1].strip(), f"line {number + 1} begins a paragraph without a word"


def commented_lines() -> list[str]:
    """The commented keys of tables that are not commented themselves."""
    found, table = [], ""
    for line in DEMO.read_text("utf-8").splitlines():
        if line.lstrip("#").startswith("["):
            table = line
        elif COMMENTED.match(line) and not table.startswith("#"):
            found.append(f"{table} {line}")
    return found


@pytest.mark.parametrize("line", commented_lines())
def test_a_commented_line_of_the_demo_site_shows_the_default(line: str, tmp_path: Path) -> None:
    table, commented = line.split(" ", 1)
    text = DEMO.read_text("utf-8")
    file = tmp_path / "syndicate.toml"
    file.write_text(text, "utf-8")
    before = load_settings(file, {})
    start = text.index(f"{table}\n")
    file.write_text(text[:start] + text[start:].replace(commented, commented[1:], 1), "utf-8")
    assert load_settings(file, {}) == before


def test_the_repository_root_is_a_site() -> None:
    settings = load_settings(DEMO, {})
    assert settings.site == ROOT.resolve()
    assert settings.article_sources()[0].location == str(ROOT.resolve() / "examples/articles")
