"""Hot lists from files: ranked by score, and every mistake named by its line."""

from pathlib import Path

import pytest

from syndication.collect.hot.file import read_hot_file
from syndication.domain.hotlist import HotLine
from syndication.errors import CollectError


def read(folder: Path, text: str, name: str = "hot.csv") -> tuple[HotLine, ...]:
    path = folder / name
    path.write_text(text, "utf-8")
    found = read_hot_file(path)
    assert (found.source, found.origin, found.published) == ("file", name, None)
    return found.lines


def test_the_highest_score_comes_first_and_ties_go_by_title(tmp_path: Path) -> None:
    assert read(tmp_path, "title,score\nFog,7\nSea,9.5\nBoat,7\n") == (
        HotLine(1, "Sea", score=9.5),
        HotLine(2, "Boat", score=7),
        HotLine(3, "Fog", score=7),
    )


def test_ranks_count_where_there_are_no_scores(tmp_path: Path) -> None:
    assert [line.title for line in read(tmp_path, "rank;title\n2;Fog\n1;Sea\n")] == ["Sea", "Fog"]


def test_without_either_the_order_of_the_file_counts(tmp_path: Path) -> None:
    assert [line.title for line in read(tmp_path, "\ufeffTitle\nFog\n\nBoat\n")] == ["Fog", "Boat"]


def test_an_address_alone_is_enough(tmp_path: Path) -> None:
    assert read(tmp_path, "url,score\nhttps://x.example/fog,3\n") == (
        HotLine(1, "", "https://x.example/fog", 3),
    )


def test_json_is_read_alike(tmp_path: Path) -> None:
    text = '[{"title": "Fog", "score": 1}, {"title": "Sea, \\"calm\\"", "score": "2"}]'
    assert [line.title for line in read(tmp_path, text, "hot.json")] == ['Sea, "calm"', "Fog"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("title,score\n", "is empty"),
        ("[]", "is empty"),
        ("name,score\nFog,1\n", "line 1, is not a header"),
        ('title,score\n"two\nlines",1\nFog,many\n', "line 4, score, is not a number"),
        ("title,score\nFog,nan\n", "line 2, score"),
        ("title,score\nFog,1,234\n", "line 2, has 3 cells"),
        ("title,url\n,\n", "is empty"),
        ("title,score\n,4\n", "line 2, has neither"),
        ("title,url\nFog,javascript:1\n", "line 2, has a url"),
        ("title,score\nFog,1\nSea,2\nFog,3\n", "line 4, repeats line 2"),
        ('title,score\nFog,1\n"Sea"x,2\n', "line 3, is not CSV"),
        ('[{"title": "Fog"},\n{]', "line 2, is not JSON"),
        ('{"title": "Fog"}', "is not a JSON list"),
        ('[{"title": "Fog"}, 4]', "entry 2, is not an object"),
        ('[{"title": "Fog", "score": true}]', "entry 1, score"),
    ],
)
def test_a_mistake_is_named_by_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CollectError, match=message):
        read(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="cannot be read"):
        read_hot_file(tmp_path / "none.csv")
    (tmp_path / "hot.csv").write_bytes(b"title\nFog\n\xff\n")
    with pytest.raises(CollectError, match="line 3, is not UTF-8"):
        read_hot_file(tmp_path / "hot.csv")
