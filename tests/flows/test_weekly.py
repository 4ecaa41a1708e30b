"""The story of one week, end to end: a page in, feeds and mails out, and nothing twice."""

import email
import email.policy
import json
import re
from email.message import EmailMessage
from pathlib import Path

import feedparser
import pytest

from syndication.errors import LockedError, PublishError, UsageError
from syndication.flows.lock import hold
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import PAGE, Newsroom, article

SUBSCRIBERS = ("ann@readers.example", "bo@readers.example", "cy@letters.example")


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*SUBSCRIBERS)
    return room


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_saved_page_becomes_feeds_an_archive_and_a_mail_for_every_reader(newsroom: Newsroom) -> None:
    report = await newsroom.run("2023-W41")

    assert (report.articles, report.hot, report.recipients, report.sent) == (1, 6, 3, 3)
    assert (report.deferred, report.failed, report.unknown, report.skipped) == (0, 0, 0, None)
    mails = [parsed(data) for data in newsroom.mails()]
    assert sorted(str(mail["To"]) for mail in mails) == sorted(SUBSCRIBERS)
    for mail in mails:
        assert mail["Subject"] == 'Ferry Bell Rings Again at "Low Water" After Twelve Silent Years'
        assert [part.get_content_type() for part in mail.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.fullmatch(
            r"<https://news\.harbour\.example/unsubscribe/[a-z2-7]{46}>", str(mail["List-Unsubscribe"])
        )
        for part in mail.iter_parts():
            shown = part.get_content()
            for title in (
                "28 Years of Fog Signals",
                "The Last Net Mender",
                "Why the Herring Came Back Early",
            ):
                assert title in shown
            assert "mara.oke@" not in shown


async def test_the_article_is_what_the_page_says(newsroom: Newsroom) -> None:
    await newsroom.run("2023-W41")

    (item,) = json.loads((newsroom.folder / "feeds/feed.json").read_text())["items"]
    assert item["title"] == 'Ferry Bell Rings Again at "Low Water" After Twelve Silent Years'
    assert item["authors"] == [{"name": "Mara OKE"}]
    assert item["date_published"] == "2023-10-15T21:30:51+09:00"
    assert item["content_html"].count("<p>") == 4
    assert "Harbour.example" not in item["content_html"]
    hot = json.loads((newsroom.folder / "feeds/hot/feed.json").read_text())["items"]
    assert [entry["title"] for entry in hot][:2] == [
        item["title"],
        "28 Years of Fog Signals End in a Quiet Ceremony",
    ]
    published = b"".join(newsroom.files("feeds").values())
    assert b"mara.oke" not in published
    assert "HARBOUR TRUST" in (newsroom.folder / "feeds/articles").glob("*.html").__next__().read_text()


async def test_the_three_formats_carry_the_same_ids_and_no_reader_stumbles(newsroom: Newsroom) -> None:
    await newsroom.run("2023-W41")

    for folder in ("feeds", "feeds/hot"):
        rss = feedparser.parse((newsroom.folder / folder / "rss.xml").read_bytes())
        atom = feedparser.parse((newsroom.folder / folder / "atom.xml").read_bytes())
        items = json.loads((newsroom.folder / folder / "feed.json").read_text())["items"]
        assert not rss.bozo
        assert not atom.bozo
        assert (
            [entry.id for entry in rss.entries]
            == [entry.id for entry in atom.entries]
            == [item["id"] for item in items]
        )


async def test_a_second_run_sends_nothing_changes_nothing_and_says_so(newsroom: Newsroom) -> None:
    await newsroom.run("2023-W41")
    before = newsroom.files("feeds")
    newsroom.later(hours=1)

    again = await newsroom.run("2023-W41")

    assert again.sent == 0
    assert again.skipped == "2023-W41 is done: nothing was left to send."
    assert len(newsroom.mails()) == 3
    assert newsroom.files("feeds") == before


async def test_a_week_that_has_not_ended_is_refused(newsroom: Newsroom) -> None:
    with pytest.raises(UsageError, match="2023-W42 ends at 2023-10-23 00:00, which is still ahead"):
        await newsroom.run("2023-W42")


async def test_a_week_without_an_article_makes_no_mail_but_feeds_and_the_next_has_the_article(
    newsroom: Newsroom,
) -> None:
    report = await newsroom.run("2023-W40")
    assert report.skipped == "2023-W40 has no new article, so no mail was made."
    assert (report.articles, report.sent, report.number) == (0, 0, None)
    assert (newsroom.folder / "feeds/rss.xml").exists()

    assert (await newsroom.run("2023-W41")).sent == 3


async def test_movement_is_marked_from_the_second_edition_on(newsroom: Newsroom) -> None:
    await newsroom.run("2023-W41")
    first = (newsroom.folder / "feeds/archive/2023-W41.html").read_text()
    assert "▲" not in first
    newsroom.now = newsroom.now.replace(day=23)
    later = PAGE.replace("2023-10-15 21:30:51", "2023-10-20 09:00:00").replace(
        "Ferry Bell Rings Again at", "Ferry Bell Sold at", 1
    )
    later = later.replace("- 3The Last", "- 1The Last").replace("- 1Ferry", "- 3Ferry")
    lines = later.splitlines()
    hot = lines.index("WEEKLY HOT")
    lines[hot + 1], lines[hot + 3] = lines[hot + 3], lines[hot + 1]
    newsroom.write("articles/sold.txt", "\n".join(lines) + "\n")

    report = await newsroom.run()

    assert (report.edition, report.number, report.sent) == ("2023-W42", 2, 3)
    page = (newsroom.folder / "feeds/archive/2023-W42.html").read_text()
    assert "▲" in page
    assert "▼" in page


async def test_a_late_article_is_in_the_next_edition_once(newsroom: Newsroom) -> None:
    await newsroom.run("2023-W41")
    newsroom.write("articles/late.md", article("Found in a drawer", "2023-10-14 10:00"))
    newsroom.now = newsroom.now.replace(day=23)
    assert (await newsroom.run()).articles == 1
    newsroom.now = newsroom.now.replace(day=30)
    assert (await newsroom.run()).skipped == "2023-W43 has no new article, so no mail was made."


async def test_two_hundred_old_entries_of_a_new_source_are_backlog(newsroom: Newsroom) -> None:
    await newsroom.run("2023-W41")
    for number in range(200):
        newsroom.write(
            f"old/{number}.md", article(f"Old piece {number}", f"2023-10-{number % 10 + 1:02} 10:00")
        )
    newsroom.configure(more='[[sources]]\nname = "attic"\nkind = "folder"\npath = "old"\n')
    newsroom.now = newsroom.now.replace(day=23)
    newsroom.write("articles/new.md", article("The only new one", "2023-10-20 10:00"))

    report = await newsroom.run()

    assert (report.articles, report.backlog, report.sent) == (1, 200, 3)
    assert report.backlog_reasons == {"it was already old when its source was first collected": 200}


async def test_a_reader_who_left_after_the_freeze_gets_nothing(newsroom: Newsroom) -> None:
    await newsroom.run("2023-W41", send=False)
    async with newsroom.app() as app:
        assert await app.store.subscribers.remove(SUBSCRIBERS[0], at=newsroom.now)

    (report,) = await newsroom.deliver()

    assert (report.sent, report.failed, report.incomplete) == (2, 1, False)
    assert sorted(str(parsed(mail)["To"]) for mail in newsroom.mails()) == sorted(SUBSCRIBERS[1:])


async def test_a_reader_who_came_after_the_freeze_waits_for_the_next(newsroom: Newsroom) -> None:
    await newsroom.run("2023-W41", send=False)
    await newsroom.subscribe("late@readers.example")
    (report,) = await newsroom.deliver()
    assert (report.recipients, report.sent) == (3, 3)


async def test_a_dead_server_loses_nothing_and_deliver_later_sends_all(newsroom: Newsroom) -> None:
    async with Script() as server:
        port = server.port
    newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{port}")

    report = await newsroom.run("2023-W41")
    assert (report.sent, report.queued, report.incomplete) == (0, 3, True)
    assert report.warnings[-1].startswith(f"The mail server 127.0.0.1:{port} could not be used: ")

    async with Script() as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        (later,) = await newsroom.deliver()
    assert (later.sent, later.incomplete) == (3, False)
    assert sorted(taken.recipient for taken in server.taken) == sorted(SUBSCRIBERS)


async def test_greylisted_readers_are_tried_again_when_due(newsroom: Newsroom) -> None:
    async with Script({"rcpt": [Step("450 4.2.0 greylisted\r\n")] * 3}) as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        report = await newsroom.run("2023-W41")
        assert (report.sent, report.deferred, report.incomplete) == (0, 3, True)
        assert [each.sent for each in await newsroom.deliver()] == [0]  # not due yet
        newsroom.later(minutes=10)
        assert [each.sent for each in await newsroom.deliver()] == [3]


async def test_an_address_that_does_not_exist_is_no_fault_of_the_run(newsroom: Newsroom) -> None:
    async with Script({"rcpt": [Step("550 5.1.1 no such user\r\n")]}) as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        report = await newsroom.run("2023-W41")
    assert (report.sent, report.failed, report.incomplete) == (2, 1, False)


async def test_a_resent_mail_is_the_same_to_the_byte_whatever_changed_meanwhile(newsroom: Newsroom) -> None:
    async with Script({"dot": [Step("", close=True)]}) as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}", connections=1)
        first = await newsroom.run("2023-W41")
        assert first.unknown == 1
        assert first.incomplete

        await newsroom.subscribe(*SUBSCRIBERS, name="New Name", language="ko")
        newsroom.write("templates/default/digest.txt", "Something else")
        newsroom.write("articles/ferry-bell.txt", PAGE.replace("tires", "wearies"))
        secrets = newsroom.folder / "var/secret.keys"
        secrets.write_text("abcd " + "a" * 52 + "\n" + secrets.read_text())
        newsroom.later(hours=3)
        (second,) = await newsroom.deliver()

    assert (second.sent, second.unknown, second.incomplete) == (1, 1, False)
    twice = [mail for mail in server.dots if mail.recipient == server.dots[0].recipient]
    assert len(twice) == 2
    assert twice[0].content == twice[1].content


