"""What holds for every tracked file and every module."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.rules.repository import ROOT, tracked

MODULES = sorted((ROOT / "syndication").rglob("*.py"))

# Spelled in pieces, so that this file does not find itself.
MACHINE_PATH = re.compile(
    "(?<![\\w.])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "tm" + "p", "home/" + r"\w+")) + r")(?:/|\b)"
)
INDEX_HOST = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "files" + r"\.python" + "hosted",
            "--index" + "-url",
            "--find" + "-links",
            "--extra" + "-index",
        )
    )
)
INDEX_OPTIONS_OF_MAKE = ("--no-emit-index" + "-url", "--no-emit-find" + "-links")


def readable(paths: Iterable[Path]) -> Iterable[tuple[Path, str]]:
    for path in paths:
        data = path.read_bytes()
        if b"\0" not in data:
            yield path, data.decode("utf-8")


def test_no_function_is_longer_than_40_lines() -> None:
    long = []
    for path in MODULES:
        if "migrations" in path.parts:
            continue  # a migration is one list of tables
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > 40:
                    long.append(f"{path.relative_to(ROOT)}: {node.name} has {lines}")
    assert long == []


def test_no_module_takes_a_private_name_of_another() -> None:
    """A leading underscore is what makes a name private: there is no `__all__` that says it again."""
    taken = [
        f"{path.relative_to(ROOT)}: {node.module}.{alias.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("syndication")
        for alias in node.names
        if alias.name.startswith("_") and alias.name != "__version__"
    ]
    assert taken == []


def test_every_room_says_why_it_exists() -> None:
    rooms = [path for path in MODULES if path.name == "__init__.py" and "migrations" not in path.parts]
    assert [str(path) for path in rooms if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_any_module_may_be_imported_first() -> None:
    """No circle of imports: most tests find the whole package imported, in an order that no verb has."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in MODULES}
    try:
        TopologicalSorter({name: _at_import(path) & set(names) for name, path in names.items()}).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def _at_import(path: Path) -> set[str]:
    """What the top level of a module imports; of `from a import b` both, because `b` may be a module."""
    lines = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    whole = {alias.name for line in lines if isinstance(line, ast.Import) for alias in line.names}
    parts = {
        (line.module or "", alias.name)
        for line in lines
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    return whole | {module for module, _ in parts} | {f"{module}.{name}" for module, name in parts}


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "service", "base", "common"])
def test_no_module_has_a_name_that_says_nothing(word: str) -> None:
    assert [str(path) for path in MODULES if word in path.stem.split("_")] == []


def test_no_tracked_file_names_a_folder_of_somebodys_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, text in readable(tracked())
        for match in MACHINE_PATH.finditer(text)
    ]
    assert found == []


def test_no_tracked_file_names_a_package_index() -> None:
    found = []
    for path, text in readable(tracked()):
        for option in INDEX_OPTIONS_OF_MAKE:
            text = text.replace(option, "")  # noqa: PLW2901 - what keeps the addresses out may be named
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in INDEX_HOST.finditer(text)]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    entries = re.sub(r"\\\n", " ", (ROOT / name).read_text()).splitlines()
    requirements = [line for line in entries if line and not line.lstrip().startswith("#")]
    assert len(requirements) > 20
    assert [
        line for line in requirements if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ] == []


def test_both_locks_agree_on_every_version() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    runtime, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: dev.get(name) for name in runtime} == runtime


def test_the_rooms_keep_to_their_walls() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_public_class_name_exists_once() -> None:
    names = Counter(
        node.name
        for path in MODULES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, number in names.items() if number > 1] == []


def test_a_reader_is_a_feed_reader() -> None:
    """A person on the list is a subscriber, whom an access log shows is a visitor (docs/reference/words.md)."""
    allowed = re.compile(
        r"(?i:feed|screen)[- ]readers?|csv\.(?:Dict)?[Rr]eader|StreamReader|requests_by_reader|"
        r'"reader"|requests\.c\.reader|r\.reader|reader=|(?:add|remove)_reader|the one reader of the environment'
    )
    said = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in MODULES
        if "versions" not in path.parts
        for line in path.read_text().splitlines()
        if re.search(r"(?i)(?<![a-z])readers?(?![a-z])", allowed.sub("", line))
    ]
    assert said == []
