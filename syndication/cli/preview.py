"""The editor's look at an edition before it goes out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.edition import Week, week_key
from syndication.cli.loop import run as run_job
from syndication.cli.screen import Options, document, options

if TYPE_CHECKING:
    from syndication.domain.week import WeekKey

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verb to `command`."""
    command.command("preview")(preview)


def preview(
    context: typer.Context,
    week: Week = None,
    port: Annotated[int, typer.Option("--port", metavar="N", help="The port; picked if left out.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write the mails into DIR and serve nothing."),
    ] = None,
) -> int:
    """Show an edition's mails in a browser on this machine, as they are sent; the page follows every save. Ctrl-C ends it."""
    chosen, key = options(context), week_key(week)
    return run_job(_serve(chosen, key, port) if out is None else _write(chosen, key, out))


async def _serve(chosen: Options, week: WeekKey | None, port: int) -> int:
    from tempfile import TemporaryDirectory

    from syndication.web.preview.app import PreviewSecrets, preview_app
    from syndication.web.preview.desk import PreviewDesk
    from syndication.web.server import listening, serving, stopping

    with TemporaryDirectory(prefix="syndicate-preview-") as folder, listening(port) as sock:
        desk = PreviewDesk(chosen.config, Path(folder), chosen.progress(), chosen.moment)
        try:
            await desk.app(week)
            secrets = PreviewSecrets(*(chosen.moment.new_id() + chosen.moment.new_id() for _ in range(3)))
            bound = sock.getsockname()[1]
            url = f"http://127.0.0.1:{bound}/?token={secrets.token}"
            async with serving(preview_app(desk, port=bound, secrets=secrets), sock):
                stop = stopping()
                if chosen.json:
                    document({"edition": str(desk.key), "url": url})
                else:
                    print(f"Preview, until Ctrl-C: {url}", flush=True)
                await stop.wait()
        finally:
            await desk.close()
    return 0


async def _write(chosen: Options, week: WeekKey | None, out: Path) -> int:
    from tempfile import TemporaryDirectory

    from syndication.domain.text import counted
    from syndication.web.preview.desk import PreviewDesk
    from syndication.web.preview.files import write_pictures, write_proof

    with TemporaryDirectory(prefix="syndicate-preview-") as folder:
        desk = PreviewDesk(chosen.config, Path(folder), chosen.progress(), chosen.moment)
        try:
            app, proof = await desk.proof(week)
            files = write_proof(app, proof, out)
            pictures, missing = write_pictures(app, proof, out)
        finally:
            await desk.close()
    warnings = [*desk.warnings, *proof.warnings, *filter(None, (missing,))]
    if chosen.json:
        written = [str(file) for file in (*files, *pictures)]
        document({"edition": str(proof.key), "files": written, "warnings": warnings})
        return 0
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{proof.key}: {len(files)} files and {counted(len(pictures), 'picture')} in {out}")
    return 0
