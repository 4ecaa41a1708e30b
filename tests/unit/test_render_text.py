from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.variant import slot
from syndication.render.characters import clean, web_url
from syndication.render.wrap import COLUMNS, folded, underline, width
from tests.unit.render_editions import article, edition, merged, renderer


def test_the_text_has_every_link_of_the_mail_in_the_same_order() -> None:
    using = renderer()
    html, text = merged(using.digest(edition(), "en"), using=using)
    urls = ["bells", "trams", "kerbs", "gulls", "gulls", "rain"]
    places = [text.index(f"https://bell.example/{urls[0]}")]
    for name in urls[1:]:
        assert f'href="https://bell.example/{name}"' in html
        places.append(text.index(f"https://bell.example/{name}", places[-1] + 1))
    assert places == sorted(places)
    assert "https://news.bell.example/feeds/archive/2026-W47.html" in text


def test_no_line_but_an_address_is_over_78_columns() -> None:
    long = article(
        "x",
        title="강과 바다의 이야기" * 20,
        summary="Salt and rope. " * 50,
        url="https://bell.example/" + "y" * 120,
    )
    _, text = merged(renderer().digest(edition(lead=long), "en"))
    assert all(width(line) <= 78 for line in text.splitlines() if "://" not in line)
    assert f"https://bell.example/{'y' * 120}\n" in text


def test_east_asian_characters_are_two_columns_wide_and_marks_none() -> None:
    assert width("바다") == 4
    assert width("e\u0301") == 1
    assert underline("바다") == "----"
    assert folded("바" * 50).splitlines() == ["바" * 38, "바" * 12]


def test_the_next_lines_of_an_entry_hang_under_its_text() -> None:
    assert folded(" 1. " + "word " * 20).splitlines()[1].startswith("    word")


def test_a_slot_keeps_room_for_its_value() -> None:
    assert folded(f"You get this at {slot('email')} because").splitlines() == [
        "You get this at",
        slot("email"),
        "because",
    ]


def test_an_address_stands_alone_rather_than_broken() -> None:
    url = "https://bell.example/" + "z" * 90
    assert folded(f"{'word ' * 14}read it: {url}").splitlines()[-1] == url


@given(st.text(max_size=400))
def test_folding_loses_nothing_but_blanks_and_keeps_to_the_columns(text: str) -> None:
    text = clean(text).replace("[[~", "")
    result = folded(text)
    assert "".join(result.split()) == "".join(text.split())
    assert all(width(line) <= COLUMNS for line in result.splitlines() if "://" not in line)


@given(st.text(max_size=200))
def test_clean_text_has_nothing_that_xml_forbids_and_none_of_our_marks(text: str) -> None:
    kept = clean(text)
    assert not any(ord(character) < 32 and character not in "\t\n" for character in kept)
    assert not any(
        "\ufdd0" <= character <= "\ufdef" or "\ud800" <= character <= "\udfff" for character in kept
    )
    assert clean(kept) == kept


@given(st.text(max_size=100))
def test_a_web_address_is_printable_ascii_or_nothing(text: str) -> None:
    for url in (text, f"https://{text}", f"https://bell.example/{text}"):
        shown = web_url(url)
        assert shown == "" or (
            shown.isascii()
            and shown.isprintable()
            and " " not in shown
            and '"' not in shown
            and "[[" not in shown
        )
