"""What `serve` and `preview` leave in the log: each fault with route, request and traceback, and nothing about a subscriber."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from syndication import logs
from syndication.domain.tokens import Purpose
from syndication.flows.sending.confirmations import confirmation_sender
from tests.doors.preview_site import SECRETS, preview_of
from tests.doors.published_site import published
from tests.doors.smtp_server import comes
from tests.doors.subscribers_site import Served, serve
from tests.flows.newsroom import PAGE, Newsroom

BO = "bo@readers.example"


class Log:
    """What was logged, line by line."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.text = ""

    def lines(self, event: str) -> list[dict[str, Any]]:
        self.text += self._capsys.readouterr().err
        lines: list[dict[str, Any]] = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["event"] == event]


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    logs.configure("json", verbose=True)
    yield Log(capsys)
    logs.configure()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(BO)
    async with serve(room) as site:
        yield site


async def path_of(served: Served) -> str:
    subscriber = await served.app.store.subscribers.get(BO)
    assert subscriber
    return f"/unsubscribe/{served.app.keyring.sign(Purpose.UNSUBSCRIBE, subscriber.key)}"


async def test_a_page_that_fails_is_logged_and_the_visitor_gets_the_request_id(
    served: Served, log: Log
) -> None:
    path = await path_of(served)
    await served.app.store.database.close()
    answer = await served.client.post(served.base + path)
    (line,) = log.lines("request failed")
    assert (line["level"], line["method"], line["route"]) == ("error", "POST", "/unsubscribe/{token}")
    assert "Traceback" in line["exception"]
    assert "unsubscribe.py" in line["exception"]
    assert (line["status"], answer.status_code) == (500, 500)
    assert line["request"] in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"
    assert "Traceback" not in answer.text
    assert path.rpartition("/")[2] not in log.text
    assert "readers.example" not in log.text


async def test_a_fault_that_the_program_knows_is_503(tmp_path: Path, log: Log) -> None:
    room = Newsroom(tmp_path, more='[bounces]\nhook_secret_file = "var/hook"\n')
    async with serve(room) as served:  # the file is not there
        answer = await served.client.post(f"{served.base}/bounces")
    (line,) = log.lines("request failed")
    assert (line["status"], answer.status_code) == (503, 503)
    assert "SettingsError" in line["exception"]
    assert line["request"] in answer.text


async def test_every_request_is_a_line_with_the_pattern_of_its_route(served: Served, log: Log) -> None:
    path = await path_of(served)
    for each in (path, "/nothing/of/the/kind", "/feeds/rss.xml"):
        await served.client.get(served.base + each)
    lines = log.lines("request")
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/unsubscribe/{token}", 200),
        ("none", 404),
        ("/feeds/{path:path}", 404),
    ]
    assert len({line["request"] for line in lines}) == 3


async def test_a_client_that_is_cut_off_at_the_end_is_a_line_and_no_traceback(
    tmp_path: Path, log: Log
) -> None:
    room = Newsroom(tmp_path)
    file = room.folder / "feeds/large.json"
    file.parent.mkdir()
    file.write_bytes(b"0" * 20_000_000)
    async with published(room) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=65_536)
        writer.write(b"GET /feeds/large.json HTTP/1.1\r\nHost: a.example\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
    (line,) = log.lines("request cut off")
    assert (line["route"], line["status"], line["level"]) == ("/feeds/{path:path}", 200, "info")
    assert "Traceback" not in log.text
    writer.close()


async def test_confirmations_that_cannot_be_sent_are_logged(tmp_path: Path, log: Log) -> None:
    room = Newsroom(tmp_path)
    async with room.app() as app:
        await app.store.database.close()
        async with confirmation_sender(app):
            await comes(lambda: bool(log.lines("confirmations wait")))
    assert "Traceback" in log.lines("confirmations wait")[0]["exception"]


async def test_the_fault_of_a_background_task_is_logged_at_once(log: Log) -> None:
    async def fails() -> None:
        raise ValueError(BO)

    task = asyncio.create_task(fails())
    logs.log_fault(task, "watch")
    await asyncio.wait({task})
    await asyncio.sleep(0)
    (line,) = log.lines("background task failed")
    assert (line["task"], "ValueError" in line["exception"], BO in log.text) == ("watch", True, False)


async def test_a_fault_of_the_preview_is_logged_and_shown_in_a_sentence(tmp_path: Path, log: Log) -> None:
    room = Newsroom(tmp_path / "site")
    async with preview_of(room, tmp_path / "copy") as preview, preview.client() as browser:
        app = await preview.live.app()
        await app.store.database.close()
        answer = await browser.get(f"/?token={SECRETS.token}&subscriber={BO}")
        answer = await browser.get(f"/?subscriber={BO}")
        (line,) = log.lines("request failed")
        assert (line["route"], answer.status_code) == ("/", 500)
        assert line["request"] in answer.text
        assert SECRETS.token not in line.values()
    assert BO not in log.text
