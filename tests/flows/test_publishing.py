"""The published folder as a whole: which feeds there are, and that a publish touches only what changed."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from syndication.flows.collecting.collect import run_collect
from syndication.flows.publishing.items import origins
from syndication.flows.publishing.publish import Published, run_publish
from syndication.publish.channel import EntrySource
from syndication.publish.folder import compressed
from syndication.publish.items import kept, restored
from tests.flows.newsroom import Newsroom, article
from tests.flows.test_content import PIXEL


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def write(newsroom: Newsroom, name: str, *, day: int = 9, **fields: str) -> None:
    text = article(f"About {name}", f"2023-10-{day:02} 10:00", f"All about {name}.", **fields)
    newsroom.write(f"articles/{name}.md", text)


async def published(newsroom: Newsroom, *, collect: bool = True) -> Published:
    async with newsroom.app() as app:
        if collect:
            await run_collect(app)
        return await run_publish(app)


def snapshot(newsroom: Newsroom) -> dict[str, tuple[bytes, int, int]]:
    root = newsroom.folder / "feeds"
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        for path in root.rglob("*")
        if path.is_file()
    }


def touched(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """The files that are new, other or gone, without the compressed ones."""
    return {
        path
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path) and not path.endswith(".gz")
    }


def feed_titles(newsroom: Newsroom, folder: str) -> list[str]:
    feed = json.loads((newsroom.folder / "feeds" / folder / "feed.json").read_text())
    return [item["title"] for item in feed["items"]]


async def test_sections_have_feeds_from_one_article_on_authors_and_tags_from_three(
    newsroom: Newsroom,
) -> None:
    for number, day in enumerate((9, 10, 11), start=1):
        write(newsroom, f"fog-{number}", day=day, tags="[Fog]", author="Nari Ok")
    write(newsroom, "tide", section="High Water", tags="[Tide]", author="Sol Han")
    await published(newsroom)

    root = newsroom.folder / "feeds"
    folders = {str(path.parent.relative_to(root)) for path in root.rglob("rss.xml")}
    shelves = {"sections/town", "sections/high-water", "authors/nari-ok", "tags/fog"}
    assert folders == {".", "older", "excerpt"} | shelves | {f"excerpt/{folder}" for folder in shelves}
    assert feed_titles(newsroom, "tags/fog") == ["About fog-3", "About fog-2", "About fog-1"]
    assert feed_titles(newsroom, "sections/high-water") == ["About tide"]
    for folder in folders:
        assert {path.name for path in (root / folder).glob("*.xml")} >= {"rss.xml", "atom.xml"}


async def test_the_twin_of_a_full_feed_has_summaries_only_and_an_excerpt_feed_has_no_twin(
    newsroom: Newsroom,
) -> None:
    write(newsroom, "fog")
    await published(newsroom)
    (item,) = json.loads((newsroom.folder / "feeds/excerpt/sections/town/feed.json").read_text())["items"]
    assert "content_html" not in item
    assert item["content_text"] == "All about fog."
    newsroom.configure(more='[feeds]\ncontent = "excerpt"\n')
    await published(newsroom)
    assert not (newsroom.folder / "feeds/excerpt").exists()
    (item,) = json.loads((newsroom.folder / "feeds/feed.json").read_text())["items"]
    assert "content_html" not in item


async def test_opml_and_the_page_of_the_feeds_name_every_feed(newsroom: Newsroom) -> None:
    write(newsroom, "fog")
    newsroom.configure(more='[hot]\nkind = "file"\npath = "hot.csv"\n')
    newsroom.write("hot.csv", "rank,title\n1,About fog\n2,Fog horns\n")
    await newsroom.run("2023-W41")
    root = newsroom.folder / "feeds"
    outline = etree.parse(root / "opml.xml")
    base = "https://news.harbour.example/feeds/"
    assert outline.xpath("//outline/@xmlUrl") == [
        f"{base}{folder}rss.xml" for folder in ("", "hot/", "editions/", "sections/town/")
    ]
    page = (root / "feeds.html").read_text()
    for folder in ("", "hot/", "editions/", "older/", "sections/town/"):
        assert f'href="{folder}atom.xml"' in page
    assert 'href="../feeds.html"' in (root / "archive/index.html").read_text()


async def test_the_feed_of_the_editions_has_one_entry_a_week_with_its_articles_and_hot_list(
    newsroom: Newsroom,
) -> None:
    write(newsroom, "fog", day=13)
    newsroom.configure(more='[hot]\nkind = "file"\npath = "hot.csv"\n')
    newsroom.write("hot.csv", "rank,title\n1,About fog\n2,Fog <horns>\n")
    await newsroom.run("2023-W41")
    (item,) = json.loads((newsroom.folder / "feeds/editions/feed.json").read_text())["items"]
    assert item["url"] == "https://news.harbour.example/feeds/archive/2023-W41.html"
    link = '<a href="https://news.harbour.example/feeds/articles/about-fog.html">About fog</a>'
    assert item["content_html"] == (
        f"<ul><li>{link}</li></ul><h2>Weekly hot</h2><ol><li>{link}</li><li>Fog &lt;horns&gt;</li></ol>"
    )
    assert item["date_published"] == "2023-10-16T00:00:00+09:00"


async def test_a_publish_without_news_touches_nothing(newsroom: Newsroom) -> None:
    write(newsroom, "fog")
    await published(newsroom)
    before = snapshot(newsroom)
    newsroom.later(hours=1)
    assert (await published(newsroom)).changed == 0
    assert snapshot(newsroom) == before


async def test_a_new_article_touches_only_the_files_that_hold_it(newsroom: Newsroom) -> None:
    write(newsroom, "fog", section="Sea")
    write(newsroom, "bakery", section="Town")
    await published(newsroom)
    before = snapshot(newsroom)
    write(newsroom, "tide", section="Sea", day=10)
    await published(newsroom)
    formats = ("rss.xml", "atom.xml", "feed.json")
    folders = ("", "excerpt/", "older/", "sections/sea/", "excerpt/sections/sea/")
    assert touched(before, snapshot(newsroom)) == {
        *(folder + name for folder in folders for name in formats),
        "articles/about-tide.html",
        "sitemaps/1.xml",
    }


async def test_an_article_that_moves_leaves_its_old_section_whose_last_file_goes_with_it(
    newsroom: Newsroom,
) -> None:
    write(newsroom, "fog", section="Sea")
    write(newsroom, "tide", section="Sea")
    write(newsroom, "bakery", section="Town")
    await published(newsroom)
    write(newsroom, "fog", section="Town")
    await published(newsroom)
    assert feed_titles(newsroom, "sections/sea") == ["About tide"]
    assert sorted(feed_titles(newsroom, "sections/town")) == ["About bakery", "About fog"]
    write(newsroom, "tide", section="Town")
    await published(newsroom)
    assert not (newsroom.folder / "feeds/sections/sea").exists()
    assert "sea" not in (newsroom.folder / "feeds/opml.xml").read_text()


async def test_an_article_of_the_future_appears_when_its_time_has_come_without_a_collect(
    newsroom: Newsroom,
) -> None:
    write(newsroom, "fog")
    write(newsroom, "tomorrow", day=17, section="Later")
    await published(newsroom)
    root = newsroom.folder / "feeds"
    assert feed_titles(newsroom, "") == ["About fog"]
    assert not (root / "articles/about-tomorrow.html").exists()
    newsroom.later(days=1)
    await published(newsroom, collect=False)
    assert feed_titles(newsroom, "") == feed_titles(newsroom, "older") == ["About tomorrow", "About fog"]
    assert feed_titles(newsroom, "sections/later") == ["About tomorrow"]
    assert (root / "articles/about-tomorrow.html").exists()


async def test_a_change_of_the_configuration_makes_everything_anew(newsroom: Newsroom) -> None:
    write(newsroom, "fog")
    await published(newsroom)
    config = newsroom.config.read_text()
    newsroom.config.write_text(config.replace("The Harbour Review", "The Quay Review"))
    await published(newsroom, collect=False)
    for path in (newsroom.folder / "feeds").rglob("*.xml"):
        assert "Harbour Review" not in path.read_text(), path
    assert "The Quay Review" in (newsroom.folder / "feeds/articles/about-fog.html").read_text()


async def test_a_change_of_the_theme_makes_the_pages_anew_and_no_feed(newsroom: Newsroom) -> None:
    write(newsroom, "fog")
    write(newsroom, "town", url="https://harbour.example/town")
    await published(newsroom)
    before = snapshot(newsroom)
    newsroom.write("templates/default/page.css", "/* ours */")
    async with newsroom.app() as app:
        await run_publish(app)
        assert await app.store.shelves.theme() == app.renderer.fingerprint
    pages = {"archive/index.html", "articles/about-fog.html", "feeds.html"}
    assert touched(before, snapshot(newsroom)) == pages
    async with newsroom.app() as app:
        assert (await run_publish(app, full=True)).changed == 0


async def test_an_article_that_did_not_change_is_not_written_again_for_its_feeds(newsroom: Newsroom) -> None:
    write(newsroom, "fog")
    write(newsroom, "tide", day=10)
    await published(newsroom)
    async with newsroom.app() as app:
        for name in ("fog", "tide"):
            (found,) = await app.store.withdrawals.find("-", slug=f"about-{name}")
            ((article, block),) = (await app.store.items.get([found.article.id])).items()
            items = [replace(item, json=item.json.replace(b"All", b"Kept")) for item in restored(block)]
            await app.store.items.keep({article: kept(items)})
    write(newsroom, "tide", day=11)
    await published(newsroom)
    feed = json.loads((newsroom.folder / "feeds/sections/town/feed.json").read_text())
    assert [item["summary"] for item in feed["items"]] == ["All about tide.", "Kept about fog."]


async def test_a_full_publish_gives_the_same_bytes(newsroom: Newsroom) -> None:
    for number in range(4):
        write(newsroom, f"fog-{number}", tags="[Fog, Sea]", day=9 + number)
        await published(newsroom)
    before = snapshot(newsroom)
    async with newsroom.app() as app:
        assert (await run_publish(app, full=True)).changed == 0
    assert snapshot(newsroom) == before


async def test_check_says_what_was_wrong_and_mends_it(newsroom: Newsroom) -> None:
    for number in range(3):
        write(newsroom, f"fog-{number}", tags="[Fog]")
    await newsroom.run("2023-W41")
    before = newsroom.files("feeds")
    root = newsroom.folder / "feeds"
    (root / "articles/about-fog-1.html").write_text("spoiled")
    (root / "excerpt/tags/fog/atom.xml").unlink()
    (root / "rss.xml.gz").write_bytes(b"")
    turned = (root / "sections/town/feed.json").read_bytes()[::-1]  # as many bytes, and a .gz of the same
    (root / "sections/town/feed.json").write_bytes(turned)
    (root / "sections/town/feed.json.gz").write_bytes(compressed(turned))
    (root / "archive/2023-W41.html").write_text("other")
    (root / "sitemaps/1.xml").write_text("")
    async with newsroom.app() as app:
        done = await run_publish(app, check=True)
    assert list(done.damaged) == [
        "archive/2023-W41.html",
        "articles/about-fog-1.html",
        "excerpt/tags/fog/atom.xml",
        "rss.xml",
        "sections/town/feed.json",
        "sitemaps/1.xml",
    ]
    assert done.changed == 6
    assert newsroom.files("feeds") == before
    async with newsroom.app() as app:
        assert not (await run_publish(app, check=True)).damaged


async def test_check_mends_an_image_that_is_lost_or_other_and_warns_of_one_that_nobody_has(
    newsroom: Newsroom,
) -> None:
    for number in range(3):
        (newsroom.folder / f"articles/{number}.png").write_bytes(PIXEL + bytes([number]))
        text = article(f"Fog {number}", "2023-10-09 10:00", f"![Fog]({number}.png)")
        newsroom.write(f"articles/fog-{number}.md", text)
    await published(newsroom)
    before = newsroom.files("feeds")
    lost, other, gone = sorted((newsroom.folder / "feeds/media").iterdir())
    lost.unlink()
    other.write_bytes(PIXEL + b"9")  # as many bytes as it had
    gone.write_bytes(b"spoiled")
    (newsroom.folder / "var/media" / gone.name).unlink()
    async with newsroom.app() as app:
        done = await run_publish(app, check=True)
    assert list(done.damaged) == [f"media/{file.name}" for file in (lost, other, gone)]
    assert done.changed == 3
    assert list(done.warnings) == [f"The image {gone.name} is missing: collect its article again."]
    after = newsroom.files("feeds")
    assert after.keys() == before.keys() - {f"feeds/media/{gone.name}"}
    assert after.items() <= before.items()
    (newsroom.folder / "var/media" / gone.name).write_bytes(before[f"feeds/media/{gone.name}"])
    newsroom.later(minutes=2)
    await published(newsroom)
    assert newsroom.files("feeds") == before


async def test_the_sitemaps_list_our_pages_and_the_publications_and_nobody_elses(newsroom: Newsroom) -> None:
    write(newsroom, "fog", day=15)
    write(newsroom, "town", url="https://www.harbour.example/town")
    write(newsroom, "wire", url="https://elsewhere.example/wire")
    await published(newsroom)
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    root = newsroom.folder / "feeds"
    base = "https://news.harbour.example/feeds/"
    index = etree.parse(root / "sitemap.xml").xpath("//s:loc/text()", namespaces=names)
    assert index == [f"{base}sitemaps/1.xml", f"{base}sitemaps/pages.xml"]
    listed = etree.parse(root / "sitemaps/1.xml").xpath("//s:loc/text()", namespaces=names)
    assert listed == [f"{base}articles/about-fog.html", "https://www.harbour.example/town"]
    news = etree.parse(root / "news-sitemap.xml").xpath("//s:loc/text()", namespaces=names)
    assert news == [f"{base}articles/about-fog.html"]  # the other is older than two days


async def test_each_feed_describes_itself(newsroom: Newsroom) -> None:
    for number in range(3):
        write(newsroom, f"fog {number}", day=15)
    await published(newsroom)
    feeds = [each for each in (newsroom.folder / "feeds").rglob("rss.xml") if each.parent.name != "excerpt"]
    said = [str(etree.parse(each).findtext("channel/description")) for each in feeds]
    assert len(feeds) > 3
    assert len(set(said)) == len(said)
    assert all("Harbour" in each for each in said)


async def test_no_sitemap_is_empty_and_one_that_would_be_goes_until_it_has_an_address(
    newsroom: Newsroom,
) -> None:
    write(newsroom, "wire", day=15, url="https://elsewhere.example/wire")
    await published(newsroom)
    folder = newsroom.folder / "feeds"
    assert [each.name for each in (folder / "sitemaps").glob("*.xml")] == ["pages.xml"]
    assert not list(folder.glob("news-sitemap.*"))
    write(newsroom, "fog", day=15)
    await published(newsroom)
    assert "about-fog.html" in (folder / "news-sitemap.xml").read_text("utf-8")
    assert "about-fog.html" in (folder / "sitemaps/1.xml").read_text("utf-8")
    newsroom.later(hours=72)
    await published(newsroom)
    assert not list(folder.glob("news-sitemap.*"))
    assert "sitemaps/1.xml" in (folder / "sitemap.xml").read_text("utf-8")


SOURCES = """
[[sources]]
name = "wire"
kind = "feed"
url = "https://wire.example/feed"

