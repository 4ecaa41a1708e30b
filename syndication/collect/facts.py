"""What a page says about its article, field by field, and who said it."""

from dataclasses import dataclass
from enum import StrEnum

from syndication.domain.article import Image

__all__ = ["Facts", "Origin"]


class Origin(StrEnum):
    """Where a field came from; the first of these that has it is believed."""

    JSON_LD = "JSON-LD"  # schema.org in a script of its own
    OPEN_GRAPH = "OpenGraph"  # og:… and article:…
    MICRODATA = "microdata"  # itemprop="…"
    TIME = "<time>"
    META = "meta"  # the other names of <meta>, <link> and <html lang>
    HEADING = "heading"  # <h1>, else <title>
    SITEMAP = "sitemap"  # of news
    ADDRESS = "address"  # the day in it, as in /2026/11/20/
    TRAFILATURA = "trafilatura"  # what it makes of the page's looks
    BODY = "body"  # the first image or the first words of the text
    SOURCE = "source"  # the configuration, or what was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One origin's word, as written: times and addresses are not judged yet. Empty is unknown.

    `kind` is what the page is said to be, in lowercase: `newsarticle`, `article`, `website`, ….
    """

    kind: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    section: str = ""
    image: Image | None = None
    credit: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    url: str = ""
    site: str = ""  # the site's name
    summary: str = ""
    text: str = ""  # the article, plain, with line ends between paragraphs
