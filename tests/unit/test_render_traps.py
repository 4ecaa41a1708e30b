"""Every trap of mjml-python 1.4.2 that we know: each is repaired, or found with its line."""

import re
import subprocess
import sys
from functools import partial
from html import unescape

import pytest
from mjml import mjml2html

from syndication.errors import TemplateError
from syndication.render.compiler import _html, compiled, repaired
from syndication.render.lines import LineTable, TemplateLine
from syndication.render.lint import DEPTH, lint


def mail(body: str, head: str = "") -> str:
    return (
        f"<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column>\n"
        f"<mj-text><h1>Bell</h1></mj-text>\n{body}\n"
        "</mj-column></mj-section></mj-body></mjml>"
    )


def compile_(source: str) -> str:
    starts = [0, *(offset + 1 for offset, character in enumerate(source) if character == "\n")]
    lines = LineTable(
        tuple(starts), tuple(TemplateLine("digest.mjml", number) for number, _ in enumerate(starts, 1))
    )
    return compiled(source, lines, "digest.mjml", lambda name: f"templates/own/{name}")


def test_the_smallest_mail_compiles_without_a_finding() -> None:
    assert "Bell" in compile_(mail("<mj-text>Hello</mj-text>"))


@pytest.mark.parametrize(
    "alt",
    ["a\u00a0b", "हिन्दी में नाव", "ที่ท่าเรือ", "e\u0301", "👩‍👩‍👧 on a pier", "back\\slash", "two\nlines"],
    ids=["no-break space", "Hindi", "Thai", "combining accent", "joined emoji", "backslash", "line break"],
)
def test_an_attribute_keeps_its_characters(alt: str) -> None:
    source = mail(
        f'<mj-image src="https://a.example/b.png" alt="{alt}" /><mj-text><a href="x" title="{alt}">y</a></mj-text>'
    )
    assert "\\" in mjml2html(source, fonts={}).split("<body")[1]  # the trap is still there
    html = compile_(source)
    assert "\\" not in html.split("<body")[1]
    wanted = "".join(
        character if character.isascii() and character not in "\n\\" else f"&#{ord(character)};"
        for character in alt
    )
    assert html.count(f'"{wanted}"'.replace("&#10;", " ")) == 2


def test_the_title_keeps_its_characters_in_the_label_that_is_made_of_it() -> None:
    source = mail("<mj-text>x</mj-text>", "<mj-title>नाव\u00a0\\u{a0} &amp; &#34;x&#34;</mj-title>")
    assert "\\u{a0}" in mjml2html(source, fonts={}).split('aria-label="')[1].split('"')[0]
    label = compile_(source).split('aria-label="')[1].split('"')[0]
    assert unescape(label) == 'नाव\u00a0\\u{a0} & "x"'


def test_a_quoted_title_stays_in_its_attribute() -> None:
    assert 'alt="the &#34;Astoria&#34;"' in compile_(
        mail('<mj-image src="https://a.example/b.png" alt="the &#34;Astoria&#34;" />')
    )


def test_words_on_both_sides_of_a_line_break_between_tags_do_not_join() -> None:
    source = mail("<mj-text><b>one</b>\n<i>two</i></mj-text>")
    assert "<b>one</b><i>two</i>" in mjml2html(source, fonts={})
    assert "<b>one</b> <i>two</i>" in compile_(source)


def test_carriage_returns_compile() -> None:
    assert "two" in compile_(mail("<mj-text>one\r\n<b>two</b>\r</mj-text>").replace("\n", "\r\n"))
    assert "\r" not in repaired("a\r\nb\rc")


