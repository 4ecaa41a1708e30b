"""The published folder over HTTP, at the path of `feeds.url`: which file, in which coding, or why not."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from syndication.domain.published import ARCHIVE_INDEX, TAKEN_BACK
from syndication.flows.app import App
from syndication.web.published.files import Files, Opened
from syndication.web.published.kinds import PublishedType, kind_of
from syndication.web.subscribers.page import app_of

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')  # RFC 9110 §8.8.3
_WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")  # RFC 9110 §12.4.2
LARGE, CHUNK = 1_000_000, 128 * 1024  # bytes: from which size a file is streamed, and in what pieces
MISSED = "public, max-age=60"  # a missing file may be published any minute
EVERYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, ETag, Last-Modified, Link",
    "Content-Security-Policy": (
        "default-src 'none'; img-src * data:; media-src *; style-src 'self' 'unsafe-inline'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    ),
    "Cross-Origin-Resource-Policy": "cross-origin",  # mails and feed readers elsewhere show the images
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "all",
}


def published_route(site: App) -> Route:
    """Return the route to the published folder of `site`, for GET and HEAD. It matches every path below its own: put it last."""
    path = unquote(urlsplit(site.publication.feeds_url).path)
    return Route(f"{path}{{path:path}}", _Published(site).answer)


async def archive(request: Request) -> Response:
    """Redirect the address of the site to the archive."""
    return RedirectResponse(f"{app_of(request).publication.feeds_url}{ARCHIVE_INDEX}", 302)


class _FileStream(StreamingResponse):
    """A large file, read in pieces as fast as the client takes them.

    Starlette's FileResponse opens the path again, when publishing may have replaced the file that our headers describe.
    """

    def __init__(self, file: BinaryIO, status: int, headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(iter(partial(file.read, CHUNK), b""), status, headers, media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; close it at the end, also when the client disconnects."""
        with self._file:
            await super().__call__(scope, receive, send)


class _Published:
    def __init__(self, site: App) -> None:
        self._files = Files(site.folder.root)
        self._url = site.publication.feeds_url
        self._hubs = site.feeds.hubs
        self._missing = site.renderer.missing_page()

    def answer(self, request: Request) -> Response:
        """Answer with the file, 304 or 404. Starlette calls it on a thread, because disks may be slow."""
        path = request.path_params["path"]
        if not path:
            return RedirectResponse(ARCHIVE_INDEX, 302, EVERYWHERE)
        if path.endswith("/"):
            path += "index.html"
        if (kind := kind_of(path)) is not None:
            codings = ("gzip", "") if kind.text and _takes_gzip(request.headers) else ("",)
            for coding in codings:
                with self._files.opened(f"{path}.gz" if coding else path) as found:
                    if found is not None:
                        return self._found(request, path, kind, found, coding)
        return HTMLResponse(self._missing, 404, {**EVERYWHERE, "Cache-Control": MISSED})

    def _found(
        self, request: Request, path: str, kind: PublishedType, found: Opened, coding: str
    ) -> Response:
        headers = self._headers(path, kind)
        # A page that was taken back is 410, and conditions apply to a 2xx answer only (RFC 9110 §13.2.1).
        gone = self._files.holds(path + TAKEN_BACK)
        if not gone:
            headers["ETag"] = found.etag
            if _unchanged(request.headers, etag=found.etag, modified=found.modified):
                return Response(status_code=304, headers=headers)
            headers["Last-Modified"] = formatdate(found.modified, usegmt=True)
        if coding:
            headers["Content-Encoding"] = coding
        headers["Content-Length"] = str(found.size)
        as_xml = kind.shown_as_xml and _prefers_html(request.headers, kind.type)
        status, media_type = 410 if gone else 200, "application/xml" if as_xml else kind.type
        if request.method == "GET" and found.size > LARGE:
            return _FileStream(found.open(), status, headers, media_type)
        return Response(b"" if request.method == "HEAD" else found.read(), status, headers, media_type)

    def _headers(self, path: str, kind: PublishedType) -> dict[str, str]:
        """Return the headers that a 304 has too (RFC 9110 §15.4.5)."""
        headers = {**EVERYWHERE, "Cache-Control": kind.cache_control}
        if kind.text:
            headers["Vary"] = "Accept, Accept-Encoding" if kind.shown_as_xml else "Accept-Encoding"
        if kind.feed:
            hubs = () if kind.lasting else self._hubs
            links = [f'<{hub}>; rel="hub"' for hub in hubs]
            headers["Link"] = ", ".join([*links, f'<{self._url}{quote(path)}>; rel="self"'])
        return headers


def _quality(header: str, *names: str) -> float | None:
    """Return the weight that a list like `gzip;q=0.5, *` gives to the first of `names` that it has, or None."""
    weights: dict[str, float] = {}
    for element in header.lower().split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        given = [part[2:] for part in parameters if part.startswith("q=")]
        weight = float(given[0]) if given and _WEIGHT.fullmatch(given[0]) else 1.0
        weights.setdefault(name, weight)
    return next((weights[name] for name in names if name in weights), None)


def _takes_gzip(headers: Headers) -> bool:
    """Whether the client accepts gzip and does not prefer plain bytes (RFC 9110 §12.5.3)."""
    accepted = ", ".join(headers.getlist("accept-encoding"))
    weight = _quality(accepted, "gzip", "x-gzip", "*")
    return bool(weight) and (weight or 0) >= (_quality(accepted, "identity") or 0)


def _prefers_html(headers: Headers, media_type: str) -> bool:
    """Whether the client prefers a page to `media_type`, as browsers do and feed readers do not (RFC 9110 §12.5.1)."""
    accepted = ", ".join(headers.getlist("accept"))
    page = _quality(accepted, "text/html")
    own = _quality(accepted, media_type, media_type.partition("/")[0] + "/*", "*/*")
    return page is not None and page > (own or 0)


def _unchanged(headers: Headers, *, etag: str, modified: int) -> bool:
    """Whether the client has this version already, so that 304 is the answer. `modified` is in seconds since 1970.

    If-None-Match, a list of tags to compare weakly or `*`, takes precedence over the date (RFC 9110 §13.2.2).
    """
    tags = ", ".join(headers.getlist("if-none-match"))
    if tags:
        return tags.strip() == "*" or etag in _TAG.findall(tags)
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return modified <= (since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp()
