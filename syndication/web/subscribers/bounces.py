"""The hook: a mail provider, or a script of the newsroom's between, reports bounces and complaints. No page for people."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from syndication.flows.bounces.hook import Call, signed, take_events
from syndication.web.subscribers.shell import app_of, whole

__all__ = ["hook"]

LARGEST = 262_144  # bytes of a call


async def hook(request: Request) -> Response:
    """200 with what became of each event; 404 where there is no secret, 401 for a signature that is not ours or too old, 400 for another form."""
    site = app_of(request)
    secret = site.bounces.hook()
    if not secret:
        raise HTTPException(404)
    call = Call(
        request.headers.get("x-syndicate-timestamp", ""),
        request.headers.get("x-syndicate-signature", ""),
        await whole(request, LARGEST),
    )
    if not signed(secret, call, site.clock()):
        raise HTTPException(401)
    try:
        results = await take_events(site, call.body)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    return JSONResponse({"results": results})
