"""The preview over real HTTP: who may come in, what is said about it, and what it shows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from syndication.domain.week import WeekKey
from syndication.flows.desk.editor import approve, hold, resume
from tests.doors.preview_site import SECRETS, Preview, preview_of
from tests.flows.newsroom import PAGE, Newsroom, article

ANN = "ann@readers.example"
EDITION = "edition=2023-W41"
SHIPPED = Path(__file__).resolve().parents[2] / "templates/default"


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.write("articles/ferry-bell.txt", PAGE)
    room.write("articles/net.md", article("The last net mender", "2023-10-12"))
    return room


@pytest.fixture
async def preview(newsroom: Newsroom, tmp_path: Path) -> AsyncIterator[Preview]:
    await newsroom.subscribe(ANN, name="Ann Lee", topics="town")
    async with preview_of(newsroom, tmp_path / "copy") as served:
        yield served


@pytest.fixture
async def door(newsroom: Newsroom, tmp_path: Path) -> AsyncIterator[Preview]:
    """Served, and nothing opened behind it."""
    async with preview_of(newsroom, tmp_path / "copy") as served:
        yield served


async def test_the_token_opens_the_page_once_and_a_cookie_keeps_it_open(preview: Preview) -> None:
    async with preview.client(known=False) as browser:
        assert (await browser.get("/")).status_code == 403
        assert (await browser.get("/?token=wrong")).status_code == 403
        opened = await browser.get(preview.url)
        assert (opened.status_code, opened.headers["refresh"]) == (200, "0; url=/")
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "The Harbour Review" in (await browser.get("/")).text
        assert (await browser.get(preview.url)).headers["refresh"] == "0; url=/"
    async with preview.client(known=False) as other:
        assert (await other.get(preview.url)).status_code == 403


async def test_nothing_is_served_without_the_cookie(door: Preview) -> None:
    async with door.client(known=False) as stranger:
        for path in ("/", "/mail", "/message.eml", "/stamp", "/media/x.png", "/page.js", "/nowhere"):
            assert (await stranger.get(path)).status_code == 403
        assert (await stranger.post("/test", data={"form": SECRETS.form})).status_code == 403
        forged = {"Cookie": f"syndicate-preview-{door.port}=guessed"}
        assert (await stranger.get("/stamp", headers=forged)).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "preview.evil.example"}, 421),  # DNS rebinding
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        (
            {"Origin": "http://127.0.0.1:1"},
            403,
        ),  # another port of this machine: the same site, another origin
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_other_pages_get_nothing_though_the_browser_brings_the_cookie(
    door: Preview, headers: dict[str, str], status: int
) -> None:
    async with door.client() as browser:
        assert (await browser.get("/stamp", headers=headers)).status_code == status


async def test_the_own_origin_under_either_name_is_let_in(door: Preview) -> None:
    async with door.client() as browser:
        for host in (f"127.0.0.1:{door.port}", f"localhost:{door.port}"):
            answer = await browser.get("/stamp", headers={"Host": host, "Origin": f"http://{host}"})
            assert answer.status_code == 200


async def test_a_post_needs_the_word_that_stands_in_the_page_s_form(preview: Preview) -> None:
    async with preview.client() as browser:
        fields = {"address": "me@desk.example", "form": "guessed", "edition": "2023-W41"}
        assert (await browser.post("/test", data=fields)).status_code == 409
        assert (await browser.post("/collect", data={})).status_code == 409
        assert (await browser.get("/collect")).status_code == 405
        assert preview.newsroom.mails() == []
        sent = await browser.post("/test", data=fields | {"form": SECRETS.form})
        assert sent.status_code == 200, sent.text
    (mail,) = preview.newsroom.mails()
    assert b"\nTo: me@desk.example" in mail
    assert b"\nSubject: [Test] Ferry Bell" in mail


async def test_the_page_and_the_mail_have_each_the_strictest_policy_that_works(preview: Preview) -> None:
    async with preview.client() as browser:
        answer = await browser.get("/")
        assert 'sandbox="allow-same-origin" src="/mail?' in answer.text
        page = answer.headers
        assert page["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'; style-src 'self'"
        )
        assert "unsafe" not in page["content-security-policy"]
        assert "frame-ancestors 'none'" in page["content-security-policy"]
        assert page["cache-control"] == "no-store"
        assert page["x-content-type-options"] == "nosniff"
        mail = (await browser.get(f"/mail?{EDITION}&images=off")).headers["content-security-policy"]
        assert "sandbox allow-same-origin" in mail
        assert "script-src" not in mail
        assert "img-src 'none'" in mail
        assert "allow-scripts" not in mail


async def test_what_is_shown_are_the_bytes_that_the_run_then_sends(preview: Preview) -> None:
    """The newsroom's clock stands still, so the Date is the same too."""
    async with preview.client() as browser:
        drafted = (await browser.get(f"/message.eml?{EDITION}&subscriber={ANN}")).content
        assert b"[Test]" not in drafted
        assert (await preview.newsroom.run()).sent == 1
        (sent,) = preview.newsroom.mails()
        assert _wire(sent) == drafted
        await preview.live.collect_again()
        assert (await browser.get(f"/message.eml?{EDITION}&subscriber={ANN}")).content == drafted


