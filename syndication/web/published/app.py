"""The published folder over HTTP, at the path of `feeds.url`."""

from collections.abc import Mapping
from email.utils import formatdate
from functools import partial
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from syndication.domain.published import TAKEN_BACK
from syndication.flows.app import App
from syndication.web.published.files import Files, Opened
from syndication.web.published.kinds import PublishedType, kind_of
from syndication.web.published.negotiation import prefers_html, takes_gzip, unchanged
from syndication.web.subscribers.shell import app_of

__all__ = ["archive", "published_route"]

LARGE, CHUNK = 1_000_000, 128 * 1024  # bytes: from which size a file is streamed, and in what pieces
MISSED = "public, max-age=60"  # what is not there may be published any minute
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
    """What stands in the feeds folder of `site`, for GET and HEAD. It takes every path below its own: put it last."""
    path = unquote(urlsplit(site.publication.feeds_url).path)
    return Route(f"{path}{{path:path}}", _Published(site).answer)


async def archive(request: Request) -> Response:
    """The front door."""
    return RedirectResponse(f"{app_of(request).publication.feeds_url}archive/index.html", 302)


class _FileStream(StreamingResponse):
    """A large file, read as the client takes it.

    Not Starlette's FileResponse: that opens the path later, when the file may be another one than our headers describe.
    """

    def __init__(self, file: BinaryIO, status: int, headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(iter(partial(file.read, CHUNK), b""), status, headers, media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close it when it is sent or the client has gone."""
        with self._file:
            await super().__call__(scope, receive, send)


class _Published:
    def __init__(self, site: App) -> None:
        self._files = Files(site.folder.root)
        self._url = site.publication.feeds_url
        self._hubs = site.feeds.hubs
        self._missing = site.renderer.missing_page()

    def answer(self, request: Request) -> Response:
        """The file, that it is unchanged, or that there is none. On a thread: a disk may be slow."""
        path = request.path_params["path"]
        if not path:
            return RedirectResponse("archive/index.html", 302, EVERYWHERE)
        if path.endswith("/"):
            path += "index.html"
        if (kind := kind_of(path)) is not None:
            codings = ("gzip", "") if kind.text and takes_gzip(request.headers) else ("",)
            for coding in codings:
                with self._files.opened(f"{path}.gz" if coding else path) as found:
                    if found is not None:
                        return self._found(request, path, kind, found, coding)
        return HTMLResponse(self._missing, 404, {**EVERYWHERE, "Cache-Control": MISSED})

    def _found(
        self, request: Request, path: str, kind: PublishedType, found: Opened, coding: str
    ) -> Response:
        headers = self._headers(path, kind)
        # A page that was taken back has no state that a condition could be about (RFC 9110 §13.2.1).
        gone = self._files.holds(path + TAKEN_BACK)
        if not gone:
            headers["ETag"] = found.etag
            if unchanged(request.headers, etag=found.etag, modified=found.modified):
                return Response(status_code=304, headers=headers)
            headers["Last-Modified"] = formatdate(found.modified, usegmt=True)
        if coding:
            headers["Content-Encoding"] = coding
        headers["Content-Length"] = str(found.size)
        as_xml = kind.shown_as_xml and prefers_html(request.headers, kind.type)
        status, media_type = 410 if gone else 200, "application/xml" if as_xml else kind.type
        if request.method == "GET" and found.size > LARGE:
            return _FileStream(found.open(), status, headers, media_type)
        return Response(b"" if request.method == "HEAD" else found.read(), status, headers, media_type)

    def _headers(self, path: str, kind: PublishedType) -> dict[str, str]:
        """Those that a 304 has as well (RFC 9110 §15.4.5)."""
        headers = {**EVERYWHERE, "Cache-Control": kind.cache_control}
        if kind.text:
            headers["Vary"] = "Accept, Accept-Encoding" if kind.shown_as_xml else "Accept-Encoding"
        if kind.feed:
            hubs = () if kind.lasting else self._hubs
            links = [f'<{hub}>; rel="hub"' for hub in hubs]
            headers["Link"] = ", ".join([*links, f'<{self._url}{quote(path)}>; rel="self"'])
        return headers
