"""The examples of "Write articles" are articles, and its tables are what the subscribers know."""

import re
from pathlib import Path

import pytest

from syndication.collect.folder.read import read_folder
from syndication.collect.hot.file import read_hot_file
from syndication.domain.article import Source, SourceKind
from syndication.settings import load_settings
from tests.docs.pages import ROOT, blocks, text

PAGE = "docs/how-to/write-articles.md"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for block in blocks(PAGE):
        path = tmp_path / block.file
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.body, encoding="utf-8")
    picture = tmp_path / "articles/images/lights.png"
    picture.parent.mkdir()
    picture.write_bytes((ROOT / "examples/articles/images/tram.png").read_bytes())
    return tmp_path


def test_every_example_of_an_article_is_collected_without_a_warning(site: Path) -> None:
    publication = load_settings(ROOT / "config/syndicate.toml", {}).facts()
    source = Source("desk", SourceKind.FOLDER, str(site / "articles"))
    reading = read_folder(source, publication=publication, media=site / "media")
    assert reading.warnings == ()
    by_title = {article.title: article for article in reading.articles}
    lights = by_title["The harbour lights are back"]
    assert lights.authors == ("Marta Quental", "Carla Mota")
    assert lights.image
    assert lights.image.alt == "A row of lamps and their reflections"
    assert by_title["Who owns the roofs?"].section == "City"
    ferries = by_title["Night ferries return to the east pier"]
    assert (ferries.authors, ferries.credit) == (("Carla Mota",), "HARBOUR COMPANY")
    assert "Tidewater" not in ferries.content
    assert [line.title for line in reading.hot[0].lines] == [
        "The tram that learned to wait",
        "The bakery that opens at midnight",
        "206 people and a crate of oranges",
    ]


def test_every_example_of_a_hot_list_is_read(site: Path) -> None:
    ranked = [read_hot_file(site / f"hot/2026-W4{name}").lines for name in ("5.csv", "6.json")]
    assert [[line.title for line in lines] for lines in ranked] == [
        ["The harbour lights are back", "Who owns the roofs?"],
        ["Who owns the roofs?", "Lights"],
    ]


def test_the_table_has_every_key_of_the_front_matter() -> None:
    source = (ROOT / "syndication/collect/folder/document.py").read_text("utf-8")
    asked = re.findall(r"(?:head\.(?:texts?|flag)|_time)\(([^()]*)\)", source)
    keys = {key for arguments in asked for key in re.findall(r'"(\w+)"', arguments)}
    table = re.findall(
        r"^\| (`.+?) \|", text(PAGE).partition("| key | meaning |")[2].partition("## ")[0], re.MULTILINE
    )
    assert {key for cell in table for key in re.findall(r"`(\w+)`", cell)} == keys
