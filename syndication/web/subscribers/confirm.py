"""Saying yes: the page that the confirmation mail leads to. Opening it changes nothing, its button does."""

from starlette.requests import Request
from starlette.responses import Response

from syndication.domain.subscriber import Consent
from syndication.domain.tokens import Purpose
from syndication.flows.subscribers.double_opt_in import confirm
from syndication.flows.subscribers.preferences import preferences_link, subscriber_of_link
from syndication.web.subscribers.shell import app_of, language_of, show
from syndication.web.subscribers.subscribe import visitor

__all__ = ["ask", "confirmed"]

WORDING = "Yes, send me %(title)s by mail every week. I can unsubscribe at any time."


async def ask(request: Request) -> Response:
    """The page with the button."""
    site, token = app_of(request), request.path_params["token"]
    subscriber = await subscriber_of_link(site, Purpose.CONFIRM, token)
    if subscriber is None or subscriber.consent is Consent.COMPLAINED:
        return show(request, "broken-link", language_of(request), {}, status=404)
    language = language_of(request, subscriber.language)
    wording = site.renderer.label(WORDING, language, title=site.publication.title)
    return show(request, "confirm", language, {"token": token, "wording": wording, "preferences": ""})


async def confirmed(request: Request) -> Response:
    """Keep the yes, then say so."""
    site, token = app_of(request), request.path_params["token"]
    known = await subscriber_of_link(site, Purpose.CONFIRM, token)
    language = language_of(request, known.language if known else "")
    wording = site.renderer.label(WORDING, language, title=site.publication.title)
    subscriber = await confirm(site, known, wording, visitor(request)) if known else None
    if subscriber is None:
        return show(request, "broken-link", language, {}, status=404)
    context = {"token": token, "wording": wording, "preferences": preferences_link(site, subscriber)}
    return show(request, "confirm", language, context)
