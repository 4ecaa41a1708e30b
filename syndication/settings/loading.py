"""Reading the file and the environment into Settings. Every way to fail is one sentence."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from syndication.errors import SettingsError
from syndication.settings import toml_lines
from syndication.settings.environment import read_environment
from syndication.settings.model import Settings
from syndication.settings.sentences import Origins, as_error

__all__ = ["load_settings", "load_settings_here", "site_of"]

_SECRET = {("smtp", "password"), ("bounces", "password"), ("bounces", "hook_secret")}
_PASSWORD_IN_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]*:[^/?#\s]*@|[?&]password=")


def load_settings_here(path: Path) -> Settings:
    """`load_settings` with this process's environment."""
    return load_settings(path, os.environ)  # noqa: TID251 - this room is the one subscriber of the environment


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in the TOML file `path`, overridden by the variables `SYNDICATE_TABLE__KEY` of `environ`.

    Raises SettingsError (exit code 2) with file, dotted key and line, or the variable's name, and never the value.
    """
    values, lines = _read(path)
    overrides, variables = read_environment(environ, Settings)
    _one_way_to_name_servers(values, overrides)
    origins = Origins(str(path), lines, variables)
    try:
        settings = Settings.of(site_of(path), _merged(values, overrides))
    except ValidationError as error:
        raise as_error(error, Settings, origins) from None
    _keep_private(settings, path, origins)
    return settings


def _keep_private(settings: Settings, file: Path, origins: Origins) -> None:
    """Everything in the published folder is meant for the web: what must never get there may not lie in it."""
    published = settings.path(settings.feeds.directory).resolve()
    sqlite, _, store = settings.store_url.partition("sqlite:///")
    private = {
        "the configuration": file,
        "the secrets": settings.path(settings.secrets.file),
        "the store": None if sqlite else Path(store),
        "the outbox": settings.outbox,
        "bounces.maildir": settings.bounces.maildir and settings.path(settings.bounces.maildir),
        "bounces.mbox": settings.bounces.mbox and settings.path(settings.bounces.mbox),
    }
    for name, path in private.items():
        if path is not None and path.resolve().is_relative_to(published):
            _, begin = origins.begin(("feeds", "directory"))
            raise SettingsError(
                f"{begin} holds {name}, and all of it is published.",
                'Write a folder of its own like "feeds".',
            )


def site_of(path: Path) -> Path:
    """The site of a configuration file, absolute: the parent of its `config/`, else the file's own folder.

    By the path as given: a `config/` or a file that is a link does not move the site.
    """
    folder = path.absolute().parent
    return (folder.parent if folder.name == "config" else folder).resolve()


def _read(path: Path) -> tuple[dict[str, Any], dict[toml_lines.Path, int]]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SettingsError(
            f"{path} does not exist.",
            "Make a site with `syndicate init DIR`, or name the file with --config.",
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}.", "Name a file that this user may read."
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path} line {line} is not UTF-8 text.", "Save the file as UTF-8.") from None
    try:
        values = tomllib.loads(text)
        lines = toml_lines.key_lines(text)
    except (ValueError, RecursionError) as error:
        raise _not_toml(path, text, error) from None
    _refuse_secrets(path, values, lines)
    return values, lines


def _not_toml(path: Path, text: str, error: Exception) -> SettingsError:
    """Tell what tomllib expected and where; it quotes no values."""
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
    hint = "Texts stand in quotes, tables in brackets: see https://toml.io."
    if not match:  # numbers or nesting beyond what Python takes
        return SettingsError(f"{path} is not TOML that can be read.", hint)
    said = re.sub(r"\(('[^()]*),?\)", lambda key: key[1].replace("', '", ".").strip("',"), match[1])
    line = match[2] or text.rstrip().count("\n") + 1
    return SettingsError(f"{path} line {line} is not TOML: {said[:1].lower()}{said[1:]}.", hint)


def _refuse_secrets(
    path: Path, values: object, lines: dict[toml_lines.Path, int], at: toml_lines.Path = ()
) -> None:
    """A configuration file is copied, shown and committed: no password may stand in it."""
    if isinstance(values, dict):
        for key, value in values.items():
            _refuse_secrets(path, value, lines, (*at, key))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            _refuse_secrets(path, value, lines, (*at, index))
    elif isinstance(values, str) and values and (at in _SECRET or _PASSWORD_IN_URL.search(values)):
        _, begin = Origins(str(path), lines, {}).begin(at)
        smtp = "Set SYNDICATE_SMTP__PASSWORD or smtp.password_file instead."
        store = "Set SYNDICATE_STORE__URL instead."
        bounces = "Set SYNDICATE_BOUNCES__PASSWORD or bounces.password_file instead."
        if at[-1] == "hook_secret":
            bounces = "Set SYNDICATE_BOUNCES__HOOK_SECRET or bounces.hook_secret_file instead."
        hint = {"smtp": smtp, "store": store, "bounces": bounces}.get(
            str(at[0]), "Leave it out: passwords come from the environment or a file."
        )
        raise SettingsError(f"{begin} holds a password, and none may stand in the file.", hint)


def _one_way_to_name_servers(values: dict[str, Any], overrides: dict[str, Any]) -> None:
    """The environment's smtp.url stands in for the file's [[smtp.servers]], and the other way round."""
    smtp, over = values.get("smtp"), overrides.get("smtp", {})
    if isinstance(smtp, dict):
        for mine, other in (("url", "servers"), ("servers", "url")):
            if mine in over:
                smtp.pop(other, None)


def _merged(values: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for key, value in overrides.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
