"""The outermost layer of each app: headers for every answer, and a request id and a line in the log for every request."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syndication.errors import SyndicationError
from syndication.logs import logger

log = logger(__name__)


class Outermost:
    """ASGI: answers of `app` get `headers` unless they have their own; `new_id` makes the request ids.

    The log names a request by the pattern of its route: the path itself may hold a token.
    """

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str], new_id: Callable[[], str]) -> None:
        self._app = app
        self._headers = headers
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Its fault ends here: Starlette has answered it by then, with `fault_response`."""
        if scope["type"] != "http":
            return
        scope["request_id"] = self._new_id()
        began, status = time.monotonic(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.debug("client disconnected", **_named(scope))
        except asyncio.CancelledError:
            log.info("request cut off", **_named(scope), status=status)
            raise
        except Exception as error:  # noqa: BLE001 - the server has no use for it
            log.fault("request failed", error, **_named(scope), status=status)
        else:
            log.debug("request", **_named(scope), status=status, seconds=round(time.monotonic() - began, 4))


def _named(scope: Scope) -> dict[str, Any]:
    route = getattr(scope.get("route"), "path", "none")
    return {"method": scope["method"], "route": route, "request": scope["request_id"]}


async def fault_response(request: Request, error: Exception) -> Response:
    """Return the answer to a request that failed: 503 for a fault that the program knows, like a full disk, else 500."""
    status = 503 if isinstance(error, SyndicationError) else 500
    asked = f"If it stays so, tell us the request id: {request.scope['request_id']}"
    return PlainTextResponse(f"This does not work just now. Please try again later. {asked}\n", status)
