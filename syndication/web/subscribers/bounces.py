"""The hook: a mail provider, or a script of the newsroom, reports bounces and complaints to it as JSON."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from syndication.flows.bounces.hook import Call, signed, take_events
from syndication.web.subscribers.page import app_of, read_body

LARGEST = 262_144  # bytes of a call


async def hook(request: Request) -> Response:
    """Answer 200 with the result of each event; 404 without a secret, 401 for a wrong or old signature, 400 for another form."""
    site = app_of(request)
    secret = site.bounces.hook()
    if not secret:
        raise HTTPException(404)
    call = Call(
        request.headers.get("x-syndicate-timestamp", ""),
        request.headers.get("x-syndicate-signature", ""),
        await read_body(request, LARGEST),
    )
    if not signed(secret, call, site.clock()):
        raise HTTPException(401)
    try:
        results = await take_events(site, call.body)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    return JSONResponse({"results": results})
