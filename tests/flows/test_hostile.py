"""A newsroom of hostile articles: every judge of every feed agrees, and no name becomes a path. `benchmarks/hostile.py` does it with 5,000."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.slug import unique_slug
from syndication.flows.publishing.publish import run_publish
from tests.flows.hostile import hostile
from tests.flows.judges import judged, judged_by_sfeed, judged_outline, judged_sitemaps
from tests.flows.newsroom import Newsroom
from tests.flows.test_older import DESK

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    made = Newsroom(tmp_path_factory.mktemp("hostile"))
    asyncio.run(publish(made))
    return made


async def publish(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        await app.store.articles.merge(
            DESK,
            list(hostile(160, seed=1, heaviest=1_000_000)),
            others=(),
            now=newsroom.now,
            mint=lambda: f"tag:harbour.example,2023:{newsroom.moment.new_id()}",
            backlog=lambda _: "",
        )
        await run_publish(app)


def test_every_judge_accepts_every_feed_of_hostile_articles(newsroom: Newsroom) -> None:
    root = newsroom.folder / "feeds"
    counts = {
        str(file.parent.relative_to(root)): judged(file.parent, now=newsroom.now)
        for file in root.rglob("rss.xml")
    }
    assert counts["."] > 20  # what fits into 512 KiB
    assert sum(counts[folder] for folder in counts if folder.startswith("older")) > 100
    assert len(counts) > 50
    assert judged_outline(root / "opml.xml") > 10
    assert judged_sitemaps(root, now=newsroom.now) > 20
    for path in root.rglob("*"):
        assert path.resolve().is_relative_to(root)
        assert path.name.encode().isascii() or path.name.isprintable()
    tags = {path.name for path in (root / "tags").iterdir()}
    assert {"c"} < {name for name in tags if name.startswith("c")}  # c, C# and C++ are three


def test_a_reader_in_c_finds_the_same_ids_titles_links_and_times_in_every_feed(newsroom: Newsroom) -> None:
    assert sum(judged_by_sfeed(file.parent) for file in (newsroom.folder / "feeds").rglob("rss.xml")) > 2_000


@given(st.lists(st.text(st.characters(codec=None), max_size=80), max_size=8))
def test_no_name_becomes_a_path_and_no_two_names_the_same_folder(names: list[str]) -> None:
    slugs: list[str] = []
    for name in dict.fromkeys(names):
        slugs.append(unique_slug(name, slugs, name))
    assert len(set(slugs)) == len(slugs)
    for slug in slugs:
        assert 0 < len(slug.encode("utf-8")) <= 60
        assert not set(slug) & set("/\\.\0: \n")
