import base64
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.tokens import Keyring, Purpose

OLD = Keyring.line(b"old", b"o" * 32)
NEW = Keyring.line(b"new", b"n" * 32)
READER = "abcdefgh234567ab"
subscribers = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16)


@given(subscribers, st.binary(min_size=3, max_size=3), st.binary(min_size=32, max_size=32))
def test_a_token_leads_back_to_its_reader_whatever_the_key(
    subscriber: str, key_id: bytes, key: bytes
) -> None:
    keyring = Keyring.parse(Keyring.line(key_id, key))
    token = keyring.sign(Purpose.UNSUBSCRIBE, subscriber)
    assert re.fullmatch(r"[a-z2-7]{46}", token)
    assert keyring.verify(Purpose.UNSUBSCRIBE, token) == subscriber
    assert keyring.verify(Purpose.UNSUBSCRIBE, f" {token.upper()}\r\n") == subscriber


def test_a_token_for_one_purpose_is_none_for_another() -> None:
    keyring = Keyring.parse(NEW)
    token = keyring.sign(Purpose.PREFERENCES, READER)
    purposes = [Purpose.UNSUBSCRIBE, Purpose.CONFIRM, Purpose.BOUNCE]
    assert [keyring.verify(purpose, token) for purpose in purposes] == [None, None, None]


def test_a_link_mailed_long_ago_works_after_a_new_key_was_put_first() -> None:
    token = Keyring.parse(OLD).sign(Purpose.UNSUBSCRIBE, READER)
    both = Keyring.parse(f"{NEW}\n\n{OLD}\n")
    assert both.verify(Purpose.UNSUBSCRIBE, token) == READER
    assert both.sign(Purpose.UNSUBSCRIBE, READER)[:4] == both.signer == NEW[:4]


def test_a_frozen_row_is_signed_with_the_key_it_was_planned_with() -> None:
    both = Keyring.parse(f"{NEW}\n{OLD}")
    assert both.sign(Purpose.UNSUBSCRIBE, READER, OLD[:4]) == Keyring.parse(OLD).sign(
        Purpose.UNSUBSCRIBE, READER
    )
    with pytest.raises(KeyError):
        both.sign(Purpose.UNSUBSCRIBE, READER, "zzzz")


@given(st.integers(0, 45), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_no_character_of_a_token_can_be_changed(place: int, letter: str) -> None:
    keyring = Keyring.parse(NEW)
    token = keyring.sign(Purpose.UNSUBSCRIBE, READER)
    forged = token[:place] + letter + token[place + 1 :]
    assert keyring.verify(Purpose.UNSUBSCRIBE, forged) == (READER if forged == token else None)


@given(st.text())
def test_anything_else_is_no_token(text: str) -> None:
    assert Keyring.parse(NEW).verify(Purpose.UNSUBSCRIBE, text) is None


@pytest.mark.parametrize("text", ["", "\n", "abcd", "abcd " + "a" * 51, "ABCD " + "a" * 52, NEW + " more"])
def test_a_secrets_file_that_is_not_one_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        Keyring.parse(text)
    assert not any(word in str(caught.value) for word in text.split())


def test_a_keyring_does_not_print_its_keys() -> None:
    keyring = Keyring.parse(NEW)
    assert base64.b32encode(b"n" * 32).decode().rstrip("=").lower() not in repr(keyring)
    assert repr(b"n" * 32) not in repr(keyring)


@pytest.mark.parametrize("length", [1, 32, 64, 65, 200])
def test_the_mac_is_hmac_sha256(length: int) -> None:
    key = bytes(range(length))
    subscriber = "abcdefghijklmnop"
    digest = hmac.digest(key, f"{Purpose.UNSUBSCRIBE}\0wxyz\0{subscriber}".encode(), "sha256")
    expected = base64.b32encode(digest[:16]).decode().rstrip("=").lower()
    assert Keyring((("wxyz", key),)).sign(Purpose.UNSUBSCRIBE, subscriber) == f"wxyz{subscriber}{expected}"


def test_the_hash_of_an_ascii_address_is_the_one_of_the_first_release() -> None:
    ring = Keyring((("abcd", bytes(32)),))
    assert ring.keyed_hash(" Ann@Small.EXAMPLE ") == "abcd" + ring.mac("abcd", "mark", "ann@small.example")
    assert ring.keyed_hash("strau\xdf@small.example") != ring.keyed_hash("strauss@small.example")
