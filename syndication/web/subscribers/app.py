"""The ASGI app of `syndicate serve`: its routes."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from syndication.flows.app import App
from syndication.web.outermost import Outermost, fault_response
from syndication.web.published.app import archive, published_route
from syndication.web.subscribers import bounces, preferences, subscribe, unsubscribe
from syndication.web.subscribers.page import HEADERS, language_of, show_page, with_one_length

NOT_FOUND = 404

ROUTES = (
    Route("/", archive),
    Route("/subscribe", subscribe.form),
    Route("/subscribe", subscribe.subscribe, methods=["POST"]),
    Route("/subscribe/embed", subscribe.embedded),
    Route("/confirm/{token}", subscribe.confirmation),
    Route("/confirm/{token}", subscribe.confirmed, methods=["POST"]),
    Route("/unsubscribe/{token}", unsubscribe.ask),
    Route("/unsubscribe/{token}", unsubscribe.unsubscribe, methods=["POST"]),
    Route("/preferences/{token}", preferences.preferences),
    Route("/preferences/{token}", preferences.save, methods=["POST"]),
    Route("/preferences/{token}/data", preferences.data),
    Route("/preferences/{token}/erase", preferences.erased, methods=["POST"]),
    Route("/bounces", bounces.hook, methods=["POST"]),
)


def subscriber_app(site: App, wake: Callable[[], None]) -> ASGIApp:
    """Return the app: the pages below the path of `web.url`, the published folder below that of `feeds.url`.

    It calls `wake` when a confirmation is to be sent.
    """
    base = urlsplit(site.publication.web_url).path.rstrip("/")
    pages = [Route(base + page.path, page.endpoint, methods=page.methods) for page in ROUTES]
    routes = [*pages, published_route(site)]
    app = Starlette(routes=routes, exception_handlers={HTTPException: refused, Exception: fault_response})
    app.router.redirect_slashes = False
    app.state.site, app.state.wake = site, wake
    return Outermost(_with_whole_links(with_one_length(app), base), headers=HEADERS, new_id=site.new_id)


def _with_whole_links(app: ASGIApp, base: str) -> ASGIApp:
    """Return `app` behind a door that takes off what a mail program or a person took for the end of a link: `/`, `.`, `>` and the like."""
    link = re.compile(rf"({re.escape(base)}/(?:confirm|unsubscribe|preferences)/\w+(?:/data|/erase)?)\W+")

    async def opened(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (found := link.fullmatch(scope["path"])):
            scope.update(path=found[1], raw_path=found[1].encode())
        await app(scope, receive, send)

    return opened


async def refused(request: Request, error: Exception) -> Response:
    """Answer a missing page, or a request that a page refuses."""
    assert isinstance(error, HTTPException)
    if error.status_code == NOT_FOUND:
        return show_page(request, "missing", language_of(request), {}, status=NOT_FOUND)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)
