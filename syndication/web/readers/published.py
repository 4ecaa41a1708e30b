"""The published folder over HTTP: feeds for programs that poll, pages for people (RFC 9110, RFC 9111)."""

from email.utils import formatdate, parsedate_to_datetime
from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syndication.domain.published import FileKind
from syndication.flows.reading import Document, read_document
from syndication.web.readers.shell import app_of

__all__ = ["archive", "published"]

FRESH = 1800  # seconds, as the feeds' own <ttl> says
FOR_EVER = 31_536_000
_TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; img-src * data:; media-src *; style-src 'self' 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


async def archive(request: Request) -> Response:
    """The front door."""
    return RedirectResponse(f"{app_of(request).publication.feeds_url}archive/index.html", 302)


async def published(request: Request) -> Response:
    """One file, or 304 when the asker has it already. A page that was taken back is 410."""
    site, path = app_of(request), request.path_params["path"]
    document = await read_document(site, path)
    if document is None:
        raise HTTPException(404)
    packed = document.packed if _takes_gzip(request.headers.get("accept-encoding", "")) else None
    headers = _headers(request, document)
    headers["ETag"] = f'"{document.hash[:32]}{"-gz" if packed is not None else ""}"'
    if document.kind is not FileKind.GONE and _has_it(request, headers["ETag"], document.modified):
        return Response(status_code=304, headers=headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    headers["Content-Type"] = _type(request, document.path)
    content = document.content if packed is None else packed
    return Response(content, 410 if document.kind is FileKind.GONE else 200, headers)


def _headers(request: Request, document: Document) -> dict[str, str]:
    """What a 304 carries too (RFC 9110 §15.4.5)."""
    site = app_of(request)
    lasting = document.kind in {FileKind.MEDIA, FileKind.SEALED}
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
        "Cache-Control": f"public, max-age={FOR_EVER}, immutable" if lasting else f"public, max-age={FRESH}",
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Last-Modified": formatdate(document.modified, usegmt=True),
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Vary": "Accept-Encoding, Accept" if _is_feed(document.path) else "Accept-Encoding",
        "X-Robots-Tag": "all",
    }
    if _is_feed(document.path):
        links = [f'<{hub}>; rel="hub"' for hub in site.feeds.hubs]
        links.append(f'<{site.publication.feeds_url}{quote(document.path)}>; rel="self"')
        headers["Link"] = ", ".join(links)
    return headers


def _is_feed(path: str) -> bool:
    return PurePosixPath(path).name in {"rss.xml", "atom.xml", "feed.json"}


def _type(request: Request, path: str) -> str:
    """Browsers show application/rss+xml as bare text: who prefers HTML gets plain XML, which they render with its style sheet."""
    name = PurePosixPath(path)
    if name.suffix == ".xml" and _prefers_html(request.headers.get("accept", "")):
        return _TYPES[".xml"]
    return _TYPES.get(name.name) or _TYPES.get(name.suffix.lower(), "application/octet-stream")


def _prefers_html(accept: str) -> bool:
    return _quality(accept, "text/html") > max(
        _quality(accept, kind) for kind in ("application/rss+xml", "application/atom+xml")
    )


def _takes_gzip(accept: str) -> bool:
    return _quality(accept, "gzip") > 0


def _quality(header: str, word: str) -> float:
    """The weight of `word` itself in an Accept header, 0 when it is not named (RFC 9110 §12.4.2)."""
    for part in header.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        if name == word:
            weights = [each[2:] for each in parameters if each.startswith("q=")]
            try:
                return float(weights[0]) if weights else 1.0
            except ValueError:
                return 0.0
    return 0.0


def _has_it(request: Request, etag: str, modified: int) -> bool:
    """If-None-Match goes before If-Modified-Since, by weak comparison (RFC 9110 §13.2.2, §8.8.3.2)."""
    asked = ", ".join(request.headers.getlist("if-none-match"))
    if asked:
        tags = {each.strip().removeprefix("W/") for each in asked.split(",")}
        return asked.strip() == "*" or etag in tags
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
        return modified <= since.timestamp()
    except (TypeError, ValueError, OverflowError):
        return False