FAULTS: dict[str, tuple[str, str]] = {
    "0 without a unit in a padding": ('<mj-text padding="0 40px">x</mj-text>', "Outlook wrong widths"),
    "an unknown tag": ("<mj-txt>x</mj-txt>", "is not an MJML tag"),
    "an unknown attribute": ('<mj-text colour="#ffffff">x</mj-text>', "has no attribute colour"),
    "a wrong closing tag": ("<mj-text><b>x</i></b></mj-text>", "</i> where <b> is open"),
    "a tag never closed": ("<mj-text><b>x</mj-text>", "</mj-text> where <b> is open"),
    "a closing tag too many": ("<mj-text>x</mj-text></b>", "</b> where <mj-column> is open"),
    "an image without alt": ('<mj-image src="https://a.example/b.png" />', "<mj-image> has no alt"),
    "an img without alt": ('<mj-text><img src="https://a.example/b.png" /></mj-text>', "<img> has no alt"),
    "two classes": ('<mj-text mj-class="a b">x</mj-text>', "names two classes"),
    "an mj-include": ('<mj-include path="a.mjml" />', "<mj-include> is not supported"),
    "a stray less-than sign": ("<mj-text>2 < 3</mj-text>", "`< 3</mj-text>` is not a tag"),
    "an attribute without quotes": ("<mj-text align=left>x</mj-text>", "is not a tag"),
    "a CDATA section": ("<mj-text><![CDATA[x]]></mj-text>", "a CDATA section"),
    "a width with a token": (
        '<mj-image width="[[~s.w~]]" src="https://a.example/b.png" alt="" />',
        "is lost",
    ),
    "a colour of three digits": ('<mj-text color="#fff">x</mj-text>', "Outlook does not know"),
    "a column in a column": (
        "<mj-column><mj-text>x</mj-text></mj-column>",
        "<mj-column> is in <mj-column>",
    ),
    "text outside of mj-text": ("lost words", "text directly in <mj-column>"),
    "a second h1": ("<mj-text><h1>x</h1></mj-text>", "a second <h1>"),
    "a skipped heading": ("<mj-text><h3>x</h3></mj-text>", "<h3> comes after <h1>"),
}


@pytest.mark.parametrize(("body", "fault"), FAULTS.values(), ids=FAULTS)
def test_the_lint_finds(body: str, fault: str) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_(mail(f"<mj-text>fine</mj-text>\n{body}"))
    assert fault in caught.value.message
    assert caught.value.message.startswith("templates/own/digest.mjml, line 4: ")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ('<mj-style inline="inline">a { color: red }</mj-style>', "is not inlined"),
        (
            "<mj-attributes><!-- all --><mj-all font-size='16px' /></mj-attributes>",
            "a comment inside <mj-attributes>",
        ),
        ('<mj-include path="x.html" type="html" />', "<mj-include> is not supported"),
    ],
)
def test_the_lint_finds_in_the_head(head: str, fault: str) -> None:
    assert fault in lint(mail("", head))[0].fault


def test_a_mail_without_a_title_is_found() -> None:
    assert [finding.fault for finding in lint("<mjml><mj-body></mj-body></mjml>")] == ["the mail has no <h1>"]


def test_tags_nested_too_deep_are_found_before_the_compiler_sees_them() -> None:
    killed = f"from mjml import mjml2html; mjml2html('<mjml><mj-body>' + '<mj-wrapper>' * {10_000})"
    assert subprocess.run([sys.executable, "-c", killed], capture_output=True, check=False).returncode < 0
    findings = lint(mail(f"<mj-text>{'<b>' * 5000}x{'</b>' * 5000}</mj-text>"))
    assert [finding.fault for finding in findings] == [f"tags are nested deeper than {DEPTH}"]


def test_a_panic_of_the_compiler_is_a_fault_of_the_template_and_no_end_of_the_run() -> None:
    source = mail("", '<mj-include path="x.html" type="html" />')
    panicking = partial(mjml2html, include_loader=lambda _: "<p>x</p>")
    with pytest.raises(BaseException, match="not yet implemented") as trap:  # the trap is still there
        panicking(source, fonts={})
    assert not isinstance(trap.value, Exception)
    with pytest.raises(TemplateError, match=r"templates/own/digest\.mjml: the MJML compiler crashed"):
        _html(source, str, "templates/own/digest.mjml", panicking)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (mail("<mj-text>[[~b.named~]]x</mj-text>"), "the region 'named' is not closed"),
        (
            mail("<mj-text>[[~b.a~]][[~b.b~]]x[[~e.a~]][[~e.b~]]</mj-text>"),
            "the region 'a' ends where 'b' is open",
        ),
        (
            mail("<mj-text>x</mj-text>", f"<mj-style>{'.a { color: #ffffff } ' * 800}</mj-style>"),
            "the styles are",
        ),
        (mail('<mj-image src="data:image/png;base64,AAAA" alt="" />'), "a data: address"),
    ],
    ids=["open region", "crossed regions", "long style", "data address"],
)
def test_what_only_the_result_shows_is_found_too(source: str, fault: str) -> None:
    with pytest.raises(TemplateError, match=r"templates/own/digest\.mjml: ") as caught:
        compile_(source)
    assert fault in caught.value.message


