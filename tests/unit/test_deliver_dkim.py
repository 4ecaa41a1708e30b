"""DKIM: dkimpy is the other side, as a receiver would be."""

import base64
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import example, given
from hypothesis import strategies as st

from syndication.deliver.dkim import SIGNED, DkimKey, Seal
from syndication.deliver.dkim_keys import dns_record, new_key, parse_key
from syndication.deliver.message import compile_letter
from tests.unit.test_deliver_message import LINK, MAILING, READER, VARIANT

RSA, ED25519 = new_key("rsa"), new_key("ed25519")
KEYS = (RSA.named("hanok.example", "r1"), ED25519.named("hanok.example", "e1"))
DNS = {f"{key.name}.".encode(): made.record.encode() for key, made in zip(KEYS, (RSA, ED25519), strict=True)}
DATE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HEAD = b"From: <weekly@hanok.example>\r\nSubject: A week\r\nTo: <jieun@example.com>\r\n"
SILENT = logging.getLogger("tests.dkimpy")
SILENT.setLevel(logging.CRITICAL)


def verdicts(message: bytes, keys: Sequence[DkimKey] = KEYS) -> list[bool]:
    """What dkimpy says of each signature, the topmost first."""
    return [_verdict(message, index) for index in range(len(keys))]


def _verdict(message: bytes, index: int) -> bool:
    try:
        return bool(
            dkim.DKIM(message, logger=SILENT).verify(idx=index, dnsfunc=lambda name, timeout=5: DNS.get(name))
        )
    except dkim.ValidationError:  # how it says that the body's hash differs
        return False


def headers(seal: Seal, head: bytes, body: bytes) -> bytes:
    return b"".join(unsigned.signed() for unsigned in seal.unsigned(head, body))


def sealed(head: bytes, body: bytes, constant: bytes = b"", keys: Sequence[DkimKey] = KEYS) -> bytes:
    return headers(Seal(keys, DATE, constant), head, body) + constant + head + b"\r\n" + body


def letter(keys: Sequence[DkimKey] = KEYS, subject: str = "A week in film", name: str = "Jieun Kim") -> bytes:
    compiled = compile_letter(MAILING, replace(VARIANT, subject=subject), keys)
    values = {"name": "Jieun", "count": "3"}
    return compiled.draft(READER._replace(name=name), values, ("topic:film",), LINK).message()


def signatures(message: bytes) -> list[dict[str, str]]:
    """The tags of each DKIM-Signature header, without folds."""
    head = re.sub(r"\r\n[ \t]", "", message.partition(b"\r\n\r\n")[0].decode("ascii"))
    found = re.findall(r"^DKIM-Signature:(.*)\r$", head, re.MULTILINE)
    return [dict(tag.strip().split("=", 1) for tag in text.split(";")) for text in found]


def test_a_letter_verifies_with_both_keys_and_with_each_alone() -> None:
    assert verdicts(letter()) == [True, True]
    assert verdicts(letter(KEYS[:1]), KEYS[:1]) == [True]
    assert verdicts(letter(KEYS[1:]), KEYS[1:]) == [True]


def test_the_signatures_stand_in_front_of_the_message_that_would_go_unsigned() -> None:
    signed, plain = letter(), letter(())
    assert signed.endswith(plain)
    assert signed[: -len(plain)].count(b"DKIM-Signature:") == 2


def test_a_draft_is_signed_when_it_becomes_a_message_and_not_before() -> None:
    signed: list[bytes] = []

    def sign(digest: bytes) -> bytes:
        signed.append(digest)
        return KEYS[0].sign(digest)

    drafts = [
        compile_letter(MAILING, VARIANT, [replace(KEYS[0], sign=sign)]).draft(
            READER, {"name": name, "count": "3"}, (), LINK
        )
        for name in ("Jieun", "Minho")
    ]
    assert not signed
    assert all(verdicts(draft.message(), KEYS[:1]) == [True] for draft in drafts)
    assert len(signed) == len(drafts)


