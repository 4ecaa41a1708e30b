"""The rules by which the pieces that a source shows become articles.

- Any of its keys identifies an article, the strongest first. Two pieces of one fetch with different strongest keys are two articles, even
  when a weaker key (title and day) is the same for both. The same holds for two that a feed shows one after the other, but not in a
  folder, which always shows all its files: there the file was renamed.
- A new article gets its id, its first-seen time and its reason for the backlog once.
- An edit by the article's own source replaces the content; another source that carries the same piece only adds its keys. When the own
  source is no longer configured (it was renamed), the next one that carries the article becomes its source.
- Rows are read in sets: a point query costs as much as five hundred rows.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from syndication.domain.article import Merged, ParsedArticle, Source, SourceKind
from syndication.domain.slug import unique_slug
from syndication.store.articles.due import Due, mark_due
from syndication.store.repository import batched
from syndication.store.tables.articles import article_keys, articles


def merge(
    connection: Connection,
    source: Source,
    parsed: Sequence[ParsedArticle],
    *,
    others: Collection[str],
    now: datetime,
    mint: Callable[[], str],
    backlog: Callable[[ParsedArticle], str],
) -> Merged:
    """Store the pieces in `parsed`, as `Articles.merge` describes."""
    owners = _owners(connection, {key for piece in parsed for key in piece.keys})
    stored = _stored(connection, set(owners.values()))
    known = set(owners)
    another = partial(_is_another, source=source, stored=stored, known=_doubtful(connection, parsed, owners))
    ids, minted = _identified(parsed, owners, mint, another)
    new: dict[str, dict[str, Any]] = {}
    changes: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    updated = 0
    for piece, article in zip(parsed, ids, strict=True):
        if article in seen:
            continue  # twice in one fetch: the first one counts
        seen.add(article)
        if article in minted:
            new[article] = _content(piece) | _birth(piece, article, source, now, backlog(piece))
        elif stored[article].source not in others:
            change = _change(piece, stored[article], now)
            if change:
                changes[article] = change | {"source": source.name}
                updated += "hash" in change
    _write(connection, new, changes, now)
    learnt = {key: rank for piece in parsed for rank, key in enumerate(piece.keys) if key not in known}
    if learnt:
        rows = [{"key": key, "article": owners[key], "position": rank} for key, rank in learnt.items()]
        connection.execute(insert(article_keys), rows)
    return Merged(new=len(new), updated=updated, same=len(parsed) - len(new) - updated)


def _identified(
    parsed: Sequence[ParsedArticle],
    owners: dict[str, str],
    mint: Callable[[], str],
    another: Callable[[ParsedArticle, str], bool],
) -> tuple[list[str], set[str]]:
    """Return the article of each piece, and which of these are new; every key is added to `owners`.

    `another` tells whether a piece and an article with the same title and day are nevertheless two articles.
    """
    # A piece whose strongest key is known comes first, so that no weaker match gets its article.
    strongest = {
        owners[piece.keys[0]]: piece.keys[0] for piece in parsed if piece.keys and piece.keys[0] in owners
    }
    ids: list[str] = []
    minted: set[str] = set()
    for piece in parsed:
        first = piece.keys[0] if piece.keys else ""
        candidates = (
            owners[key]
            for key in piece.keys
            if key in owners and not (key.startswith("title:") and another(piece, owners[key]))
        )
        article = next((found for found in candidates if strongest.get(found, first) == first), None)
        if article is None:
            article = mint()
            minted.add(article)
        strongest.setdefault(article, first)
        for key in piece.keys:
            owners.setdefault(key, article)
        ids.append(article)
    return ids, minted


def _is_another(
    piece: ParsedArticle,
    article: str,
    *,
    source: Source,
    stored: Mapping[str, Any],
    known: Mapping[str, Sequence[str]],
) -> bool:
    """Return whether this feed has shown `article`, whose keys are in `known`, under another guid or URL than that of `piece`."""
    if source.kind is SourceKind.FOLDER or article not in known:
        return False
    kinds = [f"guid:{source.name}:"]
    if stored[article].source == source.name:  # otherwise the URL may be the other source's
        kinds.append("url:")
    return any(_has(piece.keys, kind) and _has(known[article], kind) for kind in kinds)


def _has(keys: Sequence[str], kind: str) -> bool:
    return any(key.startswith(kind) for key in keys)


def _change(piece: ParsedArticle, stored: Any, now: datetime) -> dict[str, Any] | None:
    """Return the columns that an edit changes, None when there are none. Only a change that a subscriber would notice moves `changed`."""
    times = {"published": _published(piece, stored), "updated": piece.updated or stored.updated}
    times["dated"] = times["published"] or stored.first_seen
    if piece.content_hash() != stored.hash:
        change = _content(piece) | times | {"changed": now, "hash": piece.content_hash()}
        return change if piece.url or stored.slug else change | {"slug": piece.slug or piece.title}
    if (times["published"], times["updated"]) != (stored.published, stored.updated):
        return times
    return None


def _published(piece: ParsedArticle, stored: Any) -> datetime | None:
    """Return the publication time. A source may correct it, but not move an article that was out when it was first seen past that time:
    the article would rise to the top again and again.
    """
    if piece.published is None:
        return stored.published  # type: ignore[no-any-return] # a row's columns have no types
    if stored.published and stored.published <= stored.first_seen < piece.published:
        return stored.published  # type: ignore[no-any-return]
    return piece.published


def _content(piece: ParsedArticle) -> dict[str, Any]:
    return {
        "url": piece.url,
        "title": piece.title,
        "authors": piece.authors,
        "section": piece.section,
        "summary": piece.summary,
        "content": piece.content,
        "image": asdict(piece.image) if piece.image else None,
        "credit": piece.credit,
        "tags": piece.tags,
        "language": piece.language,
    }


def _birth(piece: ParsedArticle, article: str, source: Source, now: datetime, backlog: str) -> dict[str, Any]:
    return {
        "id": article,
        "source": source.name,
        "slug": piece.slug or piece.title if not piece.url else None,  # made unique by `_write`
        "published": piece.published,
        "updated": piece.updated,
        "dated": piece.published or now,
        "first_seen": now,
        "changed": now,
        "backlog": backlog,
        "hash": piece.content_hash(),
    }


def _owners(connection: Connection, keys: set[str]) -> dict[str, str]:
    c = article_keys.c
    query = select(c.key, c.article).where(c.key.in_(bindparam("chunk", expanding=True)))
    return {
        key: article
        for chunk in batched(keys)
        for key, article in connection.execute(query, {"chunk": chunk})
    }


def _doubtful(
    connection: Connection, parsed: Sequence[ParsedArticle], owners: Mapping[str, str]
) -> Mapping[str, list[str]]:
    """Return the keys of every article that a weaker key alone identifies with a piece."""
    weak = {
        owners[key]
        for piece in parsed
        if piece.keys and piece.keys[0] not in owners
        for key in piece.keys
        if key in owners
    }
    c = article_keys.c
    query = select(c.article, c.key).where(c.article.in_(bindparam("chunk", expanding=True)))
    found: dict[str, list[str]] = {article: [] for article in weak}
    for chunk in batched(weak):
        for article, key in connection.execute(query, {"chunk": chunk}):
            found[article].append(key)
    return found


def _stored(connection: Connection, ids: set[str]) -> Mapping[str, Any]:
    c = articles.c
    columns = (c.id, c.source, c.slug, c.hash, c.published, c.updated, c.first_seen)
    query = select(*columns).where(c.id.in_(bindparam("chunk", expanding=True)))
    return {row.id: row for chunk in batched(ids) for row in connection.execute(query, {"chunk": chunk})}


def _write(
    connection: Connection,
    new: Mapping[str, dict[str, Any]],
    changes: Mapping[str, dict[str, Any]],
    now: datetime,
) -> None:
    paged = [row for row in (*new.values(), *changes.values()) if row.get("slug") is not None]
    slugs: set[str] = set()
    if paged:
        slugs.update(
            connection.execute(select(articles.c.slug).where(articles.c.slug.is_not(None))).scalars()
        )
    for row in paged:
        row["slug"] = unique_slug(
            row["slug"], slugs, row["hash"]
        )  # the hash, not the id: a dry run makes another id
        slugs.add(row["slug"])
    for rows in batched(new.values()):
        connection.execute(insert(articles), rows)
    for article, change in changes.items():
        connection.execute(update(articles).where(articles.c.id == article).values(change))
    for chunk in batched((*new.items(), *changes.items())):
        mark_due(connection, [Due(article, row["dated"], now) for article, row in chunk])
