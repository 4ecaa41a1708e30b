"""What a person meets at the terminal: sentences, one JSON document, a list that is read line by line, a new site that shows something."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from syndication.cli.main import run
from syndication.domain.subscriber import Consent
from tests.flows.newsroom import PAGE, Newsroom, article

LIST = "email,name,language,notes\n"


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    return room


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sing",), "No such command 'sing'. `syndicate --help` says what there is."),
        (("subscribers",), "Missing command. `syndicate subscribers --help` says what there is."),
        (
            ("subscribers", "add"),
            "Missing argument 'ADDRESS'. `syndicate subscribers add --help` says what there is.",
        ),
        (
            ("run", "now"),
            "Got unexpected extra argument(s) (now). `syndicate run --help` says what there is.",
        ),
        (
            ("status", "--config"),
            "Option '--config' requires an argument. `syndicate --help` says what there is.",
        ),
    ],
)
def test_a_wrong_command_is_one_sentence_and_one_document(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr().err == f"syndicate: {said}\n"
    assert run(("--json", *arguments)) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert f"{error['message']} {error['hint']}" == said


def test_the_command_alone_shows_its_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(()) == 0
    assert "subscribers" in capsys.readouterr().out


def test_the_version_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("--version", "--json")) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["version"]


def test_an_export_to_the_terminal_is_a_document_with_json(
    newsroom: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ("--config", str(newsroom.config))
    assert run((*config, "subscribers", "add", "ann@readers.example")) == 0
    capsys.readouterr()
    assert run((*config, "subscribers", "export", "--json")) == 0
    assert [one["email"] for one in json.loads(capsys.readouterr().out)["subscribers"]] == [
        "ann@readers.example"
    ]


def test_an_export_onto_a_full_disk_is_a_sentence(
    newsroom: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(("--config", str(newsroom.config), "subscribers", "export", "/dev/full")) == 2
    assert "/dev/full cannot be written (No space left on device)." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "reasons", "taken"),
    [
        (["ann@a.example,Ann,en,"], {}, 1),
        (['ann@a.example,Ann,en,"a note', 'of two lines"'], {}, 1),
        ([",Nobody,,"], {2: "there is no address"}, 0),
        (["ann@a.example,Ann,klingon!,"], {2: "the language is not a tag like en, ko or pt-BR"}, 0),
        (["ann@a.example,A\0nn,,"], {2: "the name holds a control character"}, 0),
        (["ann@a.example,J\udce9r\udcf4me,,", "bo@a.example,Bo,,"], {2: "this is not UTF-8 text"}, 1),
        (['"ann@a.example,Ann,,', "bo@a.example,Bo,,"], {2: "a quotation mark is not closed"}, 1),
        (
            ['ann@a.example,"Ann,,', 'bo@a.example,"Bo",,', "cy@a.example,Cy,,"],
            {2: "a quotation mark is not closed"},
            2,
        ),
    ],
)
def test_a_broken_line_is_refused_for_itself_and_takes_no_other_with_it(
    newsroom: Newsroom,
    capsys: pytest.CaptureFixture[str],
    lines: list[str],
    reasons: dict[int, str],
    taken: int,
) -> None:
    file = newsroom.folder / "list.csv"
    file.write_bytes((LIST + "\n".join(lines) + "\n").encode(errors="surrogateescape"))
    assert run(("--config", str(newsroom.config), "subscribers", "import", str(file), "--json")) == 0
    done = json.loads(capsys.readouterr().out)
    assert {refused["line"]: refused["reason"] for refused in done["refused"]} == reasons
    assert done["added"] == taken


def test_the_shipped_example_of_a_new_site_is_in_its_first_edition(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(("init", str(tmp_path / "mine"))) == 0
    capsys.readouterr()
    config = str(tmp_path / "mine" / "config" / "syndicate.toml")
    assert run(("--config", config, "run", "--weekly", "--dry-run", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["articles"] == 1


async def test_an_edition_for_nobody_says_that_who_comes_later_gets_the_next(newsroom: Newsroom) -> None:
    report = await newsroom.run("2023-W41")
    async with newsroom.app() as app:
        assert (await app.store.subscribers.count())[Consent.CONFIRMED] == 0
    assert report.articles == 1
    assert "the list was empty" in (report.skipped or "")
    await newsroom.subscribe("late@readers.example")
    again = await newsroom.run("2023-W41")
    assert again.sent == 0
    assert "new subscribers get the next edition" in (again.skipped or "")


async def test_a_title_that_the_terminal_cannot_show_ends_no_run(newsroom: Newsroom) -> None:
    (newsroom.folder / "articles/ferry-bell.txt").unlink()
    newsroom.write("articles/other.md", article("Ça — 바다", "2023-10-15 22:00"))
    await newsroom.subscribe("ann@readers.example")
    environment = {"PYTHONIOENCODING": "ascii"}
    done = newsroom.syndicate("run", "--week", "2023-W41", env=environment)
    assert done.returncode == 0, done.stderr
    shown = newsroom.syndicate("run", "--week", "2023-W41", "--json", env=environment)
    assert json.loads(shown.stdout)["subject"] == "Ça — 바다"


def heeding_ctrl_c() -> None:
    """A shell's job in the background ignores SIGINT, and so does what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_is_a_sentence_and_a_document(newsroom: Newsroom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(300)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/feed"
        source = f'[[sources]]\nname = "wire"\nkind = "feed"\nurl = "{url}"\nallow_private = true'
        newsroom.configure(more=source)
        command = [sys.executable, "-m", "syndication", "--config", str(newsroom.config), "collect", "--json"]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heeding_ctrl_c,  # noqa: PLW1509 - it does nothing but set a signal
        ) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert err == "syndicate: Stopped. The next run continues from here.\n"
    assert json.loads(out)["error"]["code"] == "interrupted"
