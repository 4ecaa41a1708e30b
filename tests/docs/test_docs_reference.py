"""Every verb, option, exit code, error, count and word stands in the reference, and nothing stands there that the code has not."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from syndication import errors
from syndication.cli.main import command
from syndication.domain.article import SourceKind
from syndication.domain.delivery import State
from syndication.domain.subscriber import Consent
from syndication.errors import SyndicationError
from syndication.flows.report import Report
from tests.docs.pages import ROOT, text

COMMANDS = text("docs/reference/commands.md")
MESSAGES = text("docs/reference/messages.md")
WORDS = text("docs/reference/words.md")


def verbs(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Each verb with its options."""
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from verbs(each, (*path, name))
        elif not each.hidden:  # which a run starts, and nobody else
            yield (*path, name), [word for param in each.params for word in param.opts if word[0] == "-"]


VERBS = dict(verbs(get_command(command)))


def section(verb: tuple[str, ...]) -> str:
    """What stands below the heading that names the verb."""
    for part in re.split(r"^### ", COMMANDS, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        named = [words.split() for words in re.findall(r"`(?:syndicate )?([^`]+)`", heading)]
        first = named[0][: len(verb) - 1]
        if any(
            list(verb) == (words if words[: len(first)] == first else [*first, *words])[: len(verb)]
            for words in named
        ):
            return body
    return ""


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_the_reference_has_every_verb_with_its_options(verb: tuple[str, ...]) -> None:
    body = section(verb).partition("\n## ")[0]
    assert body
    assert [option for option in VERBS[verb] if f"`{option}" not in body] == []


def test_the_reference_names_no_option_that_there_is_not() -> None:
    root = [word for param in get_command(command).params for word in param.opts]
    known = {"--help", *root, *(option for options in VERBS.values() for option in options)}
    assert set(re.findall(r"`(--[a-z-]+)", COMMANDS)) == known


def test_the_reference_has_every_count_of_the_json_document() -> None:
    listed = COMMANDS.partition("`--json` gives:")[2].partition("\n\n")[0]
    assert re.findall(r"`(\w+)`", listed) == [field.name for field in dataclasses.fields(Report)]


def every_error() -> list[type[SyndicationError]]:
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    return [kind for kind in kinds if issubclass(kind, SyndicationError)]


def test_the_messages_page_has_every_error_with_its_exit_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", MESSAGES, re.MULTILINE)
    assert {code: int(exit_code) for code, exit_code in rows} == {
        error.code: error.exit_code for error in every_error()
    }


def test_the_commands_page_has_every_exit_code() -> None:
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", COMMANDS, re.MULTILINE)}
    waits = 6  # an edition for its editor: no error, a run reports it
    assert rows == {0, waits, 130, *(error.exit_code for error in every_error())}


def said() -> str:
    """Every piece of text in the package, one a line."""
    pieces = []
    for path in (ROOT / "syndication").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                pieces.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
                pieces.append("".join(map(str, parts)))
    return "\n".join(pieces)


def test_every_message_of_the_messages_page_is_one_that_the_code_says() -> None:
    rows = MESSAGES.partition("The messages that operators meet")[2]
    messages = re.findall(r"^\| `([^`]+)` \|", rows, re.MULTILINE)
    assert len(messages) > 30
    whole = said()
    parts = {part.strip(" .") for message in messages for part in message.split("…")}
    assert [part for part in parts if part.strip("():, ") not in whole] == []


@pytest.mark.parametrize("word", [*State, *Consent, *SourceKind])
def test_the_words_page_has_every_state_and_kind(word: str) -> None:
    assert re.search(rf"\b{word}\b", WORDS)


@pytest.mark.parametrize("state", State)
def test_the_page_of_the_promise_draws_every_state(state: State) -> None:
    drawn = text("docs/explanation/the-promise.md").partition("```\n")[2].partition("```")[0]
    assert re.search(rf"\b{state}\b", drawn)
