"""The verb that shows an edition's mails before they go out: preview."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.edition import Week, week_key
from syndication.cli.output import Output, print_output, run_async
from syndication.cli.screen import Options, options

if TYPE_CHECKING:
    from syndication.domain.week import WeekKey


def preview(
    context: typer.Context,
    week: Week = None,
    port: Annotated[int, typer.Option("--port", metavar="N", help="Listen on this port; 0 picks one.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write the mails into DIR instead of serving them."),
    ] = None,
) -> int:
    """Show an edition's mails in a browser on this machine, as they are sent; the page follows every save, until Ctrl-C."""
    if out is not None:
        return print_output(context, run_async(_write(options(context), week_key(week), out)))
    run_async(_serve(context, week_key(week), port))
    return 0


async def _serve(context: typer.Context, week: WeekKey | None, port: int) -> None:
    from tempfile import TemporaryDirectory

    from syndication.web.preview.app import PreviewSecrets, preview_app
    from syndication.web.preview.live_edition import LiveEdition
    from syndication.web.server import listening, serving, stopping

    chosen = options(context)
    with TemporaryDirectory(prefix="syndicate-preview-") as folder, listening(port) as sock:
        live = LiveEdition(chosen.config, Path(folder), chosen.progress(), chosen.moment)
        try:
            await live.app(week)
            secrets = PreviewSecrets(*(chosen.moment.new_id() + chosen.moment.new_id() for _ in range(3)))
            bound = sock.getsockname()[1]
            url = f"http://127.0.0.1:{bound}/?token={secrets.token}"
            async with serving(preview_app(live, port=bound, secrets=secrets), sock):
                stop = stopping()
                print_output(
                    context, Output({"edition": live.key, "url": url}, (f"Preview, until Ctrl-C: {url}",))
                )
                await stop.wait()
        finally:
            await live.close()


async def _write(chosen: Options, week: WeekKey | None, out: Path) -> Output:
    from tempfile import TemporaryDirectory

    from syndication.domain.text import counted
    from syndication.web.preview.export import write_pictures, write_proof
    from syndication.web.preview.live_edition import LiveEdition

    with TemporaryDirectory(prefix="syndicate-preview-") as folder:
        live = LiveEdition(chosen.config, Path(folder), chosen.progress(), chosen.moment)
        try:
            app, proof = await live.proof(week)
            files = write_proof(app, proof, out)
            pictures, missing = write_pictures(app, proof, out)
        finally:
            await live.close()
    warnings = [*live.warnings, *proof.warnings, *filter(None, (missing,))]
    document = {"edition": proof.key, "files": [*files, *pictures], "warnings": warnings}
    line = f"{proof.key}: {len(files)} files and {counted(len(pictures), 'picture')} in {out}"
    return Output(document, (line,), warnings)
