"""A site that answers as WordPress does: the Link header, the posts with their paging headers, errors and times, a feed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.doors.http_server import Page

JSON = {"Content-Type": "application/json; charset=UTF-8"}
START = datetime(2026, 11, 16, 0, 30, tzinfo=UTC)


def post(number: int, published: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """A post as the API shows it, one an hour into the past unless `published` says when."""
    at = published or START - timedelta(hours=number)
    shown: dict[str, Any] = {
        "id": number,
        "date": (at + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_gmt": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "modified_gmt": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "guid": {"rendered": f"https://harbour.example/?p={number}"},
        "link": f"https://harbour.example/news/{number}/",
        "title": {"rendered": f"News {number}"},
        "content": {"rendered": f"<p>Words of {number}.</p>", "protected": False},
        "excerpt": {"rendered": f"<p>Words of {number} [&hellip;]</p>", "protected": False},
        "sticky": False,
    }
    return shown | fields


def refusal(status: int, code: str) -> Page:
    body = {"code": code, "message": "No.", "data": {"status": status}}
    return Page(json.dumps(body).encode(), status, JSON)


@dataclass(slots=True)
class WordPress:
    """`url` is where it lives. `link`: the Link header that its pages have. `route`: only `?rest_route=` works."""

    url: str
    posts: list[dict[str, Any]] = field(default_factory=list)
    now: datetime = START + timedelta(days=4)
    link: str = "header"  # or "html" or ""
    route: bool = False
    counts: bool = True  # whether X-WP-Total and its like come through
    closed: Page | None = None  # the answer to every question about posts
    feed: Page | None = None
    index: dict[str, Any] = field(default_factory=dict)  # what the API's root says of the site

    def answer(self, path: str) -> Page | None:
        parts = urlsplit(path)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/" and asked.get("rest_route") == "/wp/v2/posts":
            return self._posts(asked)
        if parts.path == "/wp-json/wp/v2/posts" and not self.route:
            return self._posts(asked)
        if parts.path == "/wp-json/" or "rest_route" in asked:
            return Page(json.dumps(self.index).encode(), headers=JSON)
        if parts.path == "/":
            return self._home()
        return self.feed if parts.path == "/feed/" else None

    def _home(self) -> Page:
        root = f"{self.url}?rest_route=/" if self.route else f"{self.url}wp-json/"
        html = "<!doctype html><html lang='en'><head><title>Harbour News</title>"
        html += f"<link rel='alternate' type='application/rss+xml' title='Feed' href='{self.url}feed/'>"
        html += f"<link rel='alternate' type='application/rss+xml' title='Comments' href='{self.url}comments/feed/'>"
        if self.link == "html":
            html += f"<link rel='https://api.w.org/' href='{root}'>"
        header = f'<{root}>; rel="https://api.w.org/", <{self.url}>; rel=shortlink'
        headers = {"Content-Type": "text/html"} | ({"Link": header} if self.link == "header" else {})
        return Page(f"{html}</head><body><p>Home.</p></body></html>".encode(), headers=headers)

    def _posts(self, asked: dict[str, str]) -> Page:
        if self.closed:
            return self.closed
        size, number = int(asked.get("per_page", 10)), int(asked.get("page", 1))
        if not 1 <= size <= 100:
            return refusal(400, "rest_invalid_param")
        column = "modified_gmt" if asked.get("orderby") == "modified" else "date_gmt"
        found = sorted(self._visible(asked), key=lambda each: str(each[column]), reverse=True)
        pages = -(-len(found) // size)
        if number > pages and found:
            return refusal(400, "rest_post_invalid_page_number")
        shown = found[(number - 1) * size : number * size]
        if "_embed" not in asked:
            shown = [{name: value for name, value in each.items() if name != "_embedded"} for each in shown]
        counts = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)} if self.counts else {}
        return Page(json.dumps(shown).encode(), headers=JSON | counts)

    def _visible(self, asked: dict[str, str]) -> Iterable[dict[str, Any]]:
        for each in self.posts:
            due = at(each["date_gmt"]) <= self.now
            new = "after" not in asked or at(each["date_gmt"]) > at(asked["after"])
            changed = "modified_after" not in asked or at(each["modified_gmt"]) > at(asked["modified_after"])
            if due and new and changed:
                yield each


def at(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
