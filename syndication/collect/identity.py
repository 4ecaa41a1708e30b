"""The keys of an article, strongest first: the same piece from several sources is one article; two pieces never are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from syndication.collect.text.links import canonical
from syndication.domain.article import ParsedArticle
from syndication.domain.hotlist import normalise_title

_RANKS = {"url": 0, "guid": 1, "title": 2}
_FIRST = datetime.min.replace(tzinfo=UTC)


def keys(*, url: str, guid: str, title: str, day: date | None, source: str) -> tuple[str, ...]:
    """Return `url:<canonical>`, `guid:<source>:<guid>`, `title:<normalised>:<day>`, as far as they are known.

    `day` is the day of publication in the publication's zone. Without it a title identifies nothing ("Letters" appears
    every week), unless there is nothing else. A site's front page never identifies an article: feeds without pages link
    to it.
    """
    found = []
    if url and not _is_front_page(url):
        found.append(f"url:{canonical(url)}")
    if guid:
        found.append(f"guid:{source}:{guid}")
    if (day or not found) and (name := normalise_title(title) or title.strip()):
        found.append(f"title:{name}:{day.isoformat() if day else ''}")
    return tuple(found)


def distinct(parsed: Sequence[ParsedArticle], source: str) -> tuple[tuple[ParsedArticle, ...], int]:
    """Return the articles of one fetch, no key shared by two, and how many duplicates were left out.

    A URL or guid shared by articles with different titles identifies none of them and is dropped. Articles that still
    share one are one article, in its latest version. If two articles are identified only by the same title, their texts identify them.
    """
    shared = _shared(parsed)
    pieces = [_without(each, shared) for each in parsed]
    known = _by_text([_merged(group) for group in _groups(pieces)], source)
    return known, len(parsed) - len(known)


def _without(piece: ParsedArticle, shared: set[str]) -> ParsedArticle:
    """Return `piece` without its `shared` keys; if none is left, with its title as key."""
    if not shared.intersection(piece.keys):
        return piece
    left = tuple(key for key in piece.keys if key not in shared)
    return replace(piece, keys=left or keys(url="", guid="", title=piece.title, day=None, source=""))


def _shared(parsed: Sequence[ParsedArticle]) -> set[str]:
    """Return the URLs and guids of several articles each: their titles differ, and no other key says that they are one."""
    holders: defaultdict[str, list[ParsedArticle]] = defaultdict(list)
    for each in parsed:
        for key in _strong(each.keys):
            holders[key].append(each)
    return {key for key, several in holders.items() if len(several) > 1 and _is_shared(key, several)}


def _is_shared(key: str, several: Sequence[ParsedArticle]) -> bool:
    other = "guid:" if key.startswith("url:") else "url:"
    others = {next((found for found in each.keys if found.startswith(other)), "") for each in several}
    if other == "url:" and len(others - {""}) > 1:  # one guid, several pages
        return True
    one_title = len({normalise_title(each.title) for each in several}) == 1
    return not one_title and (len(others) > 1 or others == {""})


def _groups(pieces: Sequence[ParsedArticle]) -> Iterable[list[ParsedArticle]]:
    """Group articles that share a URL or guid, directly or through a third (union-find), in order."""
    above = list(range(len(pieces)))

    def top(index: int) -> int:
        while above[index] != index:
            above[index] = index = above[above[index]]
        return index

    place: dict[str, int] = {}
    for index, piece in enumerate(pieces):
        for key in _strong(piece.keys):
            one, other = sorted((top(index), top(place.setdefault(key, index))))
            above[other] = one
    groups: defaultdict[int, list[ParsedArticle]] = defaultdict(list)
    for index, piece in enumerate(pieces):
        groups[top(index)].append(piece)
    return groups.values()


def _merged(group: Sequence[ParsedArticle]) -> ParsedArticle:
    """Merge a group: its latest version (the first of equals), with the keys of all."""
    newest = max(group, key=lambda piece: piece.updated or piece.published or _FIRST)
    if len(group) == 1:
        return newest
    own = dict.fromkeys(key for piece in (newest, *group) for key in piece.keys)
    return replace(newest, keys=tuple(sorted(own, key=lambda key: _RANKS[key.partition(":")[0]])))


def _by_text(pieces: Sequence[ParsedArticle], source: str) -> tuple[ParsedArticle, ...]:
    titles = Counter(key for piece in pieces for key in piece.keys if key.startswith("title:"))
    found: dict[str, ParsedArticle] = {}
    for number, piece in enumerate(pieces):
        name = f"{number}"
        if not _strong(piece.keys) and (not piece.keys or titles[piece.keys[0]] > 1):
            name = f"text:{source}:{piece.content_hash()}"
            piece = replace(piece, keys=(name,))  # noqa: PLW2901 - the same piece
        found.setdefault(name, piece)
    return tuple(found.values())


def _strong(found: Iterable[str]) -> list[str]:
    return [key for key in found if not key.startswith("title:")]


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query and not parts.fragment
