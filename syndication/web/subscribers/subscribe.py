"""The form to subscribe, as a page and for a frame on the newsroom's own site."""

import asyncio
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from syndication.flows.subscribers.double_opt_in import Visitor, ask, doubt, read_address, stamp, stamp_age
from syndication.web.subscribers.shell import app_of, fields, language_of, our_own, show

__all__ = ["embedded", "form", "subscribe", "visitor"]

EVEN = 0.15  # seconds until the answer, many times of what either takes
FASTEST, OLDEST = timedelta(seconds=2), timedelta(days=1)  # in which a person fills the form


async def form(request: Request) -> Response:
    """The page."""
    return _form(request, language_of(request))


async def embedded(request: Request) -> Response:
    """The same without the masthead, for `<iframe src="…/subscribe/embed">`."""
    return _form(request, language_of(request), framed=True)


async def subscribe(request: Request) -> Response:
    """Say the same whatever is known of the address, and as soon. A filled trap, which no person sees, is thanked and forgotten."""
    our_own(request)
    site, values = app_of(request), await fields(request)
    typed, language = _of(values, "email").strip()[:320], language_of(request, _of(values, "lang"))
    framed = _of(values, "framed") == "yes"
    if _of(values, "website"):
        return _sent(request, language, framed=framed)
    age, sure = stamp_age(site, _of(values, "stamp")), _of(values, "sure") == typed
    again = partial(_form, request, language, typed=typed, framed=framed)
    if age is None or not FASTEST <= age <= OLDEST:
        return again(said="again", sure=sure)
    again = partial(again, signed=_of(values, "stamp"))  # a person, who need not wait once more
    try:
        address = read_address(typed)
    except ValueError:
        return again(said="address")
    better = doubt(address)
    if better and not sure:
        return again(said="doubt", better=better, sure=True)
    # To queue a mail takes longer than to find out that none is due, and who measures would know which it was.
    answer, _ = await asyncio.gather(ask(site, address, language, visitor(request)), asyncio.sleep(EVEN))
    if answer == "too many":
        return again(said="many", sure=sure, status=429)
    request.app.state.wake()
    return _sent(request, language, framed=framed)


def visitor(request: Request) -> Visitor:
    """Who asks."""
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
    return show(request, "subscribe", language, context, status=status if said else 200, framed=framed)


def _sent(request: Request, language: str, *, framed: bool) -> Response:
    return show(request, "subscribe", language, {"done": True}, framed=framed)


def _of(values: dict[str, list[str]], name: str) -> str:
    return values.get(name, [""])[0]
