"""Nothing that a visitor sees of a source's HTML is lost on the way to the stored article."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syndication.collect.text.clean import clean
from syndication.collect.text.shallow import shallow
from syndication.domain.text import plain

BASE = "https://harbour.example/"
VOID = re.findall(
    r"\S+",
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr",
)
SHOWN = re.findall(
    r"\S+",
    """a abbr acronym address article aside b bdi bdo big blink blockquote body canvas caption center cite code colgroup
data dd del details dfn dialog dir div dl dt em fieldset figcaption figure font footer form frameset h1 h2 h3 h4 h5 h6 head
header hgroup hr html i ins kbd label legend li listing main map mark marquee menu meter nav nobr object ol optgroup option
output p picture pre progress q rb rp rt rtc ruby s samp search section slot small span strike strong sub summary sup table
tbody td tfoot th thead time tr tt u ul var xmp made-up""",
)
# What a browser shows instead of the content, or a control of a form that a mail does not have.
HIDDEN = re.findall(
    r"\S+",
    """audio button datalist iframe noembed noframes noscript script select style template textarea title video""",
)
ATTRIBUTES = [
    "", ' class="x"', ' title="a > b"', " hidden", ' title="</p>"', " src=x.png", " style='color: red'", " =", " /", ' href="#a"',
    ' srcset="a.jpg 1x"', " open", ' dir="rtl"', " data-x='<b>'",
]  # fmt: skip
attributes = st.sampled_from(ATTRIBUTES)
TEMPLATES = ["{0}{1}{2}", "<p>{0}</p>{1}<p>{2}</p>", "<div>{0}{1}{2}</div>", "<ul><li>{0}</li><li>{1}</li></ul><p>{2}</p>",
             "<figure>{0}<figcaption>{1}</figcaption></figure>{2}", "<blockquote><p>{0}{1}</blockquote>{2}"]  # fmt: skip


def words(html: str) -> list[str]:
    return re.findall(r"fog|lamp|pier|tide", plain(html))


@example("source", " srcset=a.jpg", TEMPLATES[1], 30)
@example("wbr", "", TEMPLATES[0], 0)
@given(st.sampled_from(VOID), attributes, st.sampled_from(TEMPLATES), st.sampled_from([0, 30]))
def test_an_element_without_content_takes_nothing_with_it(
    tag: str, attribute: str, template: str, more: int
) -> None:
    html = template.format("fog", f"<{tag}{attribute}>lamp", "pier") + "<p>tide" * more
    assert words(clean(html, BASE)) == ["fog", "lamp", "pier", *["tide"] * more]


@given(
    st.lists(st.tuples(st.sampled_from(SHOWN), attributes), min_size=1, max_size=4),
    st.sampled_from(TEMPLATES),
    st.sampled_from([0, 30]),
    st.booleans(),
)
def test_the_words_before_in_and_after_an_element_are_kept(
    opened: list[tuple[str, str]], template: str, more: int, closed: bool
) -> None:
    inside = "".join(f"<{tag}{attribute}>" for tag, attribute in opened) + "lamp"
    ends = "".join(f"</{tag}>" for tag, _ in reversed(opened)) if closed else ""
    html = template.format("fog", inside + ends, "pier") + "<p>tide</p>" * more
    assert sorted(words(clean(html, BASE))) == sorted(["fog", "lamp", "pier", *["tide"] * more])


@given(st.sampled_from(HIDDEN), attributes, st.sampled_from(TEMPLATES), st.sampled_from([0, 30]))
def test_what_is_not_shown_takes_nothing_with_it(tag: str, attribute: str, template: str, more: int) -> None:
    html = template.format("fog", f"<{tag}{attribute}>lamp</{tag}>", "pier") + "<p>tide" * more
    assert [word for word in words(clean(html, BASE)) if word != "lamp"] == ["fog", "pier", *["tide"] * more]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("fog<picture><source srcset='w.webp'><img src='j.jpg'></picture>lamp", 'fog<img src="https://harbour.example/j.jpg">lamp'),
        ('<picture><source data-srcset="s.jpg 300w, l.jpg 900w"><img alt="Pier"></picture>', '<img alt="Pier" src="https://harbour.example/l.jpg">'),
        ('<img src="spin.gif" data-srcset="s.jpg 300w, l.jpg 900w">', '<img src="https://harbour.example/l.jpg">'),
        ('<img src="data:image/gif;base64,R0" srcset="a,b.jpg 1x, c.jpg 2x">', '<img src="https://harbour.example/a,b.jpg">'),
        ('<img src="spin.gif" alt="Pier"> <noscript><img src="j.jpg"></noscript>fog', '<img src="https://harbour.example/j.jpg" alt="Pier">fog'),
        ('<p>fog</p><noscript><p>Without scripts</p><img src="j.jpg"></noscript>', '<p>fog</p><img src="https://harbour.example/j.jpg">'),
        ('<noscript><img height="1" width="1" src="https://t.example/p.gif"></noscript>fog', "fog"),
        ('<audio src="n.mp3" title="Nine knots"></audio>fog', '<a href="https://harbour.example/n.mp3" rel="noopener noreferrer">Nine knots</a>fog'),
        ('<embed src="film.mp4">fog', '<a href="https://harbour.example/film.mp4" rel="noopener noreferrer">harbour.example</a>fog'),
        ('<object data="plan.png" title="Plan">none</object>', '<img src="https://harbour.example/plan.png" alt="Plan">'),
        ("<object><p>fog</p></object>", "<p>fog</p>"),
        ("<h3><button>Who pays?</button></h3><button>Share</button>", "<h3>Who pays?</h3>"),
        ("<xmp><b>fog</b></xmp>lamp", "<pre>&lt;b&gt;fog&lt;/b&gt;</pre>lamp"),
    ],
)  # fmt: skip
def test_pictures_and_players_are_kept_in_the_form_that_a_mail_shows(html: str, expected: str) -> None:
    assert clean(html, BASE).lstrip() == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<svg viewBox="0 0 9 9"><title>The tides</title><path d="M0 0"/></svg>', "<span>The tides</span> "),
        ('<svg aria-label="The tides"><g><path/></g></svg>', "<span>The tides</span> "),
        ("<svg><style/><text>High</text><text>Low</text></svg>", "<span>High Low</span> "),
        ("<p>fog</p><svg/><p>lamp</p>", "<p>fog</p> <p>lamp</p>"),
        ("<svg><path><p>fog</p>", " <p>fog</p>"),
        ("<div><svg><path></div>fog", "<div> </div>fog"),
        ("<svg><foreignObject><div>fog</div></foreignObject></svg>lamp", " <div>fog</div>lamp"),
        ("<math><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></math>", "E=mc<sup>2</sup>"),
        ("<math><msub><mi>x</mi><mn>1</mn></msub><mo>&lt;</mo><mfrac><mn>1</mn><mi>y</mi></mfrac></math>", "x<sub>1</sub>&lt;(1)/(y)"),
        ("<math><semantics><mi>x</mi><annotation>\\x</annotation></semantics></math>", "x"),
        ('<math alttext="x + y"><mspace/></math>fog', "x + yfog"),
    ],
)  # fmt: skip
def test_drawings_and_formulas_become_their_words(html: str, expected: str) -> None:
    assert clean(html, BASE).lstrip() == expected.lstrip()


def test_any_number_of_icons_leaves_the_rest_of_the_page_as_it_is() -> None:
    rest = '<h2>Fog</h2><p><a href="https://harbour.example/">lamp</a></p>'
    for icon in (
        '<svg><path d="M0 0"/><circle r="1" /></svg>',
        "<svg><use href=#i></svg>",
        "<math><mspace/></math>",
    ):
        assert shallow(icon * 300 + rest, drawings=False).strip() == rest
