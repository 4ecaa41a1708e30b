"""Double opt-in: the form to subscribe, also for a frame on the newsroom's own site, and the page that the confirmation mail links to."""

import asyncio
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from syndication.domain.subscriber import Consent
from syndication.domain.tokens import Purpose
from syndication.flows.subscribers.double_opt_in import (
    Visitor,
    ask,
    confirm,
    doubt,
    read_address,
    stamp,
    stamp_age,
)
from syndication.flows.subscribers.preferences import preferences_link, subscriber_of_link
from syndication.web.subscribers.page import app_of, form_fields, language_of, refuse_other_sites, show_page

EVEN = 0.15  # seconds until the answer, many times what either case takes
FASTEST, OLDEST = timedelta(seconds=2), timedelta(days=1)  # how long a person may take to fill the form
WORDING = "Yes, send me %(title)s by mail every week. I can unsubscribe at any time."


async def form(request: Request) -> Response:
    """Show the form."""
    return _form(request, language_of(request))


async def embedded(request: Request) -> Response:
    """Show the form without the masthead, for `<iframe src="…/subscribe/embed">`."""
    return _form(request, language_of(request), framed=True)


async def subscribe(request: Request) -> Response:
    """Ask for a confirmation. The answer and its time are the same for every address; a request that fills the hidden trap field is ignored."""
    refuse_other_sites(request)
    site, values = app_of(request), await form_fields(request)
    typed, language = _of(values, "email").strip()[:320], language_of(request, _of(values, "lang"))
    framed = _of(values, "framed") == "yes"
    if _of(values, "website"):
        return _sent(request, language, framed=framed)
    age, sure = stamp_age(site, _of(values, "stamp")), _of(values, "sure") == typed
    again = partial(_form, request, language, typed=typed, framed=framed)
    if age is None or not FASTEST <= age <= OLDEST:
        return again(said="again", sure=sure)
    again = partial(again, signed=_of(values, "stamp"))  # this stamp is old enough already
    try:
        address = read_address(typed)
    except ValueError:
        return again(said="address")
    better = doubt(address)
    if better and not sure:
        return again(said="doubt", better=better, sure=True)
    # Queueing a mail takes longer than finding that none is due: without the pause the time would tell which it was.
    answer, _ = await asyncio.gather(ask(site, address, language, _visitor(request)), asyncio.sleep(EVEN))
    if answer == "too many":
        return again(said="many", sure=sure, status=429)
    request.app.state.wake()
    return _sent(request, language, framed=framed)


async def confirmation(request: Request) -> Response:
    """Show the button. Opening the page changes nothing."""
    site, token = app_of(request), request.path_params["token"]
    subscriber = await subscriber_of_link(site, Purpose.CONFIRM, token)
    if subscriber is None or subscriber.consent is Consent.COMPLAINED:
        return show_page(request, "broken-link", language_of(request), {}, status=404)
    language = language_of(request, subscriber.language)
    wording = site.renderer.label(WORDING, language, title=site.publication.title)
    return show_page(request, "confirm", language, {"token": token, "wording": wording, "preferences": ""})


async def confirmed(request: Request) -> Response:
    """Store the consent, then say so."""
    site, token = app_of(request), request.path_params["token"]
    known = await subscriber_of_link(site, Purpose.CONFIRM, token)
    language = language_of(request, known.language if known else "")
    wording = site.renderer.label(WORDING, language, title=site.publication.title)
    subscriber = await confirm(site, known, wording, _visitor(request)) if known else None
    if subscriber is None:
        return show_page(request, "broken-link", language, {}, status=404)
    context = {"token": token, "wording": wording, "preferences": preferences_link(site, subscriber)}
    return show_page(request, "confirm", language, context)


def _visitor(request: Request) -> Visitor:
    return Visitor(request.client.host if request.client else "")


def _form(
    request: Request,
    language: str,
    *,
    typed: str = "",
    said: str = "",
    better: str = "",
    sure: bool = False,
    signed: str = "",
    framed: bool = False,
    status: int = 422,
) -> Response:
    context = {
        "stamp": signed or stamp(app_of(request)),
        "typed": typed,
        "notice": said,
        "better": better,
        "sure": sure,
        "done": False,
    }
    return show_page(request, "subscribe", language, context, status=status if said else 200, framed=framed)


def _sent(request: Request, language: str, *, framed: bool) -> Response:
    return show_page(request, "subscribe", language, {"done": True}, framed=framed)


def _of(values: dict[str, list[str]], name: str) -> str:
    return values.get(name, [""])[0]
