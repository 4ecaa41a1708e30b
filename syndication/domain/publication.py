"""The facts of the newsroom."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Publication:
    """The facts of one newsroom. `feeds_url` is the public address of the feeds folder, `web_url` where the links of a mail lead; both
    end in a slash.
    """

    title: str
    url: str
    language: str  # BCP 47, like "en" or "ko"
    timezone: ZoneInfo
    address: str  # postal address, in the digest's footer
    feeds_url: str
    web_url: str
    logo: str = ""  # URL
    domain: str = ""  # registered name in `tag:` ids and Message-IDs
