"""The commands of the README and the tutorial do what these pages promise."""

import json
import mailbox
import shlex
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syndication.cli.main import run
from syndication.domain.week import CutOff
from syndication.settings import load_settings
from tests.docs.pages import PAGES, ROOT, Stranger, blocks, text

WRITTEN = "2026-11-03 18:30"  # the day of last week that the pages write
DATA = {"markdown", "csv"}


def last_week() -> str:
    latest = CutOff.parse("monday 00:00", ZoneInfo("UTC")).latest(datetime.now(UTC))
    return f"{latest.monday() + timedelta(days=2)} 18:30"


def follow(page: str, folder: Path) -> tuple[Stranger, list[int]]:
    """Type every block of `page`; a file's block is written where the line above it says."""
    stranger, codes = Stranger(folder), []
    for block in blocks(page):
        if block.language in DATA:
            assert block.file
            path = stranger.folder / block.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.body.replace(WRITTEN, last_week()), encoding="utf-8")
        elif not block.language and not block.body.startswith(("make", "0 7")):
            codes += stranger.type(block.body)
    return stranger, codes


def test_the_readme_leads_a_stranger_to_a_first_mail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "checkout").mkdir()
    stranger, codes = follow("README.md", tmp_path / "checkout")
    assert codes == [0] * len(stranger.typed)
    assert len(stranger.typed) == 5
    said = capsys.readouterr()
    assert "1 sent now of 1 recipient" in said.out
    assert "warning" not in said.out + said.err
    mails = list(mailbox.Maildir(tmp_path / "my-newsroom/var/outbox"))
    assert [mail["Subject"] for mail in mails] == ["The harbour lights are back"]
    assert mails[0]["To"] == "You <you@example.com>"

    cron = next(block for block in blocks("README.md") if block.body.startswith("0 7"))
    for line in cron.body.splitlines():
        words = shlex.split(line)[5:]
        words[2] = words[2].replace("/srv/my-newsroom", str(stranger.folder))
        assert run(words[1:]) == 0
    assert len(mailbox.Maildir(tmp_path / "my-newsroom/var/outbox")) == 1


def test_the_tutorial_is_true_to_its_last_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stranger, codes = follow("docs/tutorial/first-edition.md", tmp_path)
    assert codes == [0] * len(stranger.typed)
    said = capsys.readouterr()
    assert "3 added, 0 already there, 0 refused" in said.out
    assert "3 sent now of 3 recipients" in said.out
    assert "is done: nothing was left to send" in said.out
    assert "Nothing is due." in said.out
    assert "warning" not in said.out + said.err
    site = stranger.folder
    assert len(mailbox.Maildir(site / "var/outbox")) == 3
    assert list(site.glob("var/dry-run/*/mails/variant-en.eml"))
    config = site / "config/syndicate.toml"
    feed = next(block for block in blocks("docs/tutorial/first-edition.md") if block.language == "toml")
    config.write_text(config.read_text("utf-8") + feed.body, encoding="utf-8")
    assert stranger.type("syndicate --json doctor") == [0]
    assert "2 sources" in json.loads(capsys.readouterr().out)["checks"][0]["said"]


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES])
def test_every_toml_block_can_stand_in_a_configuration(page: str, tmp_path: Path) -> None:
    demo = text("config/syndicate.toml")
    for block in blocks(page):
        if block.language != "toml":
            continue
        site = tomllib.loads(demo)
        for table, keys in tomllib.loads(block.body).items():
            site[table] = (
                [*site.get(table, []), *keys] if isinstance(keys, list) else site.get(table, {}) | keys
            )
        if "servers" in site["smtp"]:  # instead of the demo's outbox
            del site["smtp"]["url"]
        if "kind" in tomllib.loads(block.body).get("hot", {}):  # instead of the demo's file
            site["hot"] = tomllib.loads(block.body)["hot"]
        (tmp_path / "syndicate.toml").write_text(as_toml(site), encoding="utf-8")
        load_settings(tmp_path / "syndicate.toml", {})


def as_toml(site: dict[str, dict[str, object] | list[dict[str, object]]]) -> str:
    lines = []
    for name, tables in site.items():
        many = isinstance(tables, list)
        for table in tables if isinstance(tables, list) else [tables]:
            lines.append(f"[[{name}]]" if many else f"[{name}]")
            lines += [f"{key} = {as_value(value)}" for key, value in table.items()]
    return "\n".join(lines)


def as_value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(as_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {as_value(each)}' for key, each in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)
