"""Read a WordPress site by its REST API: all posts the first time, then only new and changed ones.

There are two queries: published since, and modified since. A scheduled post is published without being modified, and an
edited one is modified without being published.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from syndication.collect.feeds.entry import FeedArticles
from syndication.collect.http.answer import AnswerError, Fetched
from syndication.collect.text.links import shown
from syndication.collect.text.site_head import read_head
from syndication.collect.wordpress.post import is_protected, post_entry, post_id
from syndication.domain.article import Validators
from syndication.domain.text import counted
from syndication.errors import CollectError

Get = Callable[[str], Awaitable[Fetched]]
"""One polite GET; raises CollectError."""

PER_PAGE = 100  # the most that the API gives
MAX_PAGES = 10  # per query
OVERLAP = timedelta(days=1)  # `after` is compared with local time, which may be half a day from UTC
_EMBED = "author,wp:featuredmedia,wp:term"
_NO_SUCH_PAGE, _NOT_FOUND = 400, 404


@dataclass(frozen=True, slots=True)
class Posts:
    """The outcome. `validators` hold the time of the newest change seen, `moved` and `retired` are those of the site's page."""

    validators: Validators
    asked_all: bool = True
    moved: str = ""
    retired: bool = False


class NoApiError(CollectError):
    """The API cannot be used; `feed` is where the site's feed should be."""

    def __init__(self, cause: CollectError, feed: str) -> None:
        super().__init__(cause.message, cause.hint)
        self.feed = feed


def posts_address(root: str) -> str:
    """Return the address of the posts below the API's `root`, which may be a path or the parameter `rest_route`."""
    parts = urlsplit(root)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if any(name == "rest_route" for name, _ in query):
        pairs = [
            (name, f"{value.rstrip('/')}/wp/v2/posts" if name == "rest_route" else value)
            for name, value in query
        ]
        return urlunsplit(parts._replace(query=urlencode(pairs, safe="/")))
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/wp/v2/posts"))


def api_root(url: str) -> str:
    """Return `url` if it is an API's root or its list of posts, else an empty string."""
    parts = urlsplit(url)
    is_root = parts.path.rstrip("/").endswith("/wp-json") or "rest_route" in dict(parse_qsl(parts.query))
    return url if is_root or "/wp/v2/" in url else ""


