"""What one fetch may cost, in seconds, bytes and requests: every cap of `[collect]` in the configuration."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["FetchLimits"]


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Of one fetch: `seconds` and `redirects` in all, `body_bytes` after decompression, of XML `xml_bytes`, `attempts` of each address
    with waits from `first_wait` seconds on. `per_host` and `total` requests run at once.

    `robots`: robots.txt is asked about addresses that were `found`, about `all`, or never (`off`). `crawl_delay` is how many seconds
    between two requests it may ask for at most.
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
