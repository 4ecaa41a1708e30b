"""The table about fetching: manners towards other sites, and what one of them may cost (`docs/reference/configuration.md`)."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from syndication.settings.forms import Duration, Mistake, Whole
from syndication.settings.table import Table

__all__ = ["Collect"]


def _bounded(value: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= value <= timedelta(hours=1):
        raise Mistake("is not between a second and an hour", 'Write a time like "20s".')
    return value


def _short(value: timedelta) -> timedelta:
    if value > timedelta(minutes=10):
        raise Mistake("is longer than ten minutes", 'Write a time like "5s".')
    return value


_Megabytes = Annotated[Whole, Field(ge=1, le=1000)]


class Collect(Table):
    """How other sites are asked, and how much each may take."""

    timeout: Annotated[Duration, AfterValidator(_bounded)] = timedelta(seconds=20)
    megabytes: _Megabytes = 10
    xml_megabytes: _Megabytes = 10
    redirects: Whole = Field(default=5, ge=0, le=20)
    attempts: Whole = Field(default=3, ge=1, le=10)
    per_host: Whole = Field(default=4, ge=1, le=100)
    connections: Whole = Field(default=40, ge=1, le=1000)
    robots: Literal["found", "all", "off"] = "found"
    crawl_delay: Annotated[Duration, AfterValidator(_short)] = timedelta(seconds=5)