def _wire(mail: bytes) -> bytes:
    """A mail of the Maildir without what the server put before it, as it went over the wire."""
    lines = mail.replace(b"\r\n", b"\n")
    return lines[lines.index(b"From: ") :].replace(b"\n", b"\r\n")


async def test_a_preview_changes_nothing_of_the_site(preview: Preview) -> None:
    before = preview.newsroom.files()
    async with preview.client() as browser:
        for query in (EDITION, "edition=2023-W42", f"subscriber={ANN}", "templates=now", "tab=source"):
            assert (await browser.get(f"/?{query}")).status_code == 200
    assert preview.newsroom.files() == before


async def test_a_frozen_edition_keeps_its_bytes_while_today_s_templates_show_the_change(
    preview: Preview,
) -> None:
    await preview.newsroom.run(send=False)
    shipped = (SHIPPED / "digest.txt").read_text(encoding="utf-8")
    async with preview.client() as browser:
        assert "A new last line" not in (await browser.get(f"/?{EDITION}&tab=text&templates=now")).text
        preview.newsroom.write("templates/default/digest.txt", shipped + "\nA new last line.\n")
        assert "A new last line" in (await browser.get(f"/?{EDITION}&tab=text&templates=now")).text
        assert "A new last line" not in (await browser.get(f"/?{EDITION}&tab=text")).text
        preview.newsroom.write("templates/default/digest.txt", "{% if %}")
        broken = (await browser.get(f"/?{EDITION}&tab=text&templates=now")).text
        assert '<input type="hidden" form="controls" name="templates" value="now">' in broken


async def test_a_frozen_edition_shows_a_reader_as_planned_whatever_changed_since(preview: Preview) -> None:
    await preview.newsroom.run(send=False)
    await preview.newsroom.subscribe(ANN, name="Ann Smith")
    async with preview.client() as browser:
        assert "Hello Ann Lee," in (await browser.get(f"/mail?{EDITION}&subscriber={ANN}")).text


async def test_a_broken_template_is_a_finding_with_its_line_and_the_next_save_mends_it(
    preview: Preview,
) -> None:
    style = preview.newsroom.write("templates/default/style.css", "body { color: #000000; }")
    async with preview.client() as browser:
        stamp = (await browser.get("/stamp")).text
        assert "cannot be made" not in (await browser.get(f"/?{EDITION}")).text
        style.write_text("{% if %}", encoding="utf-8")
        assert (await browser.get("/stamp")).text != stamp
        broken = (await browser.get(f"/?{EDITION}")).text
        assert "templates/default/style.css, line 1: " in broken
        assert "The mail cannot be made" in broken
        refused = await browser.get(f"/mail?{EDITION}")
        assert (refused.status_code, "style.css, line 1" in refused.text) == (409, True)
        style.unlink()
        assert "cannot be made" not in (await browser.get(f"/?{EDITION}")).text


