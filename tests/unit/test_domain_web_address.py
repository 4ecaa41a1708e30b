"""The one parser of addresses: what comes out can be fetched, whatever went in."""

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.collect.text.links import absolute
from syndication.domain.web_address import AddressError, split_address
from syndication.render.characters import web_url

REFUSED = (
    "http://999.1.1.1/",
    "http://1.2.3.04/",
    "http://1.2.3/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://news.example..org/",
    "http://" + "n" * 64 + ".example/",
    "http://" + "a." * 127 + "example/",
    "http://[::1/",
    "http://[::z]/",
    "http://[10.0.0.1]/",
    "http://[v7.x]/",
    "http://[fe80::1%25lo]/",
    "http://tern.example:65536/",
    "http://tern.example:-1/",
    "http://tern.example:0/",
    "http://tern.example:x/",
    "http://tern example/",
    "http://%20/",
    "http:///a",
    "http://" + "é" * 70 + ".example/",
    "ftp://tern.example/",
    "//tern.example/",
)


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_address_is_refused_by_every_door_with_one_error(url: str) -> None:
    with pytest.raises(AddressError):
        split_address(url)
    assert absolute(url) == ""
    assert web_url(url) == ""


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://192.0.2.7:8080/a", "http://192.0.2.7:8080/a"),
        ("HTTPS://Tern.example", "https://tern.example/"),
        ("https://tern.example./", "https://tern.example./"),
        ("https://my_desk-.tern.example/", "https://my_desk-.tern.example/"),
        ("https://tern.example:/", "https://tern.example/"),
        ("https://[2001:DB8:0::1]:8443/", "https://[2001:db8::1]:8443/"),
        ("https://fünf.example/ä", "https://xn--fnf-hoa.example/%C3%A4"),
    ],
)
def test_what_is_one_stays_one(url: str, kept: str) -> None:
    assert absolute(url) == kept
    assert httpx2.URL(kept).host


@given(st.text(alphabet="0123456789.:[]%@-_/ax\\ é\u0663\u00ad", max_size=30))
def test_the_http_library_takes_whatever_the_door_lets_through(rest: str) -> None:
    if url := absolute(f"http://{rest}"):
        assert httpx2.URL(url).host
