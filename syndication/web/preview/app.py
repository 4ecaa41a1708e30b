"""The preview's ASGI app: its routes, and what each answers."""

import hmac
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.types import ASGIApp

from syndication.errors import SyndicationError, UsageError
from syndication.flows.desk.proof import Copy
from syndication.flows.desk.trial_mail import send_test
from syndication.web.outermost import Outermost
from syndication.web.preview.desk import PreviewDesk
from syndication.web.preview.frame import policy, worn
from syndication.web.preview.guard import HEADERS, Guard
from syndication.web.preview.page import page_context, subscriber_for
from syndication.web.preview.view import View

__all__ = ["PreviewSecrets", "preview_app"]

HERE = Path(__file__).parent
MEDIA = "/media/"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_TEMPLATES = Environment(
    loader=PackageLoader("syndication.web.preview", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class PreviewSecrets:
    """Random words of one preview: `token` opens it once, `session` is the cookie's, `form` stands in its forms."""

    token: str
    session: str
    form: str


def preview_app(desk: PreviewDesk, *, port: int, secrets: PreviewSecrets) -> ASGIApp:
    """The app behind its guard."""
    app = Starlette(routes=ROUTES, exception_handlers={SyndicationError: refused, Exception: broken})
    app.state.desk, app.state.form = desk, secrets.form
    guarded = Guard(app, port=port, token=secrets.token, session=secrets.session)
    return Outermost(guarded, headers=HEADERS, new_id=desk.moment.new_id)


async def page(request: Request) -> Response:
    """Everything at once."""
    state = request.app.state
    context = await page_context(state.desk, View.of(request.query_params))
    return HTMLResponse(_TEMPLATES.get_template("page.html").render(context, form=state.form))


async def mail(request: Request) -> Response:
    """The mail in its frame, as it is looked at."""
    view, desk = View.of(request.query_params), _desk(request)
    copy = await _copy(desk, view)
    app = await desk.app(view.edition)
    shown = worn(copy.html, view.wear, folder=app.publication.feeds_url, media=MEDIA)
    return HTMLResponse(shown, headers={"Content-Security-Policy": policy(view.wear)})


async def message(request: Request) -> Response:
    """The bytes that are sent, as a file for a mail program."""
    copy = await _copy(_desk(request), View.of(request.query_params))
    return Response(
        copy.message,
        media_type="message/rfc822",
        headers={"Content-Disposition": 'attachment; filename="preview.eml"'},
    )


async def media(request: Request) -> Response:
    """An image of the edition that lies on this machine: published, or about to be."""
    name, app = request.path_params["name"], await _desk(request).app()
    if _NAME.fullmatch(name):
        for folder in (app.media, app.site / "var" / "media"):
            if (folder / name).is_file():
                return FileResponse(folder / name)
    return Response(status_code=404)


async def stamp(request: Request) -> Response:
    """Differs from the last answer when there is something new to show."""
    return PlainTextResponse(_desk(request).stamp())


async def collect(request: Request) -> Response:
    """Collect anew, as the button asks."""
    await _form(request)
    await _desk(request).collect_again()
    return RedirectResponse("/", 303)


async def test(request: Request) -> Response:
    """Send the mail that is shown to an address of the editor's, marked as a test."""
    fields = await _form(request)
    view, desk = View.of(fields), _desk(request)
    app, proof = await desk.proof(view.edition, anew=view.anew)
    recipient = await subscriber_for(app, proof, view.subscriber)
    sent = await send_test(app, proof.mailing, fields.get("address", ""), like=recipient)
    return PlainTextResponse(f"“{sent.subject}” went to {sent.to}.")


async def refused(_: Request, error: Exception) -> Response:
    """What cannot be done, as a sentence."""
    return PlainTextResponse(str(error), 409)


async def broken(request: Request, error: Exception) -> Response:
    """Answer an unexpected error with a sentence; the traceback is in the log."""
    message = f"An unexpected error: {type(error).__name__}: {error}."
    where = f"The log has it as request {request.scope['request_id']}."
    return PlainTextResponse(f"{message} {where} Start the preview again, and report it, please.", 500)


async def asset(request: Request) -> Response:
    """The page's own style and script."""
    return FileResponse(HERE / Path(request.url.path).name)


async def _copy(desk: PreviewDesk, view: View) -> Copy:
    app, proof = await desk.proof(view.edition, anew=view.anew)
    copy = proof.copy(await subscriber_for(app, proof, view.subscriber))
    if copy is None:
        raise UsageError("This subscriber gets no mail.", "Choose another subscriber.")
    return copy


async def _form(request: Request) -> dict[str, str]:
    """The fields of one of our forms. Raises UsageError for a form that is not the page's."""
    fields = {
        name: values[-1] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()
    }
    if not hmac.compare_digest(fields.get("form", "").encode(), request.app.state.form.encode()):
        raise UsageError("The form is not of this page.", "Load the page again.")
    return fields


def _desk(request: Request) -> PreviewDesk:
    desk = request.app.state.desk
    assert isinstance(desk, PreviewDesk)
    return desk


ROUTES = (
    Route("/", page),
    Route("/mail", mail),
    Route("/message.eml", message),
    Route(MEDIA + "{name}", media),
    Route("/stamp", stamp),
    Route("/collect", collect, methods=["POST"]),
    Route("/test", test, methods=["POST"]),
    Route("/icon.svg", asset),
    Route("/page.css", asset),
    Route("/page.js", asset),
)
