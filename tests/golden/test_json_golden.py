"""What every verb answers with `--json`, key for key: scripts read it, so that a change is one to announce.

After a wanted change: `make golden`, and read `git diff tests/golden`.
"""

import difflib

import pytest
import typer

from syndication.cli.main import command
from tests.golden.json_documents import FOLDER, documents

WITHOUT_JSON = {"sender"}  # a process of a run, which reads its lines


def golden() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.iterdir())}


@pytest.mark.slow
def test_the_documents_of_the_verbs_are_the_golden_files() -> None:
    before, now = golden(), documents()
    differences = [
        line
        for name in sorted(before | now)
        for line in difflib.unified_diff(
            before.get(name, "").splitlines(), now.get(name, "").splitlines(), name, name, lineterm=""
        )
    ]
    assert not differences, "\n".join(differences)


def test_every_verb_has_a_golden_file() -> None:
    main = typer.main.get_command(command)
    assert isinstance(main, typer.core.TyperGroup)
    verbs = {
        f"{name} {below}".strip()
        for name, verb in main.commands.items()
        for below in (verb.commands if isinstance(verb, typer.core.TyperGroup) else ("",))
    }
    commands = [text.partition('"command": "')[2] for text in golden().values()]
    missing = {
        verb for verb in verbs if not any(text.startswith((f"{verb} ", f'{verb}"')) for text in commands)
    }
    assert missing == WITHOUT_JSON
