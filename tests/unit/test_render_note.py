"""The editor's note: paragraphs and links, everything else stays what was typed."""

import pytest

from syndication.render.view import paragraphs


@pytest.mark.parametrize(
    ("note", "html", "text"),
    [
        ("One\nline.\n \nTwo.", ["One line.", "Two."], ["One line.", "Two."]),
        ("\n\n \n", [], []),
        (
            "See [the tides](https://a.example/?a=1&b=2).",
            ['See <a href="https://a.example/?a=1&amp;b=2" style="color:inherit">the tides</a>.'],
            ["See the tides <https://a.example/?a=1&b=2>."],
        ),
        (
            "[one](http://a.example/)-[<two>](https://b.example/é)",
            [
                '<a href="http://a.example/" style="color:inherit">one</a>-<a href="https://b.example/%C3%A9" style="color:inherit">&lt;two&gt;</a>'
            ],
            ["one <http://a.example/>-<two> <https://b.example/é>"],
        ),
        (
            '[x](javascript:alert(1)) [y](https://") *z* <b>',
            ["[x](javascript:alert(1)) [y](https://&quot;) *z* &lt;b&gt;"],
            ['[x](javascript:alert(1)) [y](https://") *z* <b>'],
        ),
    ],
)
def test_a_note_prints_its_paragraphs_with_their_links(note: str, html: list[str], text: list[str]) -> None:
    found = paragraphs(note)
    assert [each.__html__() for each in found] == html
    assert [str(each) for each in found] == text
