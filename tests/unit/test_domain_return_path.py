from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.return_path import LONGEST_LOCAL, Returned, ReturnPath, read_return, return_tokens
from syndication.domain.tokens import Keyring, Purpose

OLD = Keyring.line(b"old", b"o" * 32)
NEW = Keyring.line(b"new", b"n" * 32)
KEYS = Keyring.parse(f"{NEW}\n{OLD}")
ADDRESS = "bounces@hanok.example"
SENT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
READER = "abcdefgh234567ab"
PATH = ReturnPath.of(ADDRESS, SENT)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def token(address: str) -> str:
    return address.partition("+")[2].partition("@")[0]


@given(st.text(LETTERS, min_size=16, max_size=16), st.integers(0, 2**35 - 1))
def test_a_return_path_leads_back_to_its_reader_and_mail(subscriber: str, second: int) -> None:
    sent = datetime.fromtimestamp(second, UTC)
    made = ReturnPath.of(ADDRESS, sent).to(KEYS, subscriber)
    assert return_tokens(ADDRESS, f"To: <{made}>") == (token(made),)
    assert read_return(KEYS, token(made).upper()) == Returned(subscriber, sent)


def test_a_local_part_keeps_within_64_octets() -> None:
    made = ReturnPath.of(f"{'b' * LONGEST_LOCAL}@hanok.example", SENT).to(KEYS, READER)
    assert len(made.partition("@")[0]) == 64


def test_a_frozen_row_keeps_the_key_it_was_planned_with() -> None:
    made = PATH.to(KEYS, READER, OLD[:4])
    assert made == PATH.to(Keyring.parse(OLD), READER)
    assert read_return(Keyring.parse(NEW), token(made)) is None
    with pytest.raises(KeyError):
        PATH.to(KEYS, READER, "zzzz")


@given(st.integers(0, 46), st.sampled_from(LETTERS))
def test_no_character_of_a_token_can_be_changed(place: int, letter: str) -> None:
    made = token(PATH.to(KEYS, READER))
    forged = made[:place] + letter + made[place + 1 :]
    assert (read_return(KEYS, forged) is None) is (forged != made)


def test_the_token_of_a_link_is_no_return_path() -> None:
    link = KEYS.sign(Purpose.BOUNCE, READER)
    assert read_return(KEYS, link) is None
    assert read_return(KEYS, f"{link}a") is None
    assert KEYS.verify(Purpose.BOUNCE, token(PATH.to(KEYS, READER))) is None


@given(st.text())
def test_anything_else_is_no_return_path(text: str) -> None:
    assert read_return(KEYS, text) is None
    return_tokens(ADDRESS, text)


@pytest.mark.parametrize(
    "recipients",
    [
        "To: bounces@hanok.example",
        "To: xbounces+abc@hanok.example",
        "To: bounces+abc@hanok.example.evil.example",
        "To: bounces+abc@hanok.examples",
        "To: bounces+@hanok.example",
    ],
)
def test_another_address_holds_no_token(recipients: str) -> None:
    assert return_tokens(ADDRESS, recipients) == ()
