"""`syndicate articles list` and `show`: what was collected, and what became of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syndication.cli.articles import _facts, _row
from syndication.cli.main import run
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.collecting.articles import article_facts, list_articles
from syndication.flows.collecting.collect import collect
from syndication.flows.desk.withdraw import withdraw
from tests.doors.article_pages import article as written
from tests.doors.article_pages import sitemap
from tests.doors.http_server import Page, http_server
from tests.flows.newsroom import Newsroom, article, json_of


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    """An edition of 2023-W41 with two articles; then one that came late, an old one, one ahead, and one taken back."""
    room = Newsroom(tmp_path)
    fog = article("Fog", "2023-10-12 08:00", section="City news", author="Mina Han", tags="[sea, winter]")
    room.write("articles/fog.md", fog)
    room.write("articles/sea.md", article("Sea", "2023-10-11 08:00", section="Film"))
    await room.run("2023-W41")
    for title, day in (("Late", "2023-10-13"), ("Old", "2023-01-02"), ("Ahead", "2023-10-30")):
        room.write(f"articles/{title.lower()}.md", article(title, f"{day} 08:00", section="Film"))
    room.write("articles/gone.md", article("Gone", "2023-10-14 08:00"))
    async with room.app() as app:
        await collect(app)
        await withdraw(app, "gone", "A mistake")
    return room


async def listed(newsroom: Newsroom, **wanted: Any) -> list[dict[str, Any]]:
    every: dict[str, Any] = {"week": None, "section": "", "source": "", "since": None, "limit": 50}
    async with newsroom.app() as app:
        return [_row(fate, ZoneInfo("UTC")) for fate in await list_articles(app, **(every | wanted))]


async def test_each_article_is_in_an_edition_or_for_one_or_has_its_reason(newsroom: Newsroom) -> None:
    rows = await listed(newsroom)
    assert [
        (
            row["title"],
            row["edition"] and str(row["edition"]),
            row["coming"] and str(row["coming"]),
            row["backlog"],
        )
        for row in rows
    ] == [
        ("Ahead", None, "2023-W44", ""),
        ("Gone", None, None, ""),
        ("Late", None, "2023-W42", ""),
        ("Fog", "2023-W41", None, ""),
        ("Sea", "2023-W41", None, ""),
        ("Old", None, None, "published more than 28 days before the cut-off"),
    ]
    assert [row["title"] for row in rows if row["withdrawn"]] == ["Gone"]


async def test_an_article_is_then_in_the_edition_that_it_was_said_to_be_for(newsroom: Newsroom) -> None:
    newsroom.now = datetime(2023, 10, 23, 8, tzinfo=UTC)
    await newsroom.run("2023-W42")
    assert {row["title"]: row["edition"] for row in await listed(newsroom)}["Late"] == WeekKey(2023, 42)


NARROWED: list[tuple[dict[str, Any], list[str]]] = [
    ({"week": WeekKey(2023, 41)}, ["Gone", "Late", "Fog", "Sea"]),
    ({"week": WeekKey(2023, 44)}, ["Ahead"]),
    ({"section": "city-news"}, ["Fog"]),
    ({"section": "Film", "limit": 2}, ["Ahead", "Late"]),
    ({"since": datetime(2023, 10, 12, 12, tzinfo=UTC)}, ["Ahead", "Gone", "Late"]),
    ({"source": "desk", "limit": 1}, ["Ahead"]),
]


async def test_a_list_is_narrowed(newsroom: Newsroom) -> None:
    found = [[row["title"] for row in await listed(newsroom, **wanted)] for wanted, _ in NARROWED]
    assert found == [titles for _, titles in NARROWED]


async def test_an_article_that_another_source_carries_is_in_its_list_too(newsroom: Newsroom) -> None:
    newsroom.write("wire/copy.md", article("Fog", "2023-10-12 09:00"))
    config = newsroom.config.read_text()
    source = '[[sources]]\nname = "wire"\nkind = "folder"\npath = "wire"\n\n[email]'
    newsroom.config.write_text(config.replace("[email]", source, 1))
    async with newsroom.app() as app:
        await collect(app)
        facts = json_of(_facts(app, await article_facts(app, "fog")))
    assert facts["sources"] == [facts["source"], "wire"]
    assert [row["title"] for row in await listed(newsroom, source="wire")] == ["Fog"]


async def test_an_article_that_stands_on_a_page_of_another_source_is_in_its_list_too(
    newsroom: Newsroom,
) -> None:
    async with http_server() as site:
        html = {"Content-Type": "text/html; charset=utf-8"}
        for name, published in (
            ("/buoy", "2023-10-15T09:00:00+09:00"),
            ("/lock", "2023-10-15T09:00:00+09:00"),
        ):
            site.pages[name] = Page(written(name[1:].title(), published=published), headers=html)
        site.pages["/sitemap.xml"] = Page(sitemap((site.url("/buoy"), ""), (site.url("/lock"), "")))
        newsroom.write("articles/buoy.md", article("The buoy", "2023-10-14 08:00", url=site.url("/buoy")))
        async with newsroom.app() as app:
            await collect(app)
        newsroom.configure(
            more=f'[[sources]]\nname = "map"\nkind = "sitemap"\nurl = "{site.url("/sitemap.xml")}"\nallow_private = true\n'
        )
        async with newsroom.app() as app:
            await collect(app)
            facts = json_of(_facts(app, await article_facts(app, site.url("/buoy"))))
    assert (facts["title"], facts["source"], facts["sources"]) == ("The buoy", "desk", ["desk", "map"])
    assert [row["title"] for row in await listed(newsroom, source="map")] == ["Lock", "The buoy"]


async def test_show_gives_every_fact(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        facts = json_of(_facts(app, await article_facts(app, "fog")))
        gone = json_of(_facts(app, await article_facts(app, "gone")))
    assert (facts["authors"], facts["tags"], facts["edition"]) == (
        ["Mina Han"],
        ["sea", "winter"],
        "2023-W41",
    )
    assert facts["keys"] == [f"guid:{facts['source']}:fog.md", "title:fog:2023-10-12"]
    assert facts["content"].strip() == "<p>A paragraph about it.</p>"
    assert (facts["characters"], facts["language"]) == (21, "en")
    assert gone["reason"] == "A mistake"


async def test_what_there_is_not_is_said_with_what_there_is(newsroom: Newsroom) -> None:
    with pytest.raises(UsageError) as section:
        await listed(newsroom, section="Sport")
    assert str(section.value) == "No article is in a section 'Sport'. There are: City news, Film, Town."
    with pytest.raises(UsageError, match="There is no source 'radio'"):
        await listed(newsroom, source="radio")


def test_the_terminal_shows_a_line_an_article(newsroom: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("--config", str(newsroom.config), "articles")
    assert run((*command, "list", "--week", "2023-W41")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].split("  ")[1] == "withdrawn"
    assert lines[2].startswith("2023-10-12 08:00  2023-W41    Fog")
    assert run((*command, "list", "--limit", "1")) == 0
    assert capsys.readouterr().out.splitlines()[1] == "There are more: --limit 10 shows them."
    assert run((*command, "list", "--limit", "1", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert ([one["title"] for one in told["articles"]], told["more"]) == (["Ahead"], True)
    assert run((*command, "show", "fog")) == 0
    shown = capsys.readouterr().out
    assert "authors     Mina Han\n" in shown
    assert "A paragraph" not in shown.partition("keys")[2]
    assert run((*command, "list", "--since", "yesterday")) == 2
    assert "'yesterday' is not a day." in capsys.readouterr().err
    assert run((*command, "show", "nothing")) == 2
