"""The log of a whole newsroom, for machines: every line is JSON, has its run, and names nobody."""

import asyncio
import hmac
import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from syndication import logs
from syndication.cli.main import run
from tests.crash.test_serve import serving
from tests.doors.smtp_server import comes
from tests.doors.subscribers_site import link
from tests.flows.newsroom import PAGE, Newsroom

ANN, BO, CY, EDITOR = (
    "ann@readers.example",
    "bo@readers.example",
    "cy+lists@readers.example",
    "ed@desk.example",
)
SECRET = "a-secret-of-the-hook-long-enough-to-be-one"
PASSWORD = "the-password-of-the-database"
TOKEN = re.compile(r"(?:unsubscribe|preferences|confirm|bounces\+|stamp\W+value=\W)[/ ]?([a-z2-7]{30,})")


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path, now=datetime.now(UTC))
    room.write("articles/ferry-bell.txt", PAGE.replace("2023-10-15", f"{last_week():%Y-%m-%d}"))
    room.write("var/hook", SECRET)
    boxes = '[bounces]\naddress = "bounces@harbour.example"\nmaildir = "var/bounces"\nhook_secret_file = "var/hook"\n'
    room.configure(more=boxes)
    for name in ("new", "cur", "tmp"):
        (room.folder / "var/bounces" / name).mkdir(parents=True)
    return room


def last_week() -> datetime:
    return datetime.now(UTC) - timedelta(days=7)


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
async def test_no_line_of_a_whole_newsroom_names_a_person_or_a_secret(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    log = ""

    def syndicate(*arguments: str) -> str:
        nonlocal log
        done = newsroom.syndicate("--verbose", "--log", "json", *arguments)
        log += done.stderr
        return done.stdout

    newsroom.write("list.csv", f"email,name\n{ANN},Ann\n{CY},Cy\nnot an address,X\n")
    week = json.loads(syndicate("--json", "collect")) and f"{last_week():%G-W%V}"
    syndicate("subscribers", "import", str(newsroom.folder / "list.csv"))
    syndicate("subscribers", "show", "nobody@readers.example")
    syndicate("send", "--test", EDITOR)
    syndicate("run", "--weekly", "--dry-run")
    syndicate("run", "--weekly")
    syndicate("status")
    syndicate("preview", "--week", week, "--out", str(tmp_path / "out"))
    served = tmp_path / "served"
    with served.open("w") as errors:
        async with serving(newsroom, more=("--verbose", "--log", "json"), stderr=errors) as url:
            secrets = await visit(newsroom, url)
    log += served.read_text()
    returned = newsroom.mails()[0].replace(b"Subject:", b"Subject: Undelivered Mail\r\nX-Old:")
    (newsroom.folder / "var/bounces/new/1").write_bytes(returned)
    syndicate("bounces", "poll")
    syndicate("deliver")
    secrets |= {SECRET, *(newsroom.folder / "var/secret.keys").read_text().split()[1::2]}
    secrets |= {token for mail in newsroom.mails() for token in TOKEN.findall(mail.decode())}
    assert len(secrets) > 8

    events = {line["event"] for line in lines_of(log)}
    assert {"command", "site opened", "source collected", "edition frozen", "batch claimed", "smtp connection",
            "batch finished", "request", "request failed", "confirmations sent", "mailbox opened"} <= events  # fmt: skip
    assert all(line["run"] and line["level"] and line["timestamp"] for line in lines_of(log))
    assert "@readers.example" not in log
    assert "@desk.example" not in log
    assert [secret for secret in secrets if secret in log] == []


async def visit(newsroom: Newsroom, url: str) -> set[str]:
    """Subscribe, confirm, leave, call the hook, then look at a page that fails; returns the secrets that were used."""
    async with httpx2.AsyncClient(timeout=300, base_url=url) as client:
        stamp = re.findall(r'name="stamp" value="(\w+)"', (await client.get("subscribe")).text)[0]
        before = len(newsroom.mails())
        await asyncio.sleep(2.1)  # nobody fills a form faster
        await client.post("subscribe", data={"email": BO, "stamp": stamp, "website": ""})
        await comes(lambda: len(newsroom.mails()) > before)
        mail = next(each for each in newsroom.mails() if f"To: {BO}".encode() in each)
        path = link(mail, "confirm").partition(".example/")[2]
        assert (await client.post(path)).status_code == 200
        leave = next(link(each, "unsubscribe") for each in newsroom.mails() if ANN.encode() in each)
        body = json.dumps(
            {"events": [{"kind": "bounce", "recipient": CY, "words": f"no {CY} here"}]}
        ).encode()
        now = str(int(time.time()))
        signature = hmac.digest(SECRET.encode(), f"{now}.".encode() + body, "sha256").hex()
        headers = {"X-Syndicate-Timestamp": now, "X-Syndicate-Signature": signature}
        assert (await client.post("bounces", content=body, headers=headers)).status_code == 200
        (newsroom.folder / "feeds/rss.xml").chmod(0)
        (newsroom.folder / "var/hook").write_text("")
        (newsroom.folder / "var/hook").write_bytes(b"\xff" * 40)  # which is no text
        assert (await client.post("bounces", content=body, headers=headers)).status_code in {500, 503}
        assert (await client.post(leave.partition(".example/")[2])).status_code == 200
    return {stamp, signature, path.rpartition("/")[2]}


@pytest.mark.parametrize(
    "arguments", [("--log", "json", "sing"), ("sing", "--log=json"), ("--json", "sing", "--log", "json")]
)
def test_an_error_is_a_line_too(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert run(arguments) == 2
    (error, ended) = lines_of(capsys.readouterr().err)
    assert (error["event"], error["level"], error["code"]) == ("No such command 'sing'.", "error", "usage")
    assert (ended["exit_code"], ended["run"]) == (2, error["run"])


def test_warnings_of_python_and_of_libraries_are_lines() -> None:
    program = (
        "import logging, warnings; from syndication import logs; logs.configure('json');"
        "warnings.warn('an old call'); logging.getLogger('aiosmtplib').warning('to %s', 'ann@readers.example');"
        "logging.getLogger('httpx2').info('no')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (ours, theirs) = lines_of(done.stderr)
    assert (ours["logger"], ours["level"], "an old call" in ours["event"]) == ("py.warnings", "warning", True)
    assert (theirs["logger"], theirs["event"]) == ("aiosmtplib", "to <address>")


def test_what_looks_like_an_address_or_a_token_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", verbose=True)
    token = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmn"
    words = [
        ANN,
        f"<{ANN}>",
        f'"a b"@{ANN}',
        "ann%40readers.example",
        f"smtp://ann:{PASSWORD}@mx.example",
        f"/x/{token}",
        token.upper(),
    ]
    logs.logger("syndication.test").fault("failed", ValueError(*words), words=words, nested={ANN: [ANN]})
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError" in json.loads(line)["exception"]
    assert [word for word in ("readers", token, token.upper(), PASSWORD) if word in line] == []
    assert "mx.example" in line
