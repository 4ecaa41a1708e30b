"""What the subscribers' pages share: headers, reading a form within its limit, the language, rendering."""

import base64
import hashlib
import re
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from syndication.domain.variant import language_for
from syndication.flows.app import App

LARGEST = 16_384  # bytes of a form
HEADERS = {  # of every answer
    "Cache-Control": "no-store",  # unless the answer has its own
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
    "Referrer-Policy": "no-referrer",  # the address holds a token
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def with_one_length(app: ASGIApp) -> ASGIApp:
    """Return `app` behind a check that refuses requests with two lengths."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        await (_TWO_LENGTHS if _has_two_lengths(scope) else app)(scope, receive, send)

    return checked


def _has_two_lengths(scope: Scope) -> bool:
    """Whether a proxy may see the end of this request elsewhere than we do, and a second request after it (RFC 9112 §6.3, rule 3)."""
    names = [name for name, _ in scope["headers"]]
    return b"transfer-encoding" in names and b"content-length" in names


_TWO_LENGTHS = PlainTextResponse("A request must have one length.\n", 400, {"Connection": "close"})


def app_of(request: Request) -> App:
    """Return the site that is served."""
    site = request.app.state.site
    assert isinstance(site, App)
    return site


def refuse_other_sites(request: Request) -> None:
    """Raise HTTPException 403 for a form that a page of another site posts, as browsers report (https://www.w3.org/TR/fetch-metadata/)."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise HTTPException(403)


async def form_fields(request: Request) -> dict[str, list[str]]:
    """Return the fields of a posted form. Raises HTTPException: 413 if it is too large, 400 if it is not a form."""
    body = await read_body(request, LARGEST)
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise HTTPException(400) from None


async def read_body(request: Request, largest: int) -> bytes:
    """Return the body. Raises HTTPException 413 after `largest` bytes, and reads no more."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise HTTPException(413)
    return body


def language_of(request: Request, own: str = "") -> str:
    """Return the subscriber's `own` language, else that of `?lang=`, else the first of the browser's that the site has (RFC 9110 §12.5.4)."""
    languages = app_of(request).renderer.languages
    asked = [own, request.query_params.get("lang", "")]
    asked += [
        each.partition(";")[0].strip() for each in request.headers.get("accept-language", "").split(",")
    ]
    known = {each.casefold() for each in languages}
    for each in asked:
        if each.casefold() in known or each.casefold().partition("-")[0] in known:
            return language_for(each, languages)
    return languages[0]


def show_page(
    request: Request,
    name: str,
    language: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
    framed: bool = False,
) -> Response:
    """Render the page `name` of the theme; with `framed`, other sites may show it in a frame. The policy allows its styles by their hash."""
    site = app_of(request)
    base = site.publication.web_url
    html = site.renderer.subscriber_page(name, language, {"web_url": base, "framed": framed, **context})
    hashes = " ".join(f"'sha256-{_hash(style)}'" for style in _STYLE.findall(html))
    frames = "*" if framed else "'none'"
    policy = f"default-src 'none'; style-src {hashes}; form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
    headers = {"Content-Security-Policy": policy, "Content-Language": language}
    return HTMLResponse(html, status, headers)


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
