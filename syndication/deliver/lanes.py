"""Lanes: the mailbox provider of a recipient, chosen by the suffix of the domain. Limits apply to a lane."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from syndication.domain.limits import Limits

OTHER = "other"  # every domain that no lane names


@dataclass(frozen=True, slots=True)
class Lane:
    """A mailbox provider. `domains` match themselves and everything below them."""

    name: str
    domains: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)


# The providers that are strictest about a sender's pace. Google and Microsoft also serve other domains, but finding those would need DNS
# during a run. The figures are cautious guesses: no provider publishes its own.
DEFAULT_LANES: tuple[Lane, ...] = (
    Lane("gmail", ("gmail.com", "googlemail.com"), Limits(10, 20)),
    Lane(
        "outlook",
        ("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.kr", "hotmail.co.uk", "hotmail.fr"),
        Limits(5, 10),
    ),
    Lane(
        "yahoo",
        ("yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr"),
        Limits(5, 10),
    ),
    Lane("apple", ("icloud.com", "me.com", "mac.com"), Limits(5, 10)),
    Lane("naver", ("naver.com",), Limits(5, 10)),
    Lane("daum", ("daum.net", "hanmail.net", "kakao.com"), Limits(5, 10)),
    Lane("gmx", ("gmx.net", "gmx.de", "gmx.at", "gmx.com", "web.de"), Limits(5, 10)),
    Lane("yahoo-japan", ("yahoo.co.jp",), Limits(3, 5)),
    Lane("qq", ("qq.com", "foxmail.com"), Limits(3, 5)),
    Lane("netease", ("163.com", "126.com", "yeah.net"), Limits(3, 5)),
    Lane("mailru", ("mail.ru", "inbox.ru", "list.ru", "bk.ru"), Limits(5, 10)),
    Lane("yandex", ("yandex.ru", "yandex.com", "ya.ru"), Limits(5, 10)),
    Lane("orange", ("orange.fr", "wanadoo.fr"), Limits(3, 5)),
)


def lane_of(domain: str, lanes: Sequence[Lane] = DEFAULT_LANES) -> str:
    """Return the name of the lane for `domain`: the longest suffix wins, of equal ones the first. Put a site's own lanes first."""
    domain = domain.lower().rstrip(".")
    best, length = OTHER, 0
    for lane in lanes:
        for suffix in lane.domains:
            if len(suffix) > length and (domain == suffix or domain.endswith("." + suffix)):
                best, length = lane.name, len(suffix)
    return best