def test_a_tag_that_is_left_over_is_found() -> None:
    with pytest.raises(TemplateError, match="left over"):
        compile_(mail("<mj-text><!-- <mj-text> --></mj-text>"))


def test_a_token_survives_in_text_and_address() -> None:
    token = "[[~s.unsubscribe~]]"
    html = compile_(
        mail(f'<mj-text><a href="{token}">leave</a> {token}</mj-text><mj-button href="{token}">x</mj-button>')
    )
    assert html.count(token) == 3


@pytest.mark.parametrize(
    ("padding", "right"),
    [
        ("0", True),
        ("20px 0", True),
        ("0 0px", True),
        ("40px 0 10px", True),
        ("1em 0 2em 0px", True),
        ("0px 40px", True),
        ("0.5px 20.5px 0px", True),
        ("10px 20px 30px 40px", True),
        ("0 40px", False),
        ("0px 40px 0 40px", False),
        ("0px  40px", False),
        ("1em 40px", False),
        ("5%", False),
        ("40", False),
        ("0 0 0 40px", False),
    ],
)
def test_a_padding_is_found_exactly_if_the_compiler_miscounts_what_it_leaves(
    padding: str, right: bool
) -> None:
    section = f'<mj-section padding="{padding}"><mj-column><mj-image padding="0px" alt="" src="a" /></mj-column></mj-section>'
    source = f"<mjml><mj-body width='600px'><mj-section><mj-column><mj-text><h1>x</h1></mj-text></mj-column></mj-section>{section}</mj-body></mjml>"
    sides = padding.split()
    left, across = (sides[-1], sides[1]) if len(sides) == 4 else (sides[len(sides) > 1],) * 2
    lengths = [
        0.0 if side.startswith("0 ") else float(re.sub("px|em|%", "", side)) for side in (left, across)
    ]
    width = int(re.findall(r'width="(\d+)"', mjml2html(source, fonts={}))[-1])
    assert (width == int(600 - sum(lengths))) is right  # the trap is still there, and no wider
    assert (not lint(source)) is right


def test_a_padding_of_one_side_is_in_px_if_it_counts() -> None:
    for side, right in (("top", True), ("bottom", True), ("left", False), ("right", False)):
        assert (not lint(mail(f'<mj-text padding-{side}="0">x</mj-text>'))) is right
        assert not lint(mail(f'<mj-text padding-{side}="0px">x</mj-text>'))


def test_a_mistake_in_a_loop_is_told_once() -> None:
    line = '<mj-image src="a" />' * 3
    with pytest.raises(TemplateError, match="line 3: <mj-image> has no alt") as caught:
        compile_(mail(f"{line}\n<mj-txt>x</mj-txt>"))
    assert [each.message for each in caught.value.others] == [
        "templates/own/digest.mjml, line 4: <mj-txt> is not an MJML tag."
    ]


def test_every_finding_is_told_with_its_line_the_first_one_first() -> None:
    with pytest.raises(TemplateError) as caught:
        compile_(mail('<mj-image src="a" />\n<mj-txt>x</mj-txt>\n<mj-image src="b" />'))
    assert str(caught.value).startswith("templates/own/digest.mjml, line 3: <mj-image> has no alt. ")
    assert [each.message for each in caught.value.others] == [
        "templates/own/digest.mjml, line 4: <mj-txt> is not an MJML tag.",
        "templates/own/digest.mjml, line 5: <mj-image> has no alt.",
    ]
    assert all(each.hint for each in caught.value.others)
