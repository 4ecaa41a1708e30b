"""Sitemaps by the rules of sitemaps.org and of Google's news."""

from pathlib import Path

import pytest
from lxml import etree

from syndication.publish.outline import OutlineGroup, outline
from syndication.publish.sitemap import News, Page, news_sitemap, sitemap, sitemap_index
from tests.flows.judges import judged_outline, judged_sitemaps
from tests.unit.publish_samples import NOON, PUBLICATION, channel

BASE = PUBLICATION.feeds_url


def news(url: str = f"{BASE}articles/fog.html", *, language: str = "", title: str = "Fog") -> News:
    return News(url, title, NOON, language)


def languages(made: bytes) -> list[str]:
    return [element.text for element in etree.fromstring(made).iter("{*}language")]


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("", "ko"),
        ("en-GB", "en"),
        ("PT-br", "pt"),
        ("fil", "fil"),
        ("zh", "zh-cn"),
        ("zh-Hans-CN", "zh-cn"),
        ("zh-Hant", "zh-tw"),
        ("zh-HK", "zh-tw"),
    ],
)
def test_the_language_of_news_is_that_of_the_article_as_iso_639_names_it(tag: str, name: str) -> None:
    made = news_sitemap([news(language=tag)], publication=PUBLICATION.title, language="ko-KR")
    assert languages(made) == [name]


def test_an_address_that_is_too_long_for_a_sitemap_is_left_out_as_it_is_escaped() -> None:
    fits, is_too_long = f"{BASE}{'a' * (2_047 - len(BASE))}", f"{BASE}{'안' * 300}"
    made = (
        sitemap([Page(is_too_long), Page(fits)]),
        news_sitemap([news(is_too_long), news(fits)], publication=PUBLICATION.title, language="en"),
    )
    for data in made:
        assert [element.text for element in etree.fromstring(data).iter("{*}loc")] == [fits]


def test_a_sitemap_without_an_address_is_no_file() -> None:
    too_long = f"{BASE}{'안' * 300}"
    assert sitemap([]) == sitemap([Page(too_long)]) == b""
    for articles in ([], [news(too_long)]):
        assert news_sitemap(articles, publication=PUBLICATION.title, language="en") == b""


def test_news_without_a_title_is_called_by_its_address() -> None:
    made = news_sitemap([news(title="\x0b ")], publication=PUBLICATION.title, language="en")
    assert [element.text for element in etree.fromstring(made).iter("{*}title")] == [
        f"{BASE}articles/fog.html"
    ]


def test_the_files_are_what_the_protocol_asks_for_whatever_stands_in_a_title(tmp_path: Path) -> None:
    (tmp_path / "sitemaps").mkdir()
    pages = [Page(f"{BASE}articles/fog.html", NOON), Page(f"{BASE}articles/안개.html?a=1&b=<2>")]
    (tmp_path / "sitemaps/1.xml").write_bytes(sitemap(pages))
    (tmp_path / "sitemap.xml").write_bytes(sitemap_index([Page(f"{BASE}sitemaps/1.xml", NOON)]))
    fresh = [news(title="]]> <b>Fog</b> & \x0b\ud800 부두")]
    (tmp_path / "news-sitemap.xml").write_bytes(news_sitemap(fresh, publication="A & B", language="en"))
    assert judged_sitemaps(tmp_path, now=NOON) == 2
    root = etree.parse(tmp_path / "news-sitemap.xml")
    assert (root.findtext(".//{*}title"), root.findtext(".//{*}name")) == ("]]> <b>Fog</b> &  부두", "A & B")
    times = [element.text for element in etree.parse(tmp_path / "sitemaps/1.xml").iter("{*}lastmod")]
    assert times == ["2026-11-18T03:00:00+00:00"]


def test_of_news_a_thousand_are_given() -> None:
    many = [news(f"{BASE}articles/{number}.html") for number in range(1_001)]
    made = news_sitemap(many, publication=PUBLICATION.title, language="en")
    given = [element.text for element in etree.fromstring(made).iter("{*}loc")]
    assert given == [article.url for article in many[:1_000]]


def test_an_outline_is_a_list_of_subscriptions_whatever_stands_in_a_title(tmp_path: Path) -> None:
    groups = [
        OutlineGroup("", (channel(title="<All> & more"),)),
        OutlineGroup("Tags", (channel(title="\x00'\"\ufffe", url_base=f"{BASE}tags/%EC%95%88/"),)),
        OutlineGroup("Authors", ()),
    ]
    file = tmp_path / "opml.xml"
    file.write_bytes(outline("The Harbour Post\x0b", groups))
    assert judged_outline(file) == 2
    assert etree.parse(file).xpath("//outline[outline]/@text") == ["Tags"]
