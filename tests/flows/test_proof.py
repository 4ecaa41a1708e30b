"""What an editor looks at: sample subscribers, findings, the difference from the last edition; and the verb that shows them."""

import json
import shutil
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from syndication.cli.main import run
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.desk.difference import difference
from syndication.flows.desk.proof import RIGHT_TO_LEFT_NAME, Copy, Proof, gather, proof_of, samples
from syndication.flows.desk.proof_findings import findings, links
from tests.flows.newsroom import PAGE, Newsroom, article

W41 = WeekKey(2023, 41)


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.write("articles/ferry-bell.txt", PAGE)
    room.write("articles/net.md", article("The last net mender", "2023-10-12"))
    return room


async def test_every_kind_of_reader_is_among_the_samples(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        await gather(app)
        proof = await proof_of(app, W41)
        copies = {each.id: proof.copy(each.recipient) for each in samples(app, proof)}
    assert list(copies) == ["no-name", "long-name", "right-to-left", "in-ko", "only-town", "no-topic"]
    assert copies.pop("no-topic") is None
    texts = {name: copy.text for name, copy in copies.items() if copy}
    assert "Hello,\n" in texts["no-name"]
    assert f"Hello {RIGHT_TO_LEFT_NAME}," in texts["right-to-left"]
    assert "안녕하세요" in texts["in-ko"]
    assert "this week in the topics you chose." in texts["only-town"]


async def test_a_week_without_an_article_has_no_proof_but_a_reason(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        with pytest.raises(UsageError, match=r"2023-W41 has no new article"):
            await proof_of(app, W41)


async def test_without_a_network_the_draft_is_made_of_what_was_collected_before(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        await gather(app)
    (newsroom.folder / "articles").rename(newsroom.folder / "away")
    async with newsroom.app() as app:
        warnings = await gather(app)
        assert (await proof_of(app, W41)).main.subject.startswith("Ferry Bell")
    assert warnings[-1] == "This draft is made of what was collected before."


async def test_a_frozen_edition_made_again_by_the_same_templates_is_the_same(newsroom: Newsroom) -> None:
    await newsroom.subscribe("ann@readers.example")
    await newsroom.run(send=False)
    newsroom.later(days=1)
    async with newsroom.app() as app:
        frozen, again = await proof_of(app, W41), await proof_of(app, W41, current_templates=True)
    assert again.mailing == frozen.mailing


async def test_the_difference_names_what_came_and_what_left(newsroom: Newsroom) -> None:
    await newsroom.run(send=False)
    newsroom.later(days=7)
    newsroom.write("articles/tide.md", article("A tide gate at last", "2023-10-18"))
    newsroom.write(
        "articles/ferry-bell.txt",
        PAGE.replace("The Last Net Mender of Pier Four Closes Her Shop", "A New Entry"),
    )
    async with newsroom.app() as app:
        assert await difference(app, await proof_of(app, W41)) is None
        await gather(app)
        found = await difference(app, await proof_of(app, W41.shifted(1)))
    assert found is not None
    assert found.key == W41
    assert found.rows[0].now == "A tide gate at last"
    assert found.rows[0].before.startswith("Ferry Bell Rings Again")
    assert [(row.what, row.now, row.before) for row in found.rows[1:2]] == [("Articles", "1", "2")]
    assert found.came == ("A New Entry",)
    assert found.left == ("The Last Net Mender of Pier Four Closes Her Shop",)


@pytest.fixture
async def proof(newsroom: Newsroom) -> Proof:
    async with newsroom.app() as app:
        await gather(app)
        return await proof_of(app, W41)


def said(proof: Proof, copy: Copy) -> list[str]:
    return [each.fault for each in findings(proof, copy)]


async def test_what_a_person_should_look_at_is_found(newsroom: Newsroom, proof: Proof) -> None:
    async with newsroom.app() as app:
        copy = proof.copy(samples(app, proof)[0].recipient)
    assert copy is not None
    assert said(proof, copy) == []
    assert said(proof, replace(copy, preheader="Short.")) == ["The preheader has 6 characters."]
    assert said(proof, replace(copy, preheader=copy.subject)) == ["The preheader repeats the subject."]
    assert said(proof, replace(copy, html=copy.html + "x" * 90_000))[0].startswith("The HTML is 1")
    for html, fault in (
        ('<a href="/a">Bell</a>', "“Bell” leads to /a."),
        (
            '<a href="https://a.example/"><img alt="" src="x"></a>',
            "A link to https://a.example/ has no words.",
        ),
        (
            '<a href="https://a.example/">Go &amp; see</a><a href="https://b.example/"><b>Go</b> &amp; see</a>',
            "2 links to different pages say “Go & see”.",
        ),
    ):
        assert said(proof, replace(copy, html=html)) == [fault]


async def test_the_links_that_act_for_the_reader_are_told_apart(newsroom: Newsroom, proof: Proof) -> None:
    async with newsroom.app() as app:
        copy = proof.copy(samples(app, proof)[0].recipient)
    assert copy is not None
    personal = [each.text for each in links(proof, copy) if each.personal]
    assert personal == ["Change what you receive", "Unsubscribe"]


def test_the_verb_prints_one_address_and_ends_cleanly_with_ctrl_c(newsroom: Newsroom, tmp_path: Path) -> None:
    before = newsroom.files("config", "articles")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "syndication",
            "--config",
            str(newsroom.config),
            "--json",
            "preview",
            "--week",
            "2023-W41",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    printed = ""
    while not printed.endswith("}\n"):
        printed += process.stdout.readline()
    document = json.loads(printed)
    assert document["edition"] == "2023-W41"
    assert httpx2.get(document["url"], timeout=300).status_code == 200
    assert list(tmp_path.glob("syndicate-preview-*"))
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=300) == ("", "")
    assert process.returncode == 0
    assert list(tmp_path.glob("syndicate-preview-*")) == []
    assert newsroom.files() == before


@pytest.mark.slow
def test_the_mails_are_written_with_pictures_where_there_is_a_browser(
    newsroom: Newsroom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = (
        "--config",
        str(newsroom.config),
        "--json",
        "preview",
        "--week",
        "2023-W41",
        "--out",
        str(out),
    )
    assert run(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert sorted(document["files"]) == sorted(map(str, out.iterdir()))
    assert "Hello,\n" in (out / "en-no-name.txt").read_text(encoding="utf-8")
    assert "안녕하세요" in (out / "ko-right-to-left.html").read_text(encoding="utf-8")
    assert (out / "en-only-town.eml").read_bytes().startswith(b"From: The Harbour Review")
    if shutil.which("chromium") is None:
        assert document["warnings"] == ["No pictures: Chromium is not installed."]
        return
    assert document["warnings"] == []
    widths = {
        path.name: struct.unpack(">I", path.read_bytes()[16:20])[0] for path in out.glob("en-*.png")
    }  # of the PNG's IHDR
    assert widths == {
        "en-light-700.png": 700,
        "en-light-375.png": 375,
        "en-dark-700.png": 700,
        "en-dark-375.png": 375,
    }
    assert (out / "en-dark-375.png").read_bytes() != (out / "en-light-375.png").read_bytes()


def test_a_port_that_is_taken_is_a_sentence(newsroom: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    for port in ("99999", "1" * 30):
        assert run(("--config", str(newsroom.config), "preview", "--port", port)) == 2
        assert "cannot be used" in capsys.readouterr().err
