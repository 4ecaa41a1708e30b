"""What one source gave when it was read, before anybody judges it."""

from dataclasses import dataclass, field

from syndication.domain.article import ParsedArticle
from syndication.domain.hotlist import HotList

__all__ = ["Reading"]


@dataclass(slots=True)
class Reading:
    """Fills up while a source is read. Each warning is one sentence that names what was refused and why."""

    articles: list[ParsedArticle] = field(default_factory=list)
    hot: list[HotList] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
