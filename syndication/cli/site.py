"""The verbs for a site: init, doctor, templates."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.loop import run
from syndication.cli.screen import Options, document, options
from syndication.errors import SyndicationError

if TYPE_CHECKING:
    from syndication.collect.offers import SiteOffers
    from syndication.flows.site.doctor import Check

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    command.command("init")(init)
    command.command("doctor")(doctor)
    templates = typer.Typer(help="The theme's files.", rich_markup_mode=None)
    templates.command("list")(list_)
    templates.command("copy")(copy)
    command.add_typer(templates, name="templates")


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path(),
    url: Annotated[str, typer.Option("--from", metavar="URL", help="A site to read the articles of.")] = "",
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="It may be inside your own network.")
    ] = False,
) -> int:
    """Make a new site in an empty folder: configuration, secrets, and a first article or the source of a site's own."""
    from syndication.wiring.site import create_site, offered

    found = run(offered(url, folder, allow_private=allow_private)) if url else None
    site, files = create_site(folder, found, allow_private=allow_private)
    if options(context).json:
        more = {"found": asdict(found)} if found else {}
        document({"site": str(site), "files": [str(path) for path in files], **more})
        return 0
    if found:
        _show(found)
    print(f"A new site is in {site}:")
    for path in files:
        print(f"  {path}")
    where = "" if folder == Path() else f"cd {folder} && "
    then = "syndicate collect" if found else "syndicate run --weekly --dry-run"
    print(
        f"\nNow write your newsroom's facts into config/syndicate.toml, then:\n  {where}syndicate doctor\n  {then}"
    )
    return 0


def _show(found: SiteOffers) -> None:
    """What was found, and what of it was taken."""
    zone = found.timezone or "not said by the site; UTC is written, change it"
    print(f"{found.url} is {found.title}.")
    print(f"  language   {found.language or 'not said by the site; en is written'}")
    print(f"  time zone  {zone}")
    print(f"  logo       {found.logo or 'none found'}\n")
    for number, offer in enumerate(found.offers):
        print(f"  {'reads ' if not number else 'leaves'}  {offer.kind:<9}  {offer.url}  ({offer.said})")
    if len(found.offers) > 1:
        print("\nWhat is left stands in the configuration, commented out.")
    print()


def doctor(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the mail server and web.url.")
    ] = False,
) -> int:
    """Check the configuration, the store, the folders, the secrets file and the DKIM keys; that the mail server and web.url answer."""
    chosen = options(context)
    checks = run(_examined(chosen, offline=offline))
    if chosen.json:
        document({"checks": [{"name": check.name, "ok": check.ok, "said": check.said} for check in checks]})
    else:
        for check in checks:
            found = "ok" if check.ok else "WRONG" if check.exit_code else "look"  # which a run goes on with
            print(f"{found:<5}  {check.name:<14} {check.said}")
    return max((check.exit_code for check in checks if not check.ok), default=0)


async def _examined(chosen: Options, *, offline: bool) -> list[Check]:
    from syndication.flows.progress import Silent
    from syndication.flows.site.doctor import Check, examine

    try:
        async with chosen.app(Silent()) as app:
            return await examine(app, offline=offline)
    except SyndicationError as error:
        return [Check.of({"settings": "configuration"}.get(error.code, error.code), error)]


def list_(context: typer.Context) -> int:
    """List the theme's files and which of them the site has taken over."""
    from syndication.wiring.site import theme_files

    files = theme_files(options(context).config)
    if options(context).json:
        document(
            {"templates": [{"name": file.name, "from": str(file.path), "own": file.own} for file in files]}
        )
    else:
        for file in files:
            print(f"{file.name:<24} {'your own' if file.own else 'shipped'}")
    return 0


def copy(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")]) -> int:
    """Take one file of the theme over into the site's templates/, to change it there."""
    from syndication.wiring.site import copy_template

    path = copy_template(options(context).config, name)
    if options(context).json:
        document({"copied": str(path)})
    else:
        print(f"{path} is yours now; delete it to get the shipped one back.")
    return 0
