"""The ASGI app of `syndicate serve`: its routes."""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from syndication.flows.app import App
from syndication.web.outermost import Outermost, fault_response
from syndication.web.published.app import archive, published_route
from syndication.web.subscribers import bounces, confirm, preferences, subscribe, unsubscribe
from syndication.web.subscribers.shell import HEADERS, language_of, show, with_one_length

__all__ = ["ROUTES", "subscriber_app"]

NOT_FOUND = 404

ROUTES = (
    Route("/", archive),
    Route("/subscribe", subscribe.form),
    Route("/subscribe", subscribe.subscribe, methods=["POST"]),
    Route("/subscribe/embed", subscribe.embedded),
    Route("/confirm/{token}", confirm.ask),
    Route("/confirm/{token}", confirm.confirmed, methods=["POST"]),
    Route("/unsubscribe/{token}", unsubscribe.ask),
    Route("/unsubscribe/{token}", unsubscribe.unsubscribe, methods=["POST"]),
    Route("/preferences/{token}", preferences.preferences),
    Route("/preferences/{token}", preferences.save, methods=["POST"]),
    Route("/preferences/{token}/data", preferences.data),
    Route("/preferences/{token}/erase", preferences.erased, methods=["POST"]),
    Route("/bounces", bounces.hook, methods=["POST"]),
)


def subscriber_app(site: App, wake: Callable[[], None]) -> ASGIApp:
    """The pages below the path of `web.url`, and the published folder below that of `feeds.url`. `wake` is called when a confirmation is to be sent."""
    base = urlsplit(site.publication.web_url).path.rstrip("/")
    pages = [Route(base + page.path, page.endpoint, methods=page.methods) for page in ROUTES]
    routes = [*pages, published_route(site)]
    app = Starlette(routes=routes, exception_handlers={HTTPException: refused, Exception: fault_response})
    app.router.redirect_slashes = False
    app.state.site, app.state.wake = site, wake
    return Outermost(with_one_length(app), headers=HEADERS, new_id=site.new_id)


async def refused(request: Request, error: Exception) -> Response:
    """A page that there is not, or a request that is none of ours."""
    assert isinstance(error, HTTPException)
    if error.status_code == NOT_FOUND:
        return show(request, "missing", language_of(request), {}, status=NOT_FOUND)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)
