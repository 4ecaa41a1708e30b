"""The identities of an article, strongest first: the same piece from several sources is one article."""

from datetime import date

from syndication.collect.links import canonical
from syndication.domain.hotlist import normalise_title

__all__ = ["keys"]


def keys(*, url: str, guid: str, title: str, day: date | None, source: str) -> tuple[str, ...]:
    """`url:<canonical>`, `guid:<source>:<guid>`, `title:<normalised>:<day>`, as far as they are known.

    `day` is the day of publication in the publication's zone. Without one a title identifies nothing ("Letters" comes every
    week), unless there is nothing else.
    """
    found = []
    if url:
        found.append(f"url:{canonical(url)}")
    if guid:
        found.append(f"guid:{source}:{guid}")
    if (day or not found) and (name := normalise_title(title) or title.strip()):
        found.append(f"title:{name}:{day.isoformat() if day else ''}")
    return tuple(found)
