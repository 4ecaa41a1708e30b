"""A subscriber's own page: topics, language and a pause; the stored data, to download or erase."""

import json
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from syndication.domain.subscriber import Consent, Subscriber
from syndication.domain.tokens import Purpose
from syndication.flows.subscribers.operator import erase
from syndication.flows.subscribers.preferences import (
    LONGEST_PAUSE,
    choose,
    own_data,
    subscriber_of_link,
    topics,
)
from syndication.web.subscribers.page import app_of, form_fields, language_of, refuse_other_sites, show_page


async def preferences(request: Request) -> Response:
    """Show the form."""
    subscriber = await _subscriber(request)
    return await _form(request, subscriber) if subscriber else _gone(request)


async def save(request: Request) -> Response:
    """Store the choice, and show it."""
    refuse_other_sites(request)
    form, subscriber = await form_fields(request), await _subscriber(request)
    if subscriber is None or subscriber.consent is not Consent.CONFIRMED:
        return _gone(request)
    kept = await choose(
        app_of(request),
        subscriber,
        chosen=form.get("topic", []),
        language=form.get("language", [""])[0],
        until=form.get("until", [""])[0],
    )
    now = await _subscriber(request)
    return await _form(request, now or subscriber, said="kept" if kept else "day")


async def data(request: Request) -> Response:
    """Give the stored data as a file."""
    subscriber = await _subscriber(request)
    if subscriber is None:
        return _gone(request)
    return Response(
        json.dumps(await own_data(app_of(request), subscriber), ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="my-data.json"'},
    )


async def erased(request: Request) -> Response:
    """Erase the subscriber, if the box is ticked."""
    refuse_other_sites(request)
    form, subscriber = await form_fields(request), await _subscriber(request)
    if subscriber is None:
        return _gone(request)
    if form.get("sure", [""])[0] != "yes":
        return await _form(request, subscriber, said="sure")
    await erase(app_of(request), subscriber)
    return show_page(request, "erased", language_of(request, subscriber.language), {})


async def _subscriber(request: Request) -> Subscriber | None:
    return await subscriber_of_link(app_of(request), Purpose.PREFERENCES, request.path_params["token"])


async def _form(request: Request, subscriber: Subscriber, said: str = "") -> Response:
    site = app_of(request)
    zone, now = site.publication.timezone, site.clock()
    paused = subscriber.paused if subscriber.paused and subscriber.paused > now else None
    context = {
        "token": request.path_params["token"],
        "unsubscribe_token": site.keyring.sign(Purpose.UNSUBSCRIBE, subscriber.key),
        "email": subscriber.email,
        "confirmed": subscriber.consent is Consent.CONFIRMED,
        "topics": await topics(site),
        "chosen": subscriber.topics,
        "languages": site.renderer.languages,
        "own": subscriber.language or site.publication.language,
        "until": paused.astimezone(zone).date().isoformat() if paused else "",
        "soonest": (now.astimezone(zone) + timedelta(days=1)).date().isoformat(),
        "latest": (now.astimezone(zone) + LONGEST_PAUSE).date().isoformat(),
        "notice": said,
    }
    wrong = said in {"day", "sure"}
    return show_page(
        request,
        "preferences",
        language_of(request, subscriber.language),
        context,
        status=422 if wrong else 200,
    )


def _gone(request: Request) -> Response:
    return show_page(request, "broken-link", language_of(request), {}, status=404)