async def test_a_broken_configuration_is_a_finding_and_the_next_save_mends_it(preview: Preview) -> None:
    async with preview.client() as browser:
        await browser.get("/")
        whole = preview.newsroom.config.read_text(encoding="utf-8")
        preview.newsroom.config.write_text(whole + "\n[hot]\nlimit = 0\n", encoding="utf-8")
        assert "hot.limit" in (await browser.get("/")).text
        preview.newsroom.config.write_text(whole.replace("Harbour Review", "Pier Review"), encoding="utf-8")
        mended = (await browser.get("/")).text
        assert "hot.limit" not in mended
        assert "The Pier Review" in mended


async def test_an_edition_that_waits_or_is_held_says_so_and_what_is_approved_is_what_was_seen(
    preview: Preview,
) -> None:
    newsroom, week = preview.newsroom, WeekKey(2023, 41)
    newsroom.configure(more="[edition]\napprove = true")
    await newsroom.run()
    async with preview.client() as browser:
        assert "<code>syndicate approve 2023-W41</code>" in (await browser.get(f"/?{EDITION}")).text
        seen = (await browser.get(f"/message.eml?{EDITION}&subscriber={ANN}")).content
        async with newsroom.app() as app:
            await hold(app, week)
            await preview.live.collect_again()
            assert "<code>syndicate resume 2023-W41</code>" in (await browser.get(f"/?{EDITION}")).text
            await resume(app, week)
            newsroom.later(hours=5)
            await approve(app, week, send=True)
    assert [_wire(mail) for mail in newsroom.mails()] == [seen]


async def test_why_a_reader_gets_no_mail_is_said(preview: Preview) -> None:
    await preview.newsroom.run(send=False)
    await preview.newsroom.subscribe("late@readers.example")
    async with preview.client() as browser:
        for subscriber, said in (
            ("nobody@readers.example", "nobody@readers.example is not on the list."),
            ("late@readers.example", "was not on the list when 2023-W41 was frozen"),
            ("no-topic", "This subscriber gets no mail"),
        ):
            assert said in (await browser.get(f"/?{EDITION}&subscriber={subscriber}")).text


async def test_the_week_that_has_not_ended_is_shown_as_far_as_it_is(preview: Preview) -> None:
    preview.newsroom.write("articles/tide.md", article("A tide gate at last", "2023-10-16T03:00:00Z"))
    async with preview.client() as browser:
        page = (await browser.get("/?edition=2023-W42")).text
    assert "A tide gate at last" in page
    assert '<option value="2023-W42" selected>2023-W42 · so far' in page
    assert '<option value="2023-W41">2023-W41 · not frozen' in page
    assert preview.live.key == WeekKey(2023, 42)


async def test_search_finds_readers_by_name_and_the_mail_is_theirs(preview: Preview) -> None:
    async with preview.client() as browser:
        assert ANN in (await browser.get("/?search=LEE")).text
        assert "No subscriber matches “zz”." in (await browser.get("/?search=zz")).text
        assert "Hello Ann Lee," in (await browser.get(f"/mail?{EDITION}&subscriber={ANN}")).text


async def test_no_address_is_an_error(preview: Preview) -> None:
    async with preview.client() as browser:
        odd = "edition=2023-W99&width=1&look=pink&tab=x&subscriber=%00&search=%27%22"
        assert (await browser.get(f"/?{odd}")).status_code == 200
        assert (await browser.get("/media/..%2f..%2fconfig%2fsyndicate.toml")).status_code == 404
        assert (await browser.get("/nowhere")).status_code == 404
