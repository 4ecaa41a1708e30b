"""Cleaned HTML: safe, settled, with absolute links, at any depth."""

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.collect.text.clean import clean, first_image
from syndication.collect.text.shallow import MAX_DEPTH, shallow

BASE = "https://paper.example/fog/page.html"


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("<script>alert(1)</script>Fog", "Fog"),
        ('<p onclick="alert(1)" style="color:red" class="x">Fog</p>', "<p>Fog</p>"),
        ('<a href="java\tscript:alert(1)">Fog</a>', '<a rel="noopener noreferrer">Fog</a>'),
        ('<a href="../lamp?a=1&b=2">L</a>', '<a href="https://paper.example/lamp?a=1&amp;b=2" rel="noopener noreferrer">L</a>'),
        ('<a href="#note">1</a>', '<a href="https://paper.example/fog/page.html#note" rel="noopener noreferrer">1</a>'),
        ('<blockquote cite="q">Q</blockquote>', '<blockquote cite="https://paper.example/fog/q">Q</blockquote>'),
        ('<img src="//cdn.example/a b.png" alt="A &gt; B">', '<img src="https://cdn.example/a%20b.png" alt="A &gt; B">'),
        ('<img src="data:image/gif;base64,R0" data-src="real.png">', '<img src="https://paper.example/fog/real.png">'),
        ('<img srcset="small.png 300w, big.png 900w">', '<img src="https://paper.example/fog/big.png">'),
        ('Fog<img src="https://t.example/p.gif" width="1" height="1">', "Fog"),
        ('Fog<img src="https://t.example/p.gif" style="display: none">', "Fog"),
        ('Fog<img src="https://pixel.wp.com/b.gif?x=1">', "Fog"),
        ('<iframe src="https://v.example/e/1">x</iframe> tail', '<a href="https://v.example/e/1" rel="noopener noreferrer">v.example</a> tail'),
        (
            '<video poster="p.jpg"><source src="v.mp4">no</video>',
            '<a href="https://paper.example/fog/v.mp4" rel="noopener noreferrer"><img src="https://paper.example/fog/p.jpg" alt=""></a>',
        ),
        ('<iframe src="javascript:alert(1)"></iframe>Fog', "Fog"),
        ("<pre>\n\n\n  Fog</pre>", "<pre>  Fog</pre>"),
        ("<form><input value=x>Fog</form>", "Fog"),
        ("F\x00o\ud800g &#1; \ufffe\x0b", "Fog  "),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ],
)  # fmt: skip
def test_what_is_dangerous_goes_and_what_is_meant_stays(dirty: str, expected: str) -> None:
    assert clean(dirty, BASE) == expected


TRICKS = [
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<table><td><a><table><td><a href=x>y", "<b><p>a<b>b</p>c", "<select><b>", "<listing>\n\nx", "<![CDATA[x]]>", "<plaintext>x",
    "<<!-- -->script>alert(1)</script>", "<a href='x' title='</a><script>alert(1)</script>'>x", "<p><li><ul><dl><dd>",
]  # fmt: skip
pieces = st.one_of(
    st.sampled_from(TRICKS),
    st.sampled_from(["<p>", "</p>", "<b>", "</b>", "<a", "href=x>", "</a>", "<pre>", "</pre>", "\n", "<table>", "<td>", "<ul>", "<li>", "<h1>", "<img", "src=y>", "<br>", "<svg>", "<style>", "</style>"]),
    st.text(max_size=8),
    st.sampled_from(["<", ">", "&", "&amp;", '"', "'", "<!--", "-->", "&#x3c;", "\x01", "]]>"]),
)  # fmt: skip


@given(st.lists(pieces, max_size=40).map("".join))
def test_cleaned_html_is_settled(dirty: str) -> None:
    result = clean(dirty, BASE)
    assert nh3.clean(result) == result
    assert clean(result, BASE) == result
    assert "<script" not in result
    assert "onerror=" not in result.replace("&", "<").split("<")[0]


@pytest.mark.parametrize(
    "deep",
    [
        "<div>" * 50_000,
        "<b>" * 50_000,
        "".join(f"<font color={i}>" for i in range(3_000)) + "<p>x" * 3_000,
        '<div title="</div>">' * 30_000,
        '<div ="><div>' * 30_000,
        "<div><!-- </div> -->" * 30_000,
        "<div><script></div></script>" * 30_000,
        '<a "' * 100_000,
        "<!--" * 100_000,
        "<svg><style>" * 30_000,
        "<ul><li>" * 30_000,
    ],
)
def test_deep_or_broken_html_costs_little_and_stays_shallow(deep: str) -> None:
    result = clean(f"<p>before</p>{deep}", BASE)
    assert result.startswith("<p>before</p>")
    assert nh3.clean(result) == result


def test_what_stands_after_deep_html_is_kept() -> None:
    deep = "<div>" * 5_000 + "deep" + "</div>" * 5_000
    result = clean(f"{deep}<p>after</p>", BASE)
    assert "deep" in result
    assert result.endswith("<p>after</p>")
    assert result.count("<div>") == MAX_DEPTH


def test_ordinary_markup_passes_the_cap_unchanged() -> None:
    html = '<article><h2 title="a > b">Fog</h2>' + "<p>One <b>two</b><br>three" * 200 + "</article>"
    assert shallow(html) == html


def test_pictures_written_into_the_page_do_not_count_as_text() -> None:
    picture = "data:image/png;base64," + "iVBORw0KGgo" * 200_000
    assert clean(f'<img src="{picture}"><p>after</p>', BASE) == "<p>after</p>"


def test_a_picture_shown_twice_in_a_row_is_shown_once() -> None:
    assert clean('<img src="a.png"><p><img src="a.png"></p>', BASE).count("<img") == 1


def test_the_first_image_is_found_with_its_words() -> None:
    assert first_image('<p>x</p><img src="https://a.example/1.png" alt="Fog &amp; sea">') == (
        "https://a.example/1.png",
        "Fog & sea",
    )
    assert first_image("<p>none</p>") == ("", "")
