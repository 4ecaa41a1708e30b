"""Unsubscribing: with one click in a mail program (RFC 8058), or with the button of the page that the link opens."""

from starlette.requests import Request
from starlette.responses import Response

from syndication.domain.tokens import Purpose
from syndication.flows.subscribers.preferences import key_of, subscriber_of_link, unsubscribe_by_link
from syndication.web.subscribers.page import app_of, language_of, show_page


async def ask(request: Request) -> Response:
    """Show the button. Opening the page changes nothing, because link scanners open every link of a mail."""
    site, token = app_of(request), request.path_params["token"]
    if key_of(site, Purpose.UNSUBSCRIBE, token) is None:
        return show_page(request, "broken-link", language_of(request), {}, status=404)
    subscriber = await subscriber_of_link(site, Purpose.UNSUBSCRIBE, token)
    language = language_of(request, subscriber.language if subscriber else "")
    return show_page(request, "unsubscribe", language, {"token": token, "done": False})


async def unsubscribe(request: Request) -> Response:
    """Unsubscribe, whatever the body and the cookies are. 200 also for a subscriber who has left already."""
    site, token = app_of(request), request.path_params["token"]
    if not await unsubscribe_by_link(site, token):
        return show_page(request, "broken-link", language_of(request), {}, status=404)
    subscriber = await subscriber_of_link(site, Purpose.UNSUBSCRIBE, token)
    language = language_of(request, subscriber.language if subscriber else "")
    return show_page(request, "unsubscribe", language, {"token": token, "done": True})
