"""What "Read the log" says of events and lines is what is logged."""

import ast
import json
import re
from pathlib import Path

import pytest

from syndication.cli.main import run
from tests.docs.pages import ROOT, Stranger, blocks, text

PAGE = "docs/how-to/logs.md"
TABLE = re.findall(r"^\| `([^`]+)` \| (debug|info|warning|error) \|", text(PAGE), re.MULTILINE)
LEVELS = {"fault": "error", "timed": "debug"}


def logged() -> set[tuple[str, str]]:
    """Every fixed event in the package, with its level."""
    calls = set()
    for path in (ROOT / "syndication").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"debug", "info", "warning", "error", *LEVELS}
                and ast.unparse(node.func.value) in {"log", "logger(__name__)"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                calls.add((str(node.args[0].value), LEVELS.get(node.func.attr, node.func.attr)))
    return calls


def test_the_page_has_every_event_with_its_level() -> None:
    assert len(TABLE) == len(set(TABLE))
    assert set(TABLE) == logged()


def test_the_example_is_a_line_as_it_is_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = (json.loads(block.body) for block in blocks(PAGE) if block.language == "json")
    assert run(("init", str(tmp_path / "site"))) == 0
    config = ("--config", str(tmp_path / "site/config/syndicate.toml"), "--verbose", "--log", "json")
    assert run((*config, "subscribers", "add", "you@example.com")) == 0
    assert run((*config, "run", "--weekly")) == 0
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    claimed = next(line for line in lines if line["event"] == example["event"])
    assert list(claimed) == list(example)
    assert {name: type(value) for name, value in claimed.items()} == {
        name: type(value) for name, value in example.items()
    }
    assert re.fullmatch(r"[-\dT:.]{23}Z", claimed["timestamp"])
    assert len(claimed["timestamp"]) == len(example["timestamp"])


def test_its_command_shows_something(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("init", str(tmp_path / "site"))) == 0
    stranger = Stranger(tmp_path / "site")
    for block in blocks(PAGE):
        if not block.language:
            assert stranger.type(block.body) == [0]
    assert "site opened" in capsys.readouterr().err
