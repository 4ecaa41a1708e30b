"""What a fetch may cost, in seconds, bytes and requests: the limits of `[collect]` in the configuration."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """A fetch takes at most `seconds`, `redirects`, and `body_bytes` after decompression (`xml_bytes` of XML), with
    `attempts` per address and waits of `first_wait` seconds and more between them. `per_host` and `total` requests run
    at once.

    `robots`: obey robots.txt for addresses that were `found`, for `all`, or never (`off`). `crawl_delay`: the longest
    pause between two requests, in seconds, that a robots.txt may ask for.
    """

    seconds: float = 20.0
    body_bytes: int = 10 * 2**20
    xml_bytes: int = 10 * 2**20
    redirects: int = 5
    attempts: int = 3
    first_wait: float = 0.5
    per_host: int = 4
    total: int = 40
    robots: Literal["found", "all", "off"] = "found"
    crawl_delay: float = 5.0
