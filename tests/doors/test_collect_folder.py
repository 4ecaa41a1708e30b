"""Folders on a real disk: what becomes an article, what is refused with a reason, and where images go."""

import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syndication.collect.collector import Collector
from syndication.collect.http.fetch import Fetcher
from syndication.collect.source_result import SourceResult
from syndication.domain.article import Image, ParsedArticle, Source, SourceKind, Validators
from syndication.domain.publication import Publication
from syndication.errors import CollectError

PUBLICATION = Publication(
    "The Hanok Review",
    "https://hanok.example/",
    "en",
    ZoneInfo("Asia/Seoul"),
    "1 Street",
    "https://f.example/",
    "https://w.example/",
)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    return folder


async def collect(desk: Path, **fields: str) -> SourceResult:
    source = Source("desk", SourceKind.FOLDER, str(desk), **fields)  # type: ignore[arg-type]  # names and values of texts only
    async with Fetcher() as fetcher:
        collector = Collector(publication=PUBLICATION, media=desk.parent / "media", fetcher=fetcher)
        return await collector.collect(source, Validators(), now=NOW)


async def one(desk: Path, text: str, name: str = "fog.md", **fields: str) -> ParsedArticle:
    (desk / name).write_text(text, "utf-8")
    result = await collect(desk, **fields)
    assert result.warnings == ()
    return result.articles[0]


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(3 * width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


FULL = """\
---
title: "Fog & Sons"
date: 2026-11-16 09:30
updated: 2026-11-17T10:00:00Z
authors: [Mina Han <mina@x.example>, Jun Seo]
section: Harbour
summary: A family *business*.
tags: fog, sea, fog
language: ko
url: /2026/fog?utm_source=desk
credit: HARBOUR FILMS
slug: fog-and-sons
---
# Fog & Sons

The **window** and ~~the door~~ <span onclick="x()">stay</span> shut. [More](/sea)

| day | fog |
|---|---|
| Mon | much |
"""


async def test_every_field_of_the_front_matter_is_read(desk: Path) -> None:
    article = await one(desk, FULL, section="Other")
    assert (article.title, article.authors, article.section) == (
        "Fog & Sons",
        ("Mina Han", "Jun Seo"),
        "Harbour",
    )
    assert article.published is not None
    assert article.updated is not None
    assert article.published.isoformat() == "2026-11-16T09:30:00+09:00"
    assert article.updated.isoformat() == "2026-11-17T10:00:00+00:00"
    assert (article.tags, article.language, article.credit) == (("fog", "sea"), "ko", "HARBOUR FILMS")
    assert (article.url, article.slug) == ("https://hanok.example/2026/fog", "fog-and-sons")
    assert article.summary == "A family *business*."
    assert article.keys == (
        "url:https://hanok.example/2026/fog",
        "guid:desk:fog.md",
        "title:fog & sons:2026-11-16",
    )


async def test_markdown_becomes_clean_html_without_the_repeated_headline(desk: Path) -> None:
    content = (await one(desk, FULL)).content
    assert content.startswith("<p>The <strong>window</strong> and <s>the door</s> <span>stay</span> shut. ")
    assert '<a href="https://hanok.example/sea"' in content
    assert "<td>much</td>" in content
    assert "<h1>" not in content


async def test_another_first_heading_stays(desk: Path) -> None:
    assert "<h1>Part one</h1>" in (await one(desk, "---\ntitle: Fog\n---\n# Part one\n\nx")).content


async def test_a_file_without_front_matter_takes_its_heading_for_the_title(desk: Path) -> None:
    article = await one(desk, "# Fog *and* sea\n\nText.\n", section="Film", language="ko")
    assert (article.title, article.content.strip()) == ("Fog and sea", "<p>Text.</p>")
    assert (article.published, article.section, article.language) == (None, "Film", "ko")


async def test_titles_that_yaml_would_turn_into_something_else_stay_titles(desk: Path) -> None:
    assert (await one(desk, "---\ntitle: 1984\ndate: 2026-11-16\n---\nx")).title == "1984"
    assert (await one(desk, "---\ntitle: No\n---\nx")).title == "No"


async def test_a_title_that_json_escaped_keeps_its_emoji(desk: Path) -> None:
    """A program that writes front matter in JSON's quotes writes an emoji as two halves."""
    assert (await one(desk, '---\ntitle: "Fog \\ud83d\\udea2 sea \\ud83d"\n---\nx')).title == "Fog 🚢 sea"


async def test_an_html_page_speaks_for_itself(desk: Path) -> None:
    page = """<?xml version="1.0" encoding="UTF-8"?><html lang="ko"><head><title>Fog | Paper</title>
    <meta property="og:title" content="Fog"><meta name="author" content="Mina Han">
    <meta property="article:published_time" content="2026-11-16T09:30:00+09:00"></head>
    <body><nav>Menu</nav><article><h1>Fog</h1><p>Text &amp; more.</p><script>x</script></article><footer>F</footer></body></html>"""
    article = await one(desk, page, "fog.html")
    assert (article.title, article.authors, article.language) == ("Fog", ("Mina Han",), "ko")
    assert "Menu" not in article.content
    assert "<p>Text &amp; more.</p>" in article.content
    assert article.published is not None
    assert article.published.isoformat() == "2026-11-16T09:30:00+09:00"


async def test_front_matter_is_believed_before_the_page(desk: Path) -> None:
    article = await one(desk, "---\ntitle: Sea\n---\n<title>Fog</title><p>Text</p>", "fog.html")
    assert (article.title, article.content) == ("Sea", "<p>Text</p>")


async def test_a_saved_page_brings_its_article_and_its_list(desk: Path) -> None:
    page = "Fog\nMina Han\nm@x.example | 2026-11-16 09:30:05\nText.\nMina Han, m@x.example\nWEEKLY HOT\n- 1Sea\n- 210 Boats\n"
    (desk / "fog.txt").write_text(page, "utf-16")
    result = await collect(desk)
    assert [article.title for article in result.articles] == ["Fog"]
    (hot,) = result.hot
    assert (hot.source, hot.origin, hot.published) == ("desk", "fog.txt", result.articles[0].published)
    assert [line.title for line in hot.lines] == ["Sea", "10 Boats"]


async def test_files_come_in_the_order_of_their_paths(desk: Path) -> None:
    for name in ("b.md", "a/z.md", "c.html", "a.md"):
        (desk / name).parent.mkdir(exist_ok=True)
        (desk / name).write_text(f"# {name}\n" if name.endswith("md") else f"<h1>{name}</h1>")
    assert [article.title for article in (await collect(desk)).articles] == [
        "a.md",
        "a/z.md",
        "b.md",
        "c.html",
    ]


@pytest.mark.parametrize(
    ("name", "content", "warning"),
    [
        ("x.md", b"---\ntitle: Fog\ntags: [a\n---\nx", "x.md was not read: line 4"),
        ("x.md", b"---\ntitle: Fog\nx", "x.md was not read: line 1: the front matter is not closed"),
        ("x.md", b"# Fog\n\nbad \xff byte", "x.md was not read: line 3 is not UTF-8."),
        (
            "x.md",
            b"---\ntitle: Fog\ndate: soon\n---\nx",
            "x.md was not read: the published time 'soon' is not a date",
        ),
        (
            "x.md",
            b"---\ntitle: Fog\nurl: javascript:1\n---\nx",
            "x.md was not read: the url is not an http address.",
        ),
        ("x.md", b"no title at all", "x.md was not read: there is no title"),
        ("x.md", b"---\ntitle: Fog\ndraft: yes\n---\nx", "x.md was left out: it is a draft."),
        (".x.md", b"# Fog", ".x.md was not read: it is a hidden file."),
        ("x.md", b"# Fog\n" + b"x" * (10 * 2**20), "x.md was not read: it is larger than 10 MB."),
        ("x.txt", b"just a note", "1 .txt not in the form of a saved page: x.txt."),
        ("x.html", b"", "x.html was not read: there is no title"),
        (
            "x.txt",
            b"Fog\nA\na@x.example | 2026-13-16 09:30\nText",
            "x.txt was not read: '2026-13-16 09:30' is not a time.",
        ),
    ],
)
async def test_what_is_refused_is_said_and_the_others_go_on(
    desk: Path, name: str, content: bytes, warning: str
) -> None:
    (desk / name).write_bytes(content)
    (desk / "good.md").write_text("# Good\n")
    result = await collect(desk)
    assert [article.title for article in result.articles] == ["Good"]
    assert len(result.warnings) == 1
    assert result.warnings[0].startswith(warning)


async def test_an_image_beside_the_article_is_taken_to_media(desk: Path) -> None:
    (desk / "art").mkdir()
    (desk / "art" / "fog bank.png").write_bytes(png(30, 20))
    text = (
        "---\ntitle: Fog\nimage: /art/fog bank.png\nimage_alt: A bank\n---\n![In fog](art/fog%20bank.png)\n"
    )
    article = await one(desk, text)
    assert article.image is not None
    name = article.image.src.removeprefix("media/")
    assert article.image == Image(f"media/{name}", "A bank", 30, 20, "image/png", len(png(30, 20)))
    assert f'<img src="media/{name}" alt="In fog">' in article.content
    assert (desk.parent / "media" / name).read_bytes() == png(30, 20)
    assert [path.name for path in (desk.parent / "media").iterdir()] == [name]


async def test_the_first_image_of_the_text_stands_for_the_article(desk: Path) -> None:
    (desk / "a.png").write_bytes(png(3, 2))
    article = await one(desk, "# Fog\n\n![In fog](a.png)\n")
    assert article.image is not None
    assert (article.image.alt, article.image.width) == ("In fog", 3)


async def test_an_image_seen_before_is_not_written_again(desk: Path) -> None:
    (desk / "a.png").write_bytes(png(3, 2))
    await one(desk, "# Fog\n\n![x](a.png)\n")
    (kept,) = (desk.parent / "media").iterdir()
    before = kept.stat().st_mtime_ns
    await collect(desk)
    assert kept.stat().st_mtime_ns == before


def _outside(desk: Path) -> str:
    (desk.parent / "secret.png").write_bytes(png(1, 1))
    return "../secret.png"


def _link_out(desk: Path) -> str:
    _outside(desk)
    (desk / "link.png").symlink_to(desk.parent / "secret.png")
    return "link.png"


def _no_image(desk: Path) -> str:
    (desk / "a.png").write_text("<svg onload='x()'>")
    return "a.png"


def _too_large(desk: Path) -> str:
    (desk / "a.png").write_bytes(png(1, 1) + bytes(10 * 2**20))
    return "a.png"


@pytest.mark.parametrize("make", [_outside, _link_out, _no_image, _too_large, lambda _: "missing.png"])
async def test_no_other_file_gets_out_as_an_image(desk: Path, make: Callable[[Path], str]) -> None:
    (desk / "fog.md").write_text(f"# Fog\n\n![x]({make(desk)})\n")
    result = await collect(desk)
    assert "<img" not in result.articles[0].content
    assert len(result.warnings) == 1
    assert "left out" in result.warnings[0]
    assert not (desk.parent / "media").exists()


async def test_a_link_to_a_file_outside_is_not_followed(desk: Path) -> None:
    (desk.parent / "secret.md").write_text("# Secret")
    (desk / "fog.md").symlink_to(desk.parent / "secret.md")
    result = await collect(desk)
    assert result.articles == ()
    assert result.warnings == ("fog.md was not read: it is a link to a file outside the source's folder.",)


async def test_a_folder_that_is_not_there_is_one_sentence(desk: Path) -> None:
    with pytest.raises(CollectError, match="Source 'desk': There is no folder"):
        await collect(desk / "missing")
