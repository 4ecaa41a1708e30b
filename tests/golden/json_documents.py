"""One fixed newsroom lives through three weeks by command line, and each verb's `--json` is kept. `make golden` writes the files again.

Ids, tokens, keys, folders, ports and durations differ from run to run, so the files have a word for each; the clock is fixed.
"""

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from syndication.cli.main import run
from tests.doors.article_pages import article as article_page
from tests.flows.newsroom import PAGE, Newsroom, article
from tests.unit.bounce_samples import ORIGINAL, bounce, plain

__all__ = ["FOLDER", "documents"]

FOLDER = Path(__file__).parent / "json"
ROOT = Path(__file__).resolve().parents[2]
W41, W42, W43 = "2023-W41", "2023-W42", "2023-W43"
MORE = """
[edition]
approve = true

[bounces]
address = "bounces@harbour.example"
maildir = "returned"

[[sources]]
name = "wire"
kind = "feed"
url = "{url}feed.xml"
allow_private = true
"""
SUBSCRIBERS = "email,name,language\nann@readers.example,Ann,en\nbo@readers.example,Bo,ko\nnobody,,\n"
FEED = """<rss version="2.0"><channel><title>Harbour Wire</title><link>https://wire.example/</link>
<item><title>A short one</title><link>https://wire.example/1</link><pubDate>Mon, 16 Oct 2023 09:30:00 GMT</pubDate>
<description>Short.</description></item></channel></rss>"""
HOME = """<!doctype html><html lang="pt"><head><title>Harbour Wire</title>
<link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body><p>Home.</p></body></html>"""
LOG = """\
203.0.113.{address} - - [26/Oct/2023:12:00:00 +0900] "GET /feeds/articles/the-week-after.html HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:119.0) Gecko/20100101 Firefox/119.0"
"""
DIFFERING = (
    (r'(?<="seconds": )\d+\.\d+', "0.0"),
    (r"in \d+\.\d s\b", "in 0.0 s"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r'"key": "\w{4}"', '"key": "KEY"'),  # of the secrets
    (r"token=[\w-]+", "token=TOKEN"),
    (r"\b[a-z2-7]{46,47}\b", "TOKEN"),
    (r"\b[a-z2-7]{16}\b", "ID"),
    (r"\bp=[\w+/=]{40,}", "p=PUBLIC-KEY"),
    (r'(?:[\w+/=]{100,}(?:\\" \\")?)+', "PUBLIC-KEY"),
)


@dataclass
class Recording:
    """Runs verbs and keeps what they answer by name, in the order of running."""

    room: Newsroom
    url: str
    kept: dict[str, str] = field(default_factory=dict)

    def verb(self, name: str, *words: str, stdin: bytes = b"") -> None:
        """Run one command line in this process, with the newsroom's clock and ids."""
        out, sys.stdin = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(stdin))
        try:
            with redirect_stdout(out), redirect_stderr(io.StringIO()):
                code = run(["--json", "--config", str(self.room.config), *words], self.room.moment)
        finally:
            sys.stdin = sys.__stdin__
        out.seek(0)
        self.keep(name, words, code, json.loads(out.read()))

    def process(self, name: str, *words: str, **environment: str) -> None:
        """Run a command in a process of its own, with the real clock; one that serves is stopped once it says where."""
        command = [sys.executable, "-m", "syndication", "--json", "--config", str(self.room.config), *words]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | environment
        ) as process:
            assert process.stdout
            lines = [process.stdout.readline()]
            while lines[-1] and lines[-1] != "}\n":
                lines.append(process.stdout.readline())
            if words[-1] == "0":
                process.send_signal(signal.SIGTERM)
        self.keep(name, words, process.returncode, json.loads("".join(lines)))

    def keep(self, name: str, words: tuple[str, ...], code: int, document: dict[str, Any]) -> None:
        assert name not in self.kept
        text = json.dumps(
            {"command": " ".join(words), "exit_code": code, "document": document},
            ensure_ascii=False,
            indent=2,
        )
        for folder, word in ((self.room.folder, "SITE"), (ROOT, "PACKAGE")):
            text = text.replace(str(folder.resolve()), word).replace(str(folder), word)
        for pattern, word in DIFFERING:
            text = re.sub(pattern, word, text)
        self.kept[name] = text + "\n"