[[sources]]
name = "ours"
kind = "feed"
url = "https://www.harbour.example/feed"

[[sources]]
name = "intranet"
kind = "feed"
url = "https://intranet.example/feed"
allow_private = true

[[sources]]
name = "paid"
kind = "feed"
url = "https://paid.example/feed?key=secret"
"""


async def test_a_feed_of_others_is_named_with_its_entries_unless_its_address_is_ours_alone(
    newsroom: Newsroom,
) -> None:
    newsroom.configure(more=SOURCES)
    async with newsroom.app() as app:
        assert origins(app) == {"wire": EntrySource("wire", "https://wire.example/feed")}


async def test_an_image_that_is_missing_is_published_once_it_is_there(newsroom: Newsroom) -> None:
    (newsroom.folder / "articles/dot.png").write_bytes(PIXEL)
    newsroom.write("articles/dot.md", article("A dot", "2023-10-09 10:00", "![dot](dot.png)"))
    async with newsroom.app() as app:
        await run_collect(app)
    (image,) = (newsroom.folder / "var/media").iterdir()
    image.unlink()
    done = await published(newsroom, collect=False)
    assert list(done.warnings) == [f"The image {image.name} is missing: collect its article again."]
    newsroom.later(hours=1)
    await published(newsroom)
    assert (newsroom.folder / "feeds/media" / image.name).read_bytes() == PIXEL