def test_the_same_letter_gets_the_same_bytes_again() -> None:
    again = (
        parse_key(RSA.pem).named("hanok.example", "r1"),
        parse_key(ED25519.pem).named("hanok.example", "e1"),
    )
    assert letter() == letter() == letter(again)


def test_the_time_of_a_signature_is_the_frozen_date() -> None:
    assert [tags["t"] for tags in signatures(letter())] == [str(int(MAILING.date.timestamp()))] * 2


def test_no_signature_has_a_length_or_an_older_algorithm() -> None:
    tags = signatures(letter())
    assert [each["a"] for each in tags] == ["rsa-sha256", "ed25519-sha256"]
    assert all(set(each) == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"} for each in tags)
    assert all(each["c"] == "relaxed/simple" for each in tags)


def test_every_header_of_the_promise_is_listed_once_more_than_it_occurs() -> None:
    message = letter()
    plain = letter(()).partition(b"\r\n\r\n")[0].decode("ascii")
    occurring = {name.lower() for name in re.findall(r"^([A-Za-z-]+):", plain, re.MULTILINE)}
    assert occurring == set(SIGNED)
    for tags in signatures(message):
        assert sorted(tags["h"].split(":")) == sorted([*SIGNED, *SIGNED])


@pytest.mark.parametrize("name", SIGNED)
def test_a_second_header_of_a_signed_name_breaks_both_signatures(name: str) -> None:
    message = letter()
    assert verdicts(message.replace(b"\r\nFrom: ", f"\r\n{name}: injected\r\nFrom: ".encode(), 1)) == [
        False,
        False,
    ]


@pytest.mark.parametrize("name", ["Reply-To", "List-Unsubscribe"])
def test_a_header_that_was_not_there_cannot_be_added(name: str) -> None:
    message = sealed(HEAD, b"Hello\r\n")
    assert verdicts(message) == [True, True]
    assert verdicts(
        message.replace(b"\r\nFrom: ", f"\r\n{name}: <https://a.example/>\r\nFrom: ".encode(), 1)
    ) == [
        False,
        False,
    ]


def test_a_changed_byte_of_the_body_breaks_both_signatures() -> None:
    message = letter()
    assert verdicts(message.replace(b"bye", b"Bye")) == [False, False]


def test_text_after_the_end_breaks_both_signatures() -> None:
    assert verdicts(letter() + b"more\r\n") == [False, False]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("word " * 60, "Jieun"),
        ("지은의 한 주 " * 30, "김지은 " * 12),
        ("trailing  and   inner    spaces   " * 4, 'Jieun "JJ" Kim, Esq.'),
        ("x" * 300, "y" * 200),
    ],
)
def test_folded_and_encoded_headers_verify(subject: str, name: str) -> None:
    message = letter(subject=subject, name=name)
    assert b"\r\n " in message.partition(b"To:")[2].partition(b"Date:")[0]
    assert verdicts(message) == [True, True]


def test_a_relay_that_folds_a_header_anew_leaves_the_signatures_whole() -> None:
    message = letter(subject="word " * 60)
    start = message.index(b"\r\nSubject: ")
    relayed = message[:start] + message[start:].replace(b"\r\n word", b" \r\n\t  word", 2)
    assert relayed != message
    assert verdicts(relayed.replace(b"\r\nTo: ", b"\r\nTO: \t ")) == [True, True]


def test_the_lines_of_a_signature_are_short() -> None:
    long = RSA.named("a-rather-long-name." * 8 + "hanok.example", "a-selector-of-2026")
    lines = headers(Seal((long, KEYS[1]), DATE), HEAD, b"").split(b"\r\n")
    assert all(len(line) <= 78 for line in lines if b"d=" not in line)
    assert all(len(line) <= 998 for line in lines)


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"\r\n\r\n", b"Hi", b"Hi\r\n\r\n\r\n", b"Hi  \r\n \r\n", b".\r\n..\r\n.x"]
)
def test_empty_lines_spaces_and_dots_at_the_end_of_a_body_verify(body: bytes) -> None:
    assert verdicts(sealed(HEAD, body)) == [True, True]


