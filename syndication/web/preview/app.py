"""The preview's ASGI app: its routes and their answers."""

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
from syndication.web.preview.frame import as_shown, frame_policy
from syndication.web.preview.guard import HEADERS, Guard
from syndication.web.preview.live_edition import LiveEdition
from syndication.web.preview.page import page_context, subscriber_for
from syndication.web.preview.view import View

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
    """Random words of one preview: `token` opens it once, `session` is the cookie's value, `form` is in its forms."""

    token: str
    session: str
    form: str


def preview_app(live: LiveEdition, *, port: int, secrets: PreviewSecrets) -> ASGIApp:
    """Return the app behind its guard."""
    app = Starlette(routes=ROUTES, exception_handlers={SyndicationError: refused, Exception: broken})
    app.state.live, app.state.form = live, secrets.form
    guarded = Guard(app, port=port, token=secrets.token, session=secrets.session)
    return Outermost(guarded, headers=HEADERS, new_id=live.moment.new_id)


async def page(request: Request) -> Response:
    """Show the page."""
    state = request.app.state
    context = await page_context(state.live, View.of(request.query_params))
    return HTMLResponse(_TEMPLATES.get_template("page.html").render(context, form=state.form))


async def mail(request: Request) -> Response:
    """Show the mail itself, for the frame of the page."""
    view, live = View.of(request.query_params), _live(request)
    copy = await _copy(live, view)
    app = await live.app(view.edition)
    shown = as_shown(copy.html, view.client, folder=app.publication.feeds_url, media=MEDIA)
    return HTMLResponse(shown, headers={"Content-Security-Policy": frame_policy(view.client)})


async def message(request: Request) -> Response:
    """Give the bytes that are sent, as a file for a mail program."""
    copy = await _copy(_live(request), View.of(request.query_params))
    return Response(
        copy.message,
        media_type="message/rfc822",
        headers={"Content-Disposition": 'attachment; filename="preview.eml"'},
    )


async def media(request: Request) -> Response:
    """Give an image of the edition from this machine: published, or to be published."""
    name, app = request.path_params["name"], await _live(request).app()
    if _NAME.fullmatch(name):
        for folder in (app.media, app.site / "var" / "media"):
            if (folder / name).is_file():
                return FileResponse(folder / name)
    return Response(status_code=404)


async def stamp(request: Request) -> Response:
    """Give a text that changes when there is something new to show."""
    return PlainTextResponse(_live(request).stamp())


async def collect(request: Request) -> Response:
    """Collect again."""
    await _form(request)
    await _live(request).collect_again()
    return RedirectResponse("/", 303)


async def test(request: Request) -> Response:
    """Send the mail that is shown to the editor's own address, marked as a test."""
    fields = await _form(request)
    view, live = View.of(fields), _live(request)
    app, proof = await live.proof(view.edition, current_templates=view.current_templates)
    recipient = await subscriber_for(app, proof, view.subscriber)
    sent = await send_test(app, proof.mailing, fields.get("address", ""), like=recipient)
    return PlainTextResponse(f"“{sent.subject}” was sent to {sent.to}.")


async def refused(_: Request, error: Exception) -> Response:
    """Answer an error of the site with its sentence."""
    return PlainTextResponse(str(error), 409)


async def broken(request: Request, error: Exception) -> Response:
    """Answer an unexpected error with a sentence; the traceback is in the log."""
    message = f"An unexpected error: {type(error).__name__}: {error}."
    where = f"The log has it as request {request.scope['request_id']}."
    return PlainTextResponse(f"{message} {where} Please report it, and start the preview again.", 500)


async def asset(request: Request) -> Response:
    """Give the page's style, script or icon."""
    return FileResponse(HERE / Path(request.url.path).name)


async def _copy(live: LiveEdition, view: View) -> Copy:
    app, proof = await live.proof(view.edition, current_templates=view.current_templates)
    copy = proof.copy(await subscriber_for(app, proof, view.subscriber))
    if copy is None:
        raise UsageError("This subscriber gets no mail.", "Choose another one.")
    return copy


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form. Raises UsageError if it was not posted from the page."""
    fields = {
        name: values[-1] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()
    }
    if not hmac.compare_digest(fields.get("form", "").encode(), request.app.state.form.encode()):
        raise UsageError("This form was not sent by the current page.", "Load the page again.")
    return fields


def _live(request: Request) -> LiveEdition:
    live = request.app.state.live
    assert isinstance(live, LiveEdition)
    return live


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
