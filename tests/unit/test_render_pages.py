from collections.abc import Callable
from datetime import date

import pytest

from syndication.domain.article import Image
from syndication.render.renderer import ArchiveLine
from tests.unit.render_editions import PUBLICATION, Page, article, edition, picture, renderer

PAGES: dict[str, Callable[[], str]] = {
    "edition": lambda: renderer().edition_page(edition()),
    "article": lambda: renderer().article_page(article("bells", url="", image=picture("bells"))),
    "archive": lambda: renderer().archive_index(
        [ArchiveLine("2026-W47", 12, date(2026, 11, 20), "Bells", "2026-W47.html")]
    ),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_page_has_a_main_landmark_one_h1_language_and_the_feeds(page: Callable[[], str]) -> None:
    html = page()
    shown = Page(html)
    assert len(shown.all("main")) == 1
    assert [level for level, _ in shown.headings].count(1) == 1
    assert shown.all("html") == [{"lang": "en", "dir": "ltr"}]
    assert [(link["type"], link["href"]) for link in shown.all("link") if link["rel"] == "alternate"] == [
        ("application/rss+xml", "https://news.bell.example/feeds/rss.xml"),
        ("application/atom+xml", "https://news.bell.example/feeds/atom.xml"),
        ("application/feed+json", "https://news.bell.example/feeds/feed.json"),
    ]
    assert "prefers-color-scheme: dark" in html
    assert all("alt" in image for image in shown.all("img"))


def test_the_page_of_an_edition_is_complete_and_has_nothing_personal() -> None:
    html = renderer().edition_page(edition(note="Hello from the editor."))
    text = Page(html).text
    for word in (
        "Notes on bells",
        "Notes on trams",
        "Notes on kerbs",
        "Notes on gulls",
        "Weekly hot",
        "No. 12",
        "Hello from the editor.",
    ):
        assert word in text
    assert "Unsubscribe" not in html
    assert "You are receiving" not in html
    assert "[[~" not in html
    assert '<link rel="canonical" href="https://news.bell.example/feeds/archive/2026-W47.html">' in html


def test_the_page_of_an_edition_leads_to_our_own_pages_and_images_wherever_its_folder_is_seen() -> None:
    feeds = PUBLICATION.feeds_url
    lead = article(
        "bells", url=f"{feeds}articles/bells.html", image=Image(f"{feeds}media/ab12.png", "A bell", 1200, 750)
    )
    page = Page(renderer().edition_page(edition(lead=lead)))
    assert "../media/ab12.png" in [image["src"] for image in page.all("img")]
    assert "../articles/bells.html" in [link["href"] for link in page.all("a")]
    html = renderer().digest(edition(lead=lead), "en").html
    assert f'href="{feeds}articles/bells.html"' in html
    assert f'src="{feeds}media/ab12.png"' in html


def test_the_page_of_an_article_names_its_own_address_in_full() -> None:
    html = renderer().article_page(article("bells", url=f"{PUBLICATION.feeds_url}articles/bells.html"))
    assert '<link rel="canonical" href="https://news.bell.example/feeds/articles/bells.html">' in html


def test_the_page_of_an_article_has_byline_date_image_credit_and_its_content_as_it_is() -> None:
    shown = article(
        "bells",
        url="",
        title="Bells & <ropes>",
        image=Image("media/ab12.png", "A bell", 1200, 750),
        credit="Rope Walk Archive",
        content='<p>One &amp; two <b>three</b></p><img src="media/cd34.png" alt="">',
        tags=("sound",),
    )
    html = renderer().article_page(shown)
    assert '<h1 class="headline">Bells &amp; &lt;ropes&gt;</h1>' in html
    assert (
        'Ada Quill · <time datetime="2026-11-18T09:00:00+00:00">18 November 2026</time> · 1 min read' in html
    )
    assert '<img src="../media/ab12.png" alt="A bell" width="1200" height="750">' in html
    assert "Image: Rope Walk Archive" in html
    assert '<p>One &amp; two <b>three</b></p><img src="../media/cd34.png" alt="">' in html
    assert '<meta property="og:image" content="https://news.bell.example/feeds/media/ab12.png">' in html


def test_an_article_page_speaks_the_language_of_its_article() -> None:
    html = renderer().article_page(article("bells", language="ko"))
    assert '<html lang="ko" dir="ltr">' in html
    assert "지난 호 모두 보기" in html


def test_the_archive_lists_the_editions_as_given() -> None:
    lines = [
        ArchiveLine("2026-W47", 12, date(2026, 11, 20), "Bells & ropes", "2026-W47.html"),
        ArchiveLine("2026-W46", 11, date(2026, 11, 13), "Salt", "2026-W46.html"),
    ]
    page = Page(renderer().archive_index(lines))
    assert "Bells & ropes No. 12 · Friday 20 November 2026 Salt No. 11" in page.text
    assert [link["href"] for link in page.all("a")][1:3] == ["2026-W47.html", "2026-W46.html"]


def test_an_empty_archive_says_so() -> None:
    assert "No edition has gone out yet." in renderer().archive_index([])