@cache
def documents() -> dict[str, str]:
    """Return the files' texts by name, without `.json`."""
    with TemporaryDirectory() as folder, _site() as url:
        room = Newsroom(Path(folder) / "site", more=MORE.format(url=url))
        room.write("articles/ferry-bell.txt", PAGE)
        room.write("subscribers.csv", SUBSCRIBERS)
        recording = Recording(room, url)
        for chapter in (_new_site, _errors, _list, _collecting, _first_week, _second_week, _third_week):
            chapter(recording)
        return recording.kept


@contextmanager
def _site() -> Iterator[str]:
    """A news site on this machine: a home page, a feed, an article."""
    pages = {
        "/": HOME.encode(),
        "/feed.xml": FEED.encode(),
        "/ferry": article_page(
            "The ferry runs at night", published="2023-10-14T09:30:00+09:00", author="Mina Han"
        ),
    }

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/xml" if ".xml" in self.path else "text/html")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it is called with
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def _new_site(it: Recording) -> None:
    new, wired = (str(it.room.folder / name) for name in ("new", "wired"))
    it.verb("version", "--version")
    it.verb("init", "init", new)
    it.verb("init-again", "init", new)
    it.verb("init-from", "init", wired, "--from", it.url, "--allow-private")
    it.verb("templates-list", "templates", "list")
    it.verb("templates-copy", "templates", "copy", "digest.txt")
    it.verb("templates-copy-again", "templates", "copy", "digest.txt")
    it.verb("templates-list-own", "templates", "list")
    (it.room.folder / "templates" / "default" / "digest.txt").unlink()


def _errors(it: Recording) -> None:
    it.verb("error-usage", "sing")
    it.verb("error-option", "status", "--week")
    it.verb("error-week", "status", "2023-41")
    it.verb("error-edition", "status", W41)
    it.verb("error-settings", "--config", str(it.room.folder / "none.toml"), "status")


def _list(it: Recording) -> None:
    site = it.room.folder
    it.verb("status-empty", "status")
    it.verb("subscribers-import", "subscribers", "import", str(site / "subscribers.csv"))
    it.verb("subscribers-import-again", "subscribers", "import", str(site / "subscribers.csv"))
    it.verb("subscribers-add", "subscribers", "add", "Cy@Letters.example", "--name", "Cy")
    it.verb("subscribers-add-again", "subscribers", "add", "cy@letters.example")
    it.verb("subscribers-add-wrong", "subscribers", "add", "nobody")
    it.verb("subscribers-list", "subscribers", "list")
    it.verb("subscribers-list-consent", "subscribers", "list", "--consent", "bounced")
    it.verb("subscribers-list-wrong", "subscribers", "list", "--consent", "happy")
    it.verb("subscribers-export", "subscribers", "export")
    it.verb("subscribers-export-file", "subscribers", "export", str(site / "out.csv"))
    it.verb("subscribers-show", "subscribers", "show", "ann@readers.example")
    it.verb("subscribers-show-unknown", "subscribers", "show", "dee@readers.example")
    it.verb("subscribers-remove", "subscribers", "remove", "cy@letters.example")
    it.verb("subscribers-remove-again", "subscribers", "remove", "cy@letters.example")
    it.verb("subscribers-erase", "subscribers", "erase", "cy@letters.example")
    it.verb("subscribers-show-erased", "subscribers", "show", "cy@letters.example")
    it.verb("secrets-rotate", "secrets", "rotate")
    it.verb("dkim-new", "dkim", "new", "--selector", "s1")
    it.verb("dkim-new-again", "dkim", "new", "--selector", "s1")
    it.verb("doctor", "doctor", "--offline")


def _collecting(it: Recording) -> None:
    it.verb("status-sources-new", "status", "--sources")
    it.verb("collect-explain", "collect", "--explain", f"{it.url}ferry", "--allow-private")
    it.verb("collect-explain-none", "collect", "--explain", f"{it.url}none", "--allow-private")
    it.verb("collect", "collect")
    it.verb("status-sources", "status", "--sources")
    it.verb("articles-list", "articles", "list")
    it.verb("articles-list-limit", "articles", "list", "--limit", "1")
    it.verb("articles-show", "articles", "show", "https://wire.example/1")
    it.verb("articles-show-unknown", "articles", "show", "none")
    it.verb("hot-coming", "hot", "--week", W41)