def test_empty_lines_that_a_relay_adds_at_the_end_do_no_harm() -> None:
    assert verdicts(sealed(HEAD, b"Hi\r\n") + b"\r\n\r\n") == [True, True]


lines = st.lists(
    st.one_of(
        st.sampled_from([b"", b".", b"..", b" ", b"\t", b"a  b ", b"From x", b"--=_0"]),
        st.binary(max_size=40).map(lambda data: data.translate(None, b"\r\n\0")),
    ),
    max_size=12,
)


@given(lines, st.booleans())
@example([b"Hi", b"", b""], True)
def test_any_body_verifies(body: list[bytes], ended: bool) -> None:
    assert verdicts(sealed(HEAD, b"\r\n".join(body) + (b"\r\n" if ended else b""))) == [True, True]


word = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20)


@given(st.lists(word, min_size=1, max_size=6), st.sampled_from([b" ", b"  ", b"\r\n ", b" \r\n\t", b"\t"]))
def test_any_header_verifies_however_it_is_folded_and_with_8_bit_names(
    words: list[str], space: bytes
) -> None:
    value = space.join(text.strip().encode() or b"x" for text in words)
    assert verdicts(sealed(HEAD.replace(b"A week", value), b"Hello\r\n")) == [True, True]


def test_it_makes_no_difference_which_headers_are_given_as_constant() -> None:
    first, rest = HEAD[: HEAD.index(b"Subject")], HEAD[HEAD.index(b"Subject") :]
    assert verdicts(sealed(rest, b"Hello\r\n", constant=first)) == [True, True]
    assert verdicts(sealed(b"", b"Hello\r\n", constant=HEAD)) == [True, True]


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Seal(KEYS, DATE.replace(tzinfo=None))


def test_the_record_of_an_rsa_key_is_cut_into_strings_of_255_bytes() -> None:
    line = dns_record("r1._domainkey.hanok.example", RSA.record)
    assert line.startswith('r1._domainkey.hanok.example. IN TXT ( "v=DKIM1; k=rsa; p=MIIB')
    strings = re.findall(r'"([^"]*)"', line)
    assert [len(text) for text in strings] == [255, len(RSA.record) - 255]
    assert "".join(strings) == RSA.record


def test_the_record_of_an_ed25519_key_holds_its_32_bytes() -> None:
    line = dns_record("e1._domainkey.hanok.example", ED25519.record)
    match = re.fullmatch(r'e1\._domainkey\.hanok\.example\. IN TXT "v=DKIM1; k=ed25519; p=([^"]+)"', line)
    assert match
    assert len(base64.b64decode(match[1])) == 32


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: str = "pkcs8", passphrase: bytes = b""
) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8
        if form == "pkcs8"
        else serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption(),
    )


def test_the_older_form_of_an_rsa_key_is_read_too() -> None:
    key = rsa.generate_private_key(65537, 2048)
    assert parse_key(pem(key, "pkcs1")).record == parse_key(pem(key)).record
    assert (
        parse_key(b"\xef\xbb\xbf" + pem(key)).record == parse_key(pem(key)).record
    )  # as Windows editors save it


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (pem(rsa.generate_private_key(65537, 1024)), "1024 bits"),
        (pem(rsa.generate_private_key(65537, 2048), passphrase=b"open"), "passphrase"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither an RSA nor an Ed25519 key"),
        (RSA.pem[:200], "not a private key in PEM form"),
        (b"", "not a private key in PEM form"),
    ],
)
def test_a_key_that_does_not_fit_is_refused_with_its_reason(text: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_key(text)


def test_a_key_never_shows_in_a_traceback() -> None:
    for key in (*KEYS, RSA, ED25519):
        assert "_key=" not in repr(key)
        assert "sign=" not in repr(key)
