"""Addresses of SMTP servers."""

import pytest

from syndication.deliver.server import Security, SmtpServer, parse_server


def test_each_scheme_has_its_security_and_port() -> None:
    assert parse_server("smtp://mail.example") == SmtpServer("mail.example", 587, Security.STARTTLS)
    assert parse_server("smtps://mail.example") == SmtpServer("mail.example", 465, Security.TLS)
    assert parse_server("smtp+plain://127.0.0.1:2525") == SmtpServer("127.0.0.1", 2525, Security.PLAIN)


def test_the_user_is_decoded_and_the_password_comes_apart() -> None:
    server = parse_server("smtp://desk%40hanok.example@mail.example:2587", "open sesame")
    assert (server.username, server.password, server.port) == ("desk@hanok.example", "open sesame", 2587)
    assert "sesame" not in repr(server)
    assert str(server) == "mail.example:2587"
    assert server.name == "desk@hanok.example@mail.example:2587"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "[::1]"])
def test_loopback_is_known_by_its_name(host: str) -> None:
    assert parse_server(f"smtp+plain://{host}:25").loopback
    assert parse_server(f"smtp://{host}").loopback


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.1", "[2001:db8::1]", "localhost.example"])
def test_plain_is_for_loopback_alone(host: str) -> None:
    assert not parse_server(f"smtp://{host}").loopback
    with pytest.raises(ValueError, match="on this machine"):
        parse_server(f"smtp+plain://{host}:25")


@pytest.mark.parametrize(
    "url",
    [
        "smtp://desk:sesame@mail.example",
        "smtp://desk:sesame@",
        "smtp://desk:sesame@mail.example:port",
        "smtp://desk:sesame@mail.example:99999",
        "sesame://mail.example",
        "mail.example/sesame",
        "smtp://",
        "smtp://mail.example/sesame",
        "smtp://mail.example?password=sesame",
        "smtp://mail.example:0",
        "smtp+plain://sesame@127.0.0.1",
        "smtp://[sesame",
        "smtp://ses ame.example",
        "",
    ],
)
def test_a_wrong_address_is_one_sentence_that_never_quotes_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)smtp") as caught:
        parse_server(url)
    assert "sesame" not in str(caught.value)


def test_a_password_never_travels_in_clear_or_without_a_user() -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        parse_server("smtp+plain://127.0.0.1", "sesame")
    with pytest.raises(ValueError, match="no user"):
        parse_server("smtp://mail.example", "sesame")
