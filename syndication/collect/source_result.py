"""What one collect of a source gave: the value that `collector.py` hands to the flows."""

from dataclasses import dataclass, field

from syndication.domain.article import ParsedArticle, Source, Validators
from syndication.domain.hotlist import HotList
from syndication.domain.page import KnownPage


@dataclass(frozen=True, slots=True)
class SourceResult:
    """Everything that a source gave this time.

    `hot`: the list of every saved page, with the page's file name as origin. `unchanged`: no article was read (a 304,
    or only known ones), and nothing is lost. `whole`: the articles are all that the source shows, not only the new
    ones. `retired`: the source answers 410 (Gone). `moved`: its new URL after a permanent redirect. `warnings`: one
    sentence for each entry or file that was refused. `notes`: what is worth knowing but no warning. `pages`: everything
    to remember of a source of pages from now on; `listed`: how many articles it lists, new or not. None for the other
    kinds, and where it was not looked at.
    """

    source: Source
    articles: tuple[ParsedArticle, ...] = ()
    hot: tuple[HotList, ...] = ()
    validators: Validators = field(default_factory=Validators)
    unchanged: bool = False
    whole: bool = False
    retired: bool = False
    moved: str = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pages: tuple[KnownPage, ...] = ()
    listed: int | None = None