async def test_with_hold_a_doubtful_mail_is_not_sent_again(newsroom: Newsroom) -> None:
    async with Script({"dot": [Step("", close=True)]}) as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}", connections=1)
        newsroom.config.write_text(
            newsroom.config.read_text().replace("[delivery]", '[delivery]\non_unknown = "hold"')
        )
        await newsroom.run("2023-W41")
        reports = await newsroom.deliver()
    assert [(each.sent, each.incomplete) for each in reports] in ([], [(0, True)])
    assert len(server.dots) == 3


async def test_the_upload_command_comes_before_the_mail_and_its_failure_stops_it(newsroom: Newsroom) -> None:
    newsroom.configure(
        more='[publish]\nafter = ["sh", "-c", "test -e allowed || { echo no way >&2; exit 3; }"]\n'
    )
    with pytest.raises(PublishError, match="no way"):
        await newsroom.run("2023-W41")
    (left,) = await newsroom.deliver()
    assert (left.recipients, left.sent, left.queued, left.incomplete) == (3, 0, 3, True)
    assert "is not published yet" in left.warnings[0]
    assert newsroom.mails() == []

    newsroom.write("allowed", "")
    assert (await newsroom.run("2023-W41")).sent == 3


async def test_a_second_run_at_the_same_time_is_turned_away(newsroom: Newsroom) -> None:
    with (
        hold(newsroom.folder / "var/locks", "collect-and-publish"),
        pytest.raises(LockedError, match="Another run is at work"),
    ):
        await newsroom.run("2023-W41")
    assert (await newsroom.run("2023-W41")).sent == 3


