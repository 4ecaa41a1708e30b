"""Leaving: one click of a mail program (RFC 8058), or a button for whoever follows the link."""

from starlette.requests import Request
from starlette.responses import Response

from syndication.domain.tokens import Purpose
from syndication.flows.subscribers.preferences import key_of, leave, subscriber_of_link
from syndication.web.subscribers.shell import app_of, language_of, show

__all__ = ["ask", "unsubscribe"]


async def ask(request: Request) -> Response:
    """The page with the button. It changes nothing: link scanners open every link of a mail."""
    site, token = app_of(request), request.path_params["token"]
    if key_of(site, Purpose.UNSUBSCRIBE, token) is None:
        return show(request, "broken-link", language_of(request), {}, status=404)
    subscriber = await subscriber_of_link(site, Purpose.UNSUBSCRIBE, token)
    language = language_of(request, subscriber.language if subscriber else "")
    return show(request, "unsubscribe", language, {"token": token, "done": False})


async def unsubscribe(request: Request) -> Response:
    """Whatever the body says, with or without cookies: 200, also for who left long ago."""
    site, token = app_of(request), request.path_params["token"]
    if not await leave(site, token):
        return show(request, "broken-link", language_of(request), {}, status=404)
    subscriber = await subscriber_of_link(site, Purpose.UNSUBSCRIBE, token)
    language = language_of(request, subscriber.language if subscriber else "")
    return show(request, "unsubscribe", language, {"token": token, "done": True})
