"""What two addresses have in common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.subscriber import mailbox, same_address


@pytest.mark.parametrize(
    ("email", "home"),
    [
        ("Ann@Small.example", "ann@small.example"),
        (" ann+news@small.example ", "ann@small.example"),
        ("ann+a+b@small.example", "ann@small.example"),
        ("+ann@small.example", "+ann@small.example"),
        ("a.nn@small.example", "a.nn@small.example"),
        ("Strauß+News@small.example", "strauß@small.example"),
    ],
)
def test_a_mailbox_is_what_stands_before_the_plus(email: str, home: str) -> None:
    assert mailbox(email) == home


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("strauß@small.example", "strauss@small.example"),
        ("\u017fam@small.example", "sam@small.example"),
        ("ﬁn@small.example", "fin@small.example"),
        ("\u212aim@small.example", "kim@small.example"),  # the sign of Kelvin
        ("ÄNNE@small.example", "änne@small.example"),
        ("\u03c3\u03b1\u03c2@small.example", "\u03c3\u03b1\u03c3@small.example"),
    ],
)
def test_letters_beyond_ascii_are_not_folded(one: str, other: str) -> None:
    assert same_address(one) != same_address(other)
    assert same_address(same_address(one)) == same_address(one)


@given(st.text(st.characters(max_codepoint=127)))
def test_an_ascii_address_compares_as_it_always_did(text: str) -> None:
    assert same_address(text) == text.strip().casefold()


def test_a_domain_has_no_case() -> None:
    assert same_address("Jürgen@SMALL.example") == same_address("jürgen@small.example")
