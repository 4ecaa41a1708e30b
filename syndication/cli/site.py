"""The verbs for a site: init, doctor, templates list and copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.output import Output, fields_of, print_output, run_async
from syndication.cli.screen import Options, options
from syndication.errors import SyndicationError

if TYPE_CHECKING:
    from syndication.collect.offers import SiteOffers
    from syndication.flows.site.doctor import Check


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path(),
    url: Annotated[str, typer.Option("--from", metavar="URL", help="Read the articles of this site.")] = "",
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow a site inside your own network.")
    ] = False,
) -> int:
    """Make a new site in an empty folder: configuration, secrets, and a first article or a site to read."""
    from syndication.wiring.site import create_site, offered

    found = run_async(offered(url, folder, allow_private=allow_private)) if url else None
    site, files = create_site(folder, found, allow_private=allow_private)
    lines = [
        *(_offers(found) if found else ()),
        f"A new site is in {site}:",
        *(f"  {path}" for path in files),
        "\nNow write your newsroom's facts into config/syndicate.toml, then:",
        f"  {'' if folder == Path() else f'cd {folder} && '}syndicate doctor",
        f"  {'syndicate collect' if found else 'syndicate run --weekly --dry-run'}",
    ]
    document = {"site": site, "files": files}
    return print_output(context, Output(document | ({"found": found} if found else {}), lines))


def _offers(found: SiteOffers) -> list[str]:
    """Show what the site offers and which of it the configuration uses."""
    lines = [
        f"{found.url} is {found.title}.",
        f"  language   {found.language or 'not given by the site; en is written'}",
        f"  time zone  {found.timezone or 'not given by the site; UTC is written, change it'}",
        f"  logo       {found.logo or 'none found'}\n",
    ]
    for number, offer in enumerate(found.offers):
        lines.append(f"  {'leaves' if number else 'reads '}  {offer.kind:<9}  {offer.url}  ({offer.said})")
    if len(found.offers) > 1:
        lines.append("\nWhat is left is in the configuration, commented out.")
    return [*lines, ""]


def doctor(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Skip the mail server and web.url.")] = False,
) -> int:
    """Check the configuration, store, folders, secrets file and DKIM keys, and that the mail server and web.url answer."""
    checks = run_async(_check(options(context), offline=offline))
    lines = []
    for check in checks:
        found = "ok" if check.ok else "WRONG" if check.exit_code else "look"  # a run goes on with "look"
        lines.append(f"{found:<5}  {check.name:<14} {check.said}")
    exit_code = max((check.exit_code for check in checks if not check.ok), default=0)
    document = {"checks": [fields_of(check, "exit_code") for check in checks]}
    return print_output(context, Output(document, lines, exit_code=exit_code))


async def _check(chosen: Options, *, offline: bool) -> list[Check]:
    from syndication.flows.progress import Silent
    from syndication.flows.site.doctor import Check, check_site

    try:
        async with chosen.app(Silent()) as app:
            return await check_site(app, offline=offline)
    except SyndicationError as error:
        return [Check.of({"settings": "configuration"}.get(error.code, error.code), error)]


def list_(context: typer.Context) -> int:
    """List the theme's files, shipped or your own."""
    from syndication.wiring.site import theme_files

    files = theme_files(options(context).config)
    document = {"templates": [{"name": file.name, "from": file.path, "own": file.own} for file in files]}
    lines = [f"{file.name:<24} {'your own' if file.own else 'shipped'}" for file in files]
    return print_output(context, Output(document, lines))


def copy(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")]) -> int:
    """Copy one file of the theme into the site's templates/, to change it there."""
    from syndication.wiring.site import copy_template

    path = copy_template(options(context).config, name)
    line = f"{path} is yours now; delete it to get the shipped one back."
    return print_output(context, Output({"copied": path}, (line,)))