async def test_a_server_beyond_this_machine_is_tried_since_the_links_of_the_mails_have_pages(
    newsroom: Newsroom,
) -> None:
    newsroom.configure(smtp="smtp://weekly@mail.invalid:587")  # RFC 6761 §6.4: no such host, ever
    report = await newsroom.run("2023-W41")
    assert (report.sent, report.queued, report.incomplete) == (0, 3, True)
    assert any("mail.invalid:587 could not be used" in warning for warning in report.warnings)


async def test_readers_of_other_topics_get_no_mail_and_are_counted(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.write("articles/a.md", article("Sea", "2023-10-12 10:00", section="Sea"))
    room.write("articles/b.md", article("Film", "2023-10-13 10:00", section="Film"))
    room.write("articles/c.md", article("The lead, which stays", "2023-10-14 10:00", section="News"))
    async with room.app() as app:
        from syndication.flows.collecting.collect import run_collect

        await run_collect(app)
    await room.subscribe("all@readers.example")
    await room.subscribe("sea@readers.example", topics="sea")
    await room.subscribe("town@readers.example", topics="town")

    report = await room.run("2023-W41")

    assert (report.recipients, report.sent, report.no_content) == (3, 2, 1)
    sea = next(parsed(mail) for mail in room.mails() if b"sea@readers" in mail)
    assert "Film" not in sea.get_body(("plain",)).get_content()  # type: ignore[union-attr]


async def test_the_footer_names_the_local_day_of_consent(newsroom: Newsroom) -> None:
    """The subscribers confirmed on 16 October at 08:00 UTC; in Seoul 23:30 UTC is already the next day."""
    file = newsroom.write("late.csv", "email,confirmed_at\nlate@readers.example,2023-06-30T23:30:00Z\n")
    newsroom.syndicate("subscribers", "import", str(file))
    await newsroom.run("2023-W41")
    late = next(parsed(mail) for mail in newsroom.mails() if b"late@readers" in mail)
    text = late.get_body(("plain",))
    assert text is not None
    assert "1 July 2023" in " ".join(text.get_content().split())
