"""The process that a cron or a mail server starts: closed streams, old locales, signals, and files of Windows editors."""

import asyncio
import codecs
import json
import subprocess
import sys
from pathlib import Path

import pytest

from syndication.domain.limits import Reason, Wait
from syndication.flows.secrets import read_keyring, rotate
from syndication.flows.sending import round as rounds
from syndication.flows.sending.batch import Sending
from tests.flows.newsroom import Newsroom, article

pytestmark = pytest.mark.slow

# An old locale is one without UTF-8: this one exists everywhere, and Python is told not to replace it.
OLD = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def command(newsroom: Newsroom, *words: str) -> list[str]:
    return [sys.executable, "-m", "syndication", "--config", str(newsroom.config), *words]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
async def test_a_command_with_closed_streams_does_its_work_and_ends_with_its_own_code(
    newsroom: Newsroom, closed: str
) -> None:
    newsroom.write("articles/quay.md", article("Quay", "2023-10-13 09:00"))
    await newsroom.subscribe("ann@readers.example")
    line = [
        "/bin/sh",
        "-c",
        f'exec {closed}; exec "$@"',
        "sh",
        *command(newsroom, "run", "--week", "2023-W41"),
    ]
    done = await asyncio.to_thread(subprocess.run, line, capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert len(newsroom.mails()) == 1
    store = (newsroom.folder / "var/syndicate.db").read_bytes()
    assert store.startswith(b"SQLite format 3\0")


async def test_in_an_old_locale_files_lists_and_documents_are_utf_8(newsroom: Newsroom) -> None:
    newsroom.write("articles/quay.md", article("바다의 소금", "2023-10-13 09:00", section="소금"))
    await newsroom.subscribe("ann@readers.example", name="김하늘")
    done = newsroom.syndicate("run", "--week", "2023-W41", "--json", env=OLD)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == 1
    assert [path for path in newsroom.files("feeds") if path.endswith("sections/소금/rss.xml")]
    listed = newsroom.syndicate("subscribers", "list", env=OLD)
    assert (listed.returncode, "ann@readers.example" in listed.stdout) == (0, True)


@pytest.mark.parametrize("more", [{}, OLD])
@pytest.mark.parametrize("printed", ["ascii", "latin-1", "utf-16"])
@pytest.mark.parametrize("words", [("subscribers", "export"), ("subscribers", "list", "--json")])
async def test_what_programs_read_is_utf_8_whatever_a_terminal_has(
    newsroom: Newsroom, more: dict[str, str], printed: str, words: tuple[str, ...]
) -> None:
    await newsroom.subscribe("zoë@readers.example", name="Łucja 하늘")
    line = command(newsroom, *words)
    env = {**more, "PYTHONIOENCODING": printed}
    done = await asyncio.to_thread(
        subprocess.run, line, capture_output=True, env=env, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "zoë@readers.example" in done.stdout.decode()
    assert "Łucja 하늘" in done.stdout.decode()


@pytest.mark.parametrize(
    "words",
    [
        ("bounces", "receive", "--nosuch"),
        ("--log", "loud", "bounces", "receive"),
        ("bounces", "receive", "--log=loud"),
        ("bounces", "receive", "one", "two"),
        ("bounces", "receive", "--config"),
        ("bounces", "receive", "--config", "/nonexistent/syndicate.toml"),
    ],
)
def test_a_mail_server_is_told_to_try_again_whatever_is_wrong(words: tuple[str, ...]) -> None:
    line = [sys.executable, "-m", "syndication", *words]
    done = subprocess.run(line, capture_output=True, input=b"x", timeout=600, check=False)
    assert done.returncode == 75, done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_cannot_be_printed_does_not_end_with_a_code_of_pythons_own() -> None:
    line = ["/bin/sh", "-c", 'exec "$@" >/dev/full', "sh", sys.executable, "-m", "syndication", "--version"]
    done = subprocess.run(line, capture_output=True, timeout=600, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"syndicate: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "module",
    ["syndication.cli.streams", "typer", "syndication.cli.main", "syndication.wiring.app", "sqlalchemy"],
)
def test_ctrl_c_while_anything_loads_is_one_line(newsroom: Newsroom, module: str) -> None:
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *rest):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from syndication.cli import main; main()"
    )
    line = [sys.executable, "-c", code, "--config", str(newsroom.config), "doctor"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stderr) == (130, "syndicate: Stopped. The next run continues from here.\n")


async def test_a_run_that_is_stopped_while_nothing_is_on_its_way_waits_for_nothing(
    newsroom: Newsroom,
) -> None:
    async with newsroom.app() as app, app.open_pool() as pool:
        sending = Sending(app, "a mailing", pool)
        sending.stop.set()
        await rounds._wait(sending, {}, Wait(None, Reason.PACE))  # an instant that no test can wait for


def test_a_byte_order_mark_is_no_part_of_the_keys(newsroom: Newsroom) -> None:
    assert newsroom.syndicate("status").returncode == 0
    file = newsroom.folder / "var/secret.keys"
    if not file.exists():
        newsroom.syndicate("run", "--week", "2023-W41")
    before = read_keyring(file).keys
    file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())
    assert read_keyring(file).keys == before
    rotate(file, lambda number: b"\x07" * number)
    assert read_keyring(file).keys[1:] == before
