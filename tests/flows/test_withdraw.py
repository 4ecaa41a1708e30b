"""An article that is taken back: its words are in no published file any more, and it does not come again."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from syndication.errors import UsageError
from syndication.flows.desk.withdraw import Takedown, restore, withdraw
from syndication.flows.publishing.publish import run_publish
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import Newsroom, article
from tests.flows.test_content import PIXEL
from tests.flows.test_older import piece, published

TOMBSTONES = {"at": "http://purl.org/atompub/tombstones/1.0"}
SLUG = "the-vat-of-doctor-quill"


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    """An edition of two articles is out, and nobody was on the list; the lead is the one that will have to go."""
    newsroom = Newsroom(tmp_path, more='[hot]\nkind = "file"\npath = "hot.csv"\n')
    newsroom.write("hot.csv", "rank,title\n1,The Vat of Doctor Quill\n2,Fog over the pier\n")
    (tmp_path / "articles/vat.png").write_bytes(PIXEL)
    newsroom.write(
        "articles/vat.md",
        article(
            "The Vat of Doctor Quill",
            "2023-10-13 10:00",
            "Quill stirred.\n\n![A vat](vat.png)",
            section="Crime",
        ),
    )
    newsroom.write("articles/fog.md", article("Fog over the pier", "2023-10-12 10:00", "It was thick."))
    await newsroom.run("2023-W41")
    return newsroom


async def taken_back(newsroom: Newsroom, name: str = SLUG) -> Takedown:
    async with newsroom.app() as app:
        return await withdraw(app, name, "A court said so")


def holding(newsroom: Newsroom, *words: str) -> set[str]:
    """The published files with one of these words, compressed ones too."""
    return {
        name
        for name, data in newsroom.files("feeds").items()
        for text in [gzip.decompress(data) if name.endswith(".gz") else data]
        if any(word.encode() in text for word in words)
    }


async def test_its_words_and_images_are_in_no_file_any_more_and_its_page_says_so(newsroom: Newsroom) -> None:
    assert len(holding(newsroom, "Quill")) > 20
    images = [name for name in newsroom.files("feeds") if "/media/" in name]
    assert len(images) == 1
    await taken_back(newsroom)
    assert holding(newsroom, "Quill", "court") == set()
    assert [name for name in newsroom.files("feeds") if "/media/" in name] == []
    page = (newsroom.folder / f"feeds/articles/{SLUG}.html").read_text()
    assert "This page was taken back" in page
    assert 'content="noindex"' in page
    assert "Fog over the pier" in (newsroom.folder / "feeds/archive/2023-W41.html").read_text()
    assert "Fog over the pier" in (newsroom.folder / "feeds/archive/index.html").read_text()
    assert not (newsroom.folder / "feeds/sections/crime/rss.xml").exists()


async def test_atom_readers_are_told_for_thirty_days(newsroom: Newsroom) -> None:
    done = await taken_back(newsroom)

    def named() -> dict[str, list[str]]:
        root = newsroom.folder / "feeds"
        return {
            folder: etree.parse(root / folder / "atom.xml").xpath(
                "//at:deleted-entry/@ref", namespaces=TOMBSTONES
            )
            for folder in (".", "excerpt", "older")
        }

    assert named() == {folder: [done.article] for folder in (".", "excerpt", "older")}
    newsroom.later(days=29)
    async with newsroom.app() as app:
        await run_publish(app)
    assert named()["."] == [done.article]
    newsroom.later(days=2)
    async with newsroom.app() as app:
        await run_publish(app)
    assert set(map(tuple, named().values())) == {()}


async def test_the_feed_of_its_section_has_a_tombstone_as_long_and_loses_it_by_itself(
    newsroom: Newsroom,
) -> None:
    newsroom.write("articles/other.md", article("Another case", "2023-10-13 11:00", section="Crime"))
    newsroom.later(days=7)
    await newsroom.run()
    done = await taken_back(newsroom)
    file = newsroom.folder / "feeds/sections/crime/atom.xml"
    assert etree.parse(file).xpath("//at:deleted-entry/@ref", namespaces=TOMBSTONES) == [done.article]
    newsroom.later(days=31)
    async with newsroom.app() as app:
        await run_publish(app)
    assert etree.parse(file).xpath("//at:deleted-entry", namespaces=TOMBSTONES) == []


async def test_it_is_cut_out_of_the_older_documents_and_no_other_changes(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    await published(newsroom, *map(piece, range(220)))
    before = newsroom.files("feeds/older")
    await taken_back(newsroom, "https://harbour.example/60")
    after = newsroom.files("feeds/older")
    changed = {name.split("/")[2] for name in before if before[name] != after.get(name)}
    assert {name for name in changed if name.isdigit()} == {"2"}
    assert holding(newsroom, "Piece 60") == set()
    second = newsroom.folder / "feeds/older/2"
    assert len(json.loads((second / "feed.json").read_text())["items"]) == 49
    assert len(etree.parse(second / "rss.xml").findall("channel/item")) == 49
    assert len(etree.parse(second / "atom.xml").findall("{*}entry")) == 49


async def test_a_source_that_still_shows_it_does_not_bring_it_back(newsroom: Newsroom) -> None:
    await taken_back(newsroom)
    newsroom.write("articles/vat.md", article("The Vat of Doctor Quill", "2023-10-13 10:00", "Quill again."))
    newsroom.later(days=7)
    await newsroom.run()
    async with newsroom.app() as app:
        await run_publish(app, full=True)
    assert holding(newsroom, "Quill") == set()


async def test_it_is_kept_out_of_an_edition_that_is_not_made_yet_and_out_of_its_hot_list(
    tmp_path: Path,
) -> None:
    newsroom = Newsroom(tmp_path, more='[hot]\nkind = "file"\npath = "hot.csv"\n')
    newsroom.write("hot.csv", "rank,title\n1,The Vat of Doctor Quill\n2,Fog over the pier\n")
    newsroom.write("articles/vat.md", article("The Vat of Doctor Quill", "2023-10-13 10:00"))
    newsroom.write("articles/fog.md", article("Fog over the pier", "2023-10-12 10:00"))
    async with newsroom.app() as app:
        from syndication.flows.collecting.collect import run_collect

        await run_collect(app)
        await withdraw(app, SLUG, "A court said so")
    report = await newsroom.run("2023-W41")
    assert (report.articles, report.subject) == (1, "Fog over the pier")
    assert holding(newsroom, "Quill") == set()


async def test_an_edition_that_is_made_but_not_sent_has_to_be_taken_back_first(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.write("articles/vat.md", article("The Vat of Doctor Quill", "2023-10-13 10:00"))
    await newsroom.subscribe("ann@example.com")
    await newsroom.run("2023-W41", send=False)
    with pytest.raises(UsageError, match="2023-W41, which is made but not sent") as refused:
        await taken_back(newsroom)
    assert "syndicate discard 2023-W41" in refused.value.hint
    assert holding(newsroom, "Quill")


async def test_one_that_some_readers_have_is_taken_back_and_the_rest_of_the_mails_are_named(
    tmp_path: Path,
) -> None:
    newsroom = Newsroom(tmp_path, connections=1)
    newsroom.write("articles/vat.md", article("The Vat of Doctor Quill", "2023-10-13 10:00"))
    await newsroom.subscribe("ann@example.com", "bo@example.com")
    async with Script({"rcpt": [Step("450 4.2.0 greylisted")]}) as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        report = await newsroom.run("2023-W41")
    assert (report.sent, report.deferred) == (1, 1)
    done = await taken_back(newsroom)
    assert list(done.warnings) == [
        "2023-W41 has this article, and 1 mail of it is still to go out: `syndicate hold 2023-W41` keeps the rest."
    ]
    assert holding(newsroom, "Quill") == set()
    assert "This page was taken back" in (tmp_path / "feeds/archive/2023-W41.html").read_text()


async def test_it_can_be_published_again(newsroom: Newsroom) -> None:
    before = {name for name in newsroom.files("feeds") if not name.endswith(".gz")}
    await taken_back(newsroom)
    async with newsroom.app() as app:
        await restore(app, SLUG)
    assert {name for name in newsroom.files("feeds") if not name.endswith(".gz")} == before
    assert len(holding(newsroom, "Quill")) > 20
    async with newsroom.app() as app:
        with pytest.raises(UsageError, match="is not withdrawn"):
            await restore(app, SLUG)


async def test_an_edition_of_which_nothing_is_left_is_gone_and_stands_in_no_list(newsroom: Newsroom) -> None:
    root = newsroom.folder / "feeds"

    def lists() -> list[bool]:
        names = ("archive/index.html", "sitemaps/pages.xml", "editions/feed.json")
        return [b"2023-W41.html" in (root / name).read_bytes() for name in names]

    await taken_back(newsroom)
    assert lists() == [True] * 3
    await taken_back(newsroom, "fog-over-the-pier")
    assert lists() == [False] * 3
    assert "This page was taken back" in (root / "archive/2023-W41.html").read_text()
    marker = root / "archive/2023-W41.html.gone"
    assert marker.read_bytes() == b""
    marker.unlink()
    async with newsroom.app() as app:
        assert (await run_publish(app, check=True)).damaged == ("archive/2023-W41.html.gone",)
    assert marker.exists()
    async with newsroom.app() as app:
        await restore(app, SLUG)
    assert lists() == [True] * 3
    assert not marker.exists()
    assert "Quill" in (root / "archive/2023-W41.html").read_text()


async def test_the_only_article_of_a_sitemap_leaves_it_and_comes_back_into_it(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    await published(newsroom, piece(1))
    await taken_back(newsroom, "https://harbour.example/1")
    assert not (tmp_path / "feeds/sitemaps/1.xml").exists()  # an empty one is invalid
    assert "sitemaps/1.xml" not in (tmp_path / "feeds/sitemap.xml").read_text()
    async with newsroom.app() as app:
        await restore(app, "https://harbour.example/1")
    assert "harbour.example/1<" in (tmp_path / "feeds/sitemaps/1.xml").read_text()


async def test_a_name_that_means_no_article_or_several_is_one_sentence(newsroom: Newsroom) -> None:
    with pytest.raises(UsageError, match="No article has the id, address or slug 'nothing'"):
        await taken_back(newsroom, "nothing")
    one, other = piece(1), replace(piece(2), url=piece(1).url, keys=("guid:2",))
    await published(newsroom, one, other)
    with pytest.raises(
        UsageError, match=r"may be tag:\S+ \(“Piece [12]”\), tag:\S+ \(“Piece [12]”\)"
    ) as refused:
        await taken_back(newsroom, one.url)
    assert refused.value.hint == "Name one by its id."


@pytest.mark.parametrize("name", [SLUG, f"https://news.harbour.example/feeds/articles/{SLUG}.html"])
async def test_it_is_named_by_its_slug_or_its_page_here(newsroom: Newsroom, name: str) -> None:
    assert (await taken_back(newsroom, name)).title == "The Vat of Doctor Quill"


def test_a_withdrawal_wants_a_reason_on_the_command_line(newsroom: Newsroom) -> None:
    process = newsroom.syndicate("withdraw", SLUG)
    assert process.returncode == 2
    assert "Say why the article is withdrawn" in process.stderr
    process = newsroom.syndicate("withdraw", SLUG, "--reason", "A court said so", "--json")
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout)["edition"] == "2023-W41"
