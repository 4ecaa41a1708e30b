"""Make a new site, list and copy the files of its theme: what needs no App."""

import secrets  # noqa: TID251 - for the keys of a new site
import shutil
from dataclasses import dataclass
from pathlib import Path

from syndication.collect.offers import SiteOffers
from syndication.errors import StoreError, UsageError
from syndication.flows.secrets import open_keyring
from syndication.flows.site.new_site import must_be_empty, new_site
from syndication.render.theme import find, search_path, shipped_folder
from syndication.settings import load_settings_here
from syndication.settings.toml_lines import key_lines
from syndication.wiring.app import now


async def offered(url: str, folder: Path, *, allow_private: bool) -> SiteOffers:
    """Return what the site at `url` offers to a new site in `folder`. Raises UsageError when the folder has files in it, CollectError."""
    from syndication.collect.http.fetch import Fetcher
    from syndication.collect.site_survey import site_offers

    must_be_empty(folder)
    async with Fetcher(contact=url) as fetcher:
        return await site_offers(url, fetcher, now=now(), allow_private=allow_private)


def create_site(
    folder: Path, offers: SiteOffers | None = None, *, allow_private: bool = False
) -> tuple[Path, tuple[Path, ...]]:
    """Make a new site in `folder` that reads what is offered; return its absolute path and its files. Raises UsageError, StoreError."""
    demo = _demo_config().read_text(encoding="utf-8")
    files = new_site(folder, demo, key_lines, now(), offers, allow_private=allow_private)
    secret = Path("var/secret.keys")
    open_keyring(folder / secret, secrets.token_bytes)
    return folder.resolve(), (*files, secret)


def _demo_config() -> Path:
    """Return the commented configuration: in the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "config" / "syndicate.toml"
    return inside if inside.is_file() else package.parent / "config" / "syndicate.toml"


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A file of the theme, with the name that `templates copy` takes."""

    name: str
    path: Path
    own: bool  # whether it is the site's copy


def theme_files(config: str) -> list[ThemeFile]:
    """Return the theme's files and where each comes from."""
    settings = load_settings_here(Path(config))
    own = settings.site / "templates"
    path = search_path((own, shipped_folder()), settings.email.theme)
    names = sorted(
        {str(file.relative_to(folder)) for folder in path for file in folder.rglob("*") if file.is_file()}
    )
    found = [(name, find(path, name)) for name in names]
    return [
        ThemeFile(name, file, file.is_relative_to(own) and own != shipped_folder())
        for name, file in found
        if file
    ]


def copy_template(config: str, name: str) -> Path:
    """Copy one shipped file into the site's theme. Raises UsageError when it does not exist, or the site already has its own."""
    settings = load_settings_here(Path(config))
    target = settings.site / "templates" / settings.email.theme / name
    shipped = next((file for file in theme_files(config) if file.name == name), None)
    if shipped is None:
        raise UsageError(f"The theme has no file {name}.", "`syndicate templates list` shows them.")
    if shipped.own or target.exists():
        raise UsageError(f"{target} is there already.", "Delete it first to start from the shipped one.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped.path, target)
    except OSError as error:
        raise StoreError(
            f"{target} cannot be written ({error.strerror}).", "Make templates/ writable."
        ) from error
    return target
