"""Addresses: the canonical form, and what may stand on an envelope."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.deliver.address import ascii_url, envelope_address, parse_address


@pytest.mark.parametrize(
    ("text", "email", "domain"),
    [
        (" Jieun.Kim@Example.COM ", "Jieun.Kim@example.com", "example.com"),
        ("a+b_c-d=e@mail.example.org", "a+b_c-d=e@mail.example.org", "mail.example.org"),
        ("jieun@한옥.example", "jieun@xn--wk5b71z.example", "xn--wk5b71z.example"),
        ("지은@example.com", "지은@example.com", "example.com"),
    ],
)
def test_an_address_has_one_form(text: str, email: str, domain: str) -> None:
    address = parse_address(text)
    assert (address.email, address.domain) == (email, domain)
    assert parse_address(email) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "a@",
        "@example.com",
        "a@b",
        "a b@example.com",
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "Jieun <a@example.com>",
        "a..b@example.com",
        ".a@example.com",
        "a@-example.com",
        "a@exa_mple.com",
        '"a b"@example.com',
        "a@[127.0.0.1]",
        "a@localhost",
        "a@printer.local",
        "x" * 65 + "@example.com",
        "a@" + "x." * 130 + "com",
        "a@xn--0.example",
    ],
)
def test_what_is_no_address_is_refused_in_one_clause(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+[^.\n]$"):
        parse_address(text)


@given(st.text(max_size=40))
def test_whatever_is_taken_can_stand_on_an_envelope(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert envelope_address(address.email) == address.email


@given(st.text(max_size=30), st.sampled_from('\r\n\0 <>,;:"\\\u2028\x85\v'))
def test_an_envelope_address_never_ends_its_line_or_its_brackets(text: str, evil: str) -> None:
    with pytest.raises(ValueError, match="not one address"):
        envelope_address(f"a{evil}{text}@example.com")


def test_the_domain_of_an_envelope_address_is_ascii() -> None:
    assert envelope_address("지은@한옥.example") == "지은@xn--wk5b71z.example"
    with pytest.raises(ValueError, match="international"):
        envelope_address("a@\u200b.example")


@pytest.mark.parametrize(
    ("url", "ascii_form"),
    [
        ("https://news.example/unsubscribe/?a=b%20c", "https://news.example/unsubscribe/?a=b%20c"),
        ("https://한옥.example:8443/뉴스/", "https://xn--wk5b71z.example:8443/%EB%89%B4%EC%8A%A4/"),
        ("https://news.example/é%20/?q=ü&p=1", "https://news.example/%C3%A9%20/?q=%C3%BC&p=1"),
    ],
)
def test_a_link_in_a_header_is_ascii(url: str, ascii_form: str) -> None:
    assert ascii_url(url) == ascii_form