async def read_posts(
    url: str, known: Validators, articles: FeedArticles, get: Get, *, now: datetime
) -> Posts:
    """Pass the posts of the site at `url` to `articles`: all up to a limit, or with `known` those since then.

    Raises NoApiError when the API is closed, hidden or broken, CollectError when the site itself cannot be read.
    """
    moved, feed = "", url.partition("/wp-json")[0].partition("?")[0].rstrip("/") + "/feed/"
    roots = [api_root(url)]
    if not roots[0]:
        page = await get(url)
        if page.gone:
            return Posts(known, retired=True)
        head = read_head(page.body, page.url, page.headers)
        moved = page.moved
        feed = next((url for url in head.feeds if "comments" not in url), urljoin(page.url, "feed/"))
        roots = (
            [head.api] if head.api else [urljoin(page.url, "wp-json/"), urljoin(page.url, "?rest_route=/")]
        )
    since = _since(known)
    pages = _PostPages(articles, get, now, since)
    try:
        await pages.first_of([root if "/wp/v2/" in root else posts_address(root) for root in roots])
    except CollectError as error:
        raise NoApiError(error, feed) from error
    pages.close()
    newest = max(pages.newest, since) if since else pages.newest
    return Posts(
        known if pages.broken or newest == _EPOCH else Validators(last_modified=newest.isoformat()),
        asked_all=since is None,
        moved=moved,
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _since(known: Validators) -> datetime | None:
    """Return the time of the last collect; None the first time, and for the validators of another kind of source."""
    try:
        found = datetime.fromisoformat(known.last_modified)
    except ValueError:
        return None
    return found if found.tzinfo else None


class _PostPages:
    """Reads the pages of posts. `newest` is the latest time in a post, `broken` whether a page is missing."""

    def __init__(self, articles: FeedArticles, get: Get, now: datetime, since: datetime | None) -> None:
        self._articles = articles
        self._get = get
        self._now = now
        self._since = since
        self._seen: set[str] = set()
        self._protected = self._odd = 0
        self._answered = False
        self.newest = _EPOCH
        self.broken = False

    async def first_of(self, addresses: list[str]) -> None:
        """Read the posts at the first of `addresses` where they exist. Raises CollectError when there are none."""
        for number, address in enumerate(addresses, start=1):
            try:
                await self._read(address)
            except CollectError as error:
                missing = not isinstance(error, AnswerError) or error.status == _NOT_FOUND
                if number == len(addresses) or not missing:  # a refusal is not circumvented
                    raise
            else:
                return

    async def _read(self, address: str) -> None:
        for query in self._queries():
            await self._pages(address, query)

    def _queries(self) -> Iterator[dict[str, str]]:
        if self._since is None:
            yield {}
            return
        start = (self._since - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield {"after": start}
        yield {"modified_after": start, "orderby": "modified"}

    async def _pages(self, address: str, query: dict[str, str]) -> None:
        for number in range(1, MAX_PAGES + 1):
            parameters = {**query, "per_page": str(PER_PAGE), "page": str(number), "_embed": _EMBED}
            try:
                fetched = await self._get(_with(address, parameters))
                posts = _posts(fetched)
            except CollectError as error:
                if not self._answered:
                    raise
                if not (isinstance(error, AnswerError) and error.status == _NO_SUCH_PAGE):
                    self.broken = True
                    self._articles.warnings.append(
                        f"The posts from page {number} on are missing this time: {error}"
                    )
                return
            self._answered = True
            fresh = await asyncio.to_thread(self._take, posts, fetched.url)
            pages = _whole(fetched.headers.get("x-wp-totalpages", ""))
            if not fresh or (number >= pages if pages is not None else len(posts) < PER_PAGE):
                return
        total = _whole(fetched.headers.get("x-wp-total", ""))
        of = f" of {total:,}" if total else ""
        self._articles.warnings.append(f"Only the newest {MAX_PAGES * PER_PAGE:,}{of} posts were fetched.")

    def _take(self, posts: list[Any], site: str) -> bool:
        """Pass on the new posts, and return whether there were any: a site that ignores `page` sends the same ones forever."""
        before = len(self._seen)
        for post in posts:
            if not isinstance(post, dict) or not post_id(post):
                self._odd += 1
                continue
            if post_id(post) in self._seen:  # in both queries, or on two pages because a new post moved it
                continue
            self._seen.add(post_id(post))
            if is_protected(post):
                self._protected += 1
                continue
            self._articles.take(entry := post_entry(post, site))
            times = (self._articles.time(entry.published), self._articles.time(entry.updated))
            self.newest = max(self.newest, *(min(time, self._now) for time in times if time), self.newest)
        return len(self._seen) > before

    def close(self) -> None:
        """Add the warnings about what was counted."""
        self._articles.close()
        if self._protected:
            self._articles.warnings.append(
                f"{counted(self._protected, 'post')} protected by a password; left out."
            )
        if self._odd:
            self._articles.warnings.append(
                f"{counted(self._odd, 'post')} without a number, or not an object; left out."
            )


def _with(address: str, parameters: dict[str, str]) -> str:
    parts = urlsplit(address)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in parameters]
    return urlunsplit(parts._replace(query=urlencode([*query, *parameters.items()], safe="/:,")))


def _posts(fetched: Fetched) -> list[Any]:
    """Parse the posts of an answer. Raises CollectError when it is not a list."""
    name = shown(fetched.url)
    hint = "Ask the site's operator, or use its feed."
    try:
        found = json.loads(fetched.body.decode("utf-8-sig"), strict=False)
    except (ValueError, RecursionError):
        raise CollectError(f"{name} answered with something other than JSON.", hint) from None
    if not isinstance(found, list):
        code = found.get("code") if isinstance(found, dict) else None
        raise CollectError(
            f"{name} answered without a list of posts{f' ({code})' if isinstance(code, str) else ''}.", hint
        )
    return found


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None  # noqa: PLR2004 - no site has a billion