def _first_week(it: Recording) -> None:
    it.verb("note-empty", "note", W41)
    it.verb("note", "note", W41, "A word, with [a link](https://harbour.example/).")
    it.verb("run-dry", "run", "--week", W41, "--dry-run")
    it.verb("send-test-draft", "send", "--test", "desk@harbour.example", "--week", W41)
    it.verb("send-without-test", "send")
    it.verb("run-waits", "run", "--weekly")
    it.verb("note-too-late", "note", W41, "Another word.")
    it.verb("status-waits", "status")
    it.verb("discard", "discard", W41)
    it.verb("note-remove", "note", W41, "--remove")
    it.verb("run-waits-again", "run", "--week", W41)
    it.verb("approve-no-send", "approve", W41, "--no-send")
    it.verb("hold", "hold", W41)
    it.verb("deliver-held", "deliver", W41)
    it.verb("resume", "resume", W41)
    it.verb("resume-again", "resume", W41)
    it.verb("hot", "hot", "--week", W41)
    it.verb("deliveries-queued", "deliveries", W41)
    it.verb("deliver", "deliver")
    it.verb("deliver-again", "deliver")
    it.verb("run-done", "run", "--week", W41)
    it.verb("resume-done", "resume", W41)
    it.verb("discard-too-late", "discard", W41)
    it.verb("deliveries", "deliveries", W41)
    it.verb("deliveries-none", "deliveries", W41, "--state", "failed")
    it.verb("deliveries-wrong", "deliveries", W41, "--state", "happy")
    it.verb("status", "status")
    it.verb("status-edition", "status", W41)
    it.verb("send-test", "send", "--test", "desk@harbour.example", "--week", W41)
    # Pictures take long, and no browser is found on this PATH.
    it.process("preview-out", "preview", "--week", W41, "--out", str(it.room.folder / "proof"), PATH="")
    it.process("preview", "preview", "--week", W41, "--port", "0")
    it.process("serve", "serve", "--port", "0")


def _second_week(it: Recording) -> None:
    """What comes back, an article taken back, files that were spoiled."""
    room = it.room
    room.later(days=7)
    room.write("articles/next.md", article("The week after", "2023-10-19"))
    it.verb("run-no-send", "run", "--week", W42, "--no-send")
    it.verb("approve", "approve", W42)
    it.verb("publish", "publish")
    (room.folder / "feeds" / "rss.xml").write_text("spoiled")
    it.verb("publish-check", "publish", "--check")
    it.verb("publish-full", "publish", "--full")
    it.verb("withdraw", "withdraw", "the-week-after", "--reason", "It was wrong.")
    it.verb("withdraw-again", "withdraw", "the-week-after", "--reason", "It was wrong.")
    it.verb("withdraw-without-reason", "withdraw", "the-week-after")
    it.verb("articles-show-withdrawn", "articles", "show", "the-week-after")
    it.verb("withdraw-undo", "withdraw", "the-week-after", "--undo")
    it.verb("bounces-poll-nowhere", "bounces", "poll")
    for part in ("cur", "new", "tmp"):
        (room.folder / "returned" / part).mkdir(parents=True)
    it.verb("bounces-poll-empty", "bounces", "poll")
    message = bounce(returned=ORIGINAL.format(path="weekly@harbour.example", link=_link_of_ann(room)))
    it.verb("bounces-receive", "bounces", "receive", stdin=message)
    it.verb("bounces-receive-again", "bounces", "receive", stdin=message)
    room.write("returned/new/1", plain("Who is this?").decode())
    it.verb("bounces-poll", "bounces", "poll")
    it.verb("status-intake", "status")


def _link_of_ann(room: Newsroom) -> str:
    """Return the token of the unsubscribe link in a mail to ann@readers.example."""
    mail = next(mail for mail in room.mails() if b"To: ann@readers.example" in mail)
    found = re.search(rb"unsubscribe/([a-z2-7]{46})", mail)
    assert found
    return found[1].decode()


def _third_week(it: Recording) -> None:
    """Nothing new, and a source that fails."""
    it.room.later(days=7)
    it.room.configure(more=it.room.more.replace("feed.xml", "gone.xml"))
    it.verb("collect-failing", "collect")
    it.verb("status-sources-failing", "status", "--sources")
    it.verb("run-nothing-new", "run", "--week", W43)
    it.verb("hot-source", "hot", "--week", W43)
    it.room.configure(more='[hot]\nkind = "access-log"\npath = "log/access.log"\n')
    it.room.write("log/access.log", "".join(LOG.format(address=address) for address in (7, 8)) + "broken\n")
    it.verb("hot-access-log", "hot", "--week", W43)
    it.room.configure(more=f'[hot]\nkind = "page"\nurl = "{it.url}"\nallow_private = true\n')
    it.verb("hot-page", "hot", "--week", W43)
    it.verb("status-sources-hot", "status", "--sources")
    it.verb("doctor-online", "doctor")
