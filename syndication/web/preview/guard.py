"""Who may use the preview. Listening on loopback is not enough: any page in the same browser can reach it.

The Host header stops DNS rebinding; Origin and Sec-Fetch-Site stop posts and frames of other pages (SameSite does not: another port is
another origin, but the same site); the token stops other users of the machine.
"""

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,  # unless the page has its own
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with no-referrer a form would send `Origin: null`
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI: passes requests to `app` only from its own pages at `port`. `token` opens them once, and sets a cookie with `session`."""

    def __init__(self, app: ASGIApp, *, port: int, token: str, session: str) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._cookie = f"syndicate-preview-{port}"  # cookies are shared between ports
        self._token = token
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        await (self._answer(scope) or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        """Return the answer instead of the page; None if the request may pass."""
        headers = Headers(scope=scope)
        if headers.getlist("host") != [headers.get("host")] or headers["host"] not in self._hosts:
            return _refused("The preview has another address.", 421)
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[-1]
        opening = scope["method"] == "GET" and scope["path"] == "/" and bool(token)
        if not self._own(headers, opening=opening):
            return _refused("This request comes from another page.", 403)
        if self._known(headers):
            return _to_the_page() if opening else None
        if opening and self._token and hmac.compare_digest(token.encode(), self._token.encode()):
            self._token = ""
            answer = _to_the_page()
            answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict")
            return answer
        return _refused(
            "The address works once, in one browser. For a new one, end `syndicate preview` with Ctrl-C and start it again.",
            403,
        )

    def _own(self, headers: Headers, *, opening: bool) -> bool:
        """Whether the request comes from our own page. The opening one may come from anywhere: some terminals are pages."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        if origin is not None and origin != f"http://{headers['host']}":
            return False
        return opening or site in {"same-origin", "none"}

    def _known(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._session.encode())


def _to_the_page() -> Response:
    # Not a redirect: the browser sends no SameSite=Strict cookie along a chain that another site began.
    return Response(headers={"Refresh": "0; url=/"})


def _refused(why: str, status: int) -> Response:
    return PlainTextResponse(f"{why}\n", status)
