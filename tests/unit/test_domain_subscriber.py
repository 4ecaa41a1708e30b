"""What two addresses have in common."""

import pytest

from syndication.domain.subscriber import mailbox


@pytest.mark.parametrize(
    ("email", "home"),
    [
        ("Ann@Small.example", "ann@small.example"),
        (" ann+news@small.example ", "ann@small.example"),
        ("ann+a+b@small.example", "ann@small.example"),
        ("+ann@small.example", "+ann@small.example"),
        ("a.nn@small.example", "a.nn@small.example"),
    ],
)
def test_a_mailbox_is_what_stands_before_the_plus(email: str, home: str) -> None:
    assert mailbox(email) == home
