"""Read the file and the environment into Settings. Every way to fail is one sentence."""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from syndication.errors import SettingsError
from syndication.settings import toml_lines
from syndication.settings.keys import dotted, field_at, fields_below, is_list
from syndication.settings.sentences import Origins, as_error
from syndication.settings.tables import Settings

_PREFIX = "SYNDICATE_"
_SECRET = {("smtp", "password"), ("bounces", "password"), ("bounces", "hook_secret")}
_PASSWORD_IN_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]*:[^/?#\s]*@|[?&]password=")


def load_settings_here(path: Path) -> Settings:
    """Call `load_settings` with this process's environment."""
    return load_settings(path, os.environ)  # noqa: TID251 - only this room reads the environment


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings in the TOML file `path`, overridden by the variables `SYNDICATE_TABLE__KEY` of `environ`.

    Raises SettingsError (exit code 2) with file, dotted key and line, or the variable's name, and never the value.
    """
    values, lines = _read(path)
    overrides, variables = _read_environment(environ)
    _one_way_to_name_servers(values, overrides)
    origins = Origins(str(path), lines, variables)
    try:
        settings = Settings.model_validate(_merged(values, overrides), context=_site_of(path))
    except ValidationError as error:
        raise as_error(error, Settings, origins) from None
    _keep_private(settings, path, origins)
    return settings


def _keep_private(settings: Settings, file: Path, origins: Origins) -> None:
    """Refuse a published folder with private files in it: everything in it is meant for the web."""
    published = settings.feeds.directory.resolve()
    sqlite, _, store = settings.store.url.get_secret_value().partition("sqlite:///")
    private = {
        "the configuration": file,
        "the secrets": settings.secrets.file,
        "the store": None if sqlite else Path(store),
        "the outbox": settings.outbox,
        "bounces.maildir": settings.bounces.maildir,
        "bounces.mbox": settings.bounces.mbox,
    }
    for name, path in private.items():
        if path is not None and path.resolve().is_relative_to(published):
            _, begin = origins.begin(("feeds", "directory"))
            raise SettingsError(
                f"{begin} contains {name}, and everything in this folder is published.",
                'Write a folder that is only for publishing, like "feeds".',
            )


def _site_of(path: Path) -> Path:
    """Return the site of a configuration file, absolute: the parent of its `config/`, else the file's own folder.

    The path counts as given: a `config/` or a file that is a link does not move the site.
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
    """Report what tomllib expected and where; it quotes no values."""
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
    hint = "Put texts in quotes and table names in brackets: see https://toml.io."
    if not match:  # numbers or nesting beyond what Python takes
        return SettingsError(f"{path} is not readable as TOML.", hint)
    expected = re.sub(r"\(('[^()]*),?\)", lambda key: key[1].replace("', '", ".").strip("',"), match[1])
    line = match[2] or text.rstrip().count("\n") + 1
    return SettingsError(f"{path} line {line} is not TOML: {expected[:1].lower()}{expected[1:]}.", hint)


def _refuse_secrets(
    path: Path, values: object, lines: dict[toml_lines.Path, int], at: toml_lines.Path = ()
) -> None:
    """Refuse a password in the file, because a configuration file is copied, shown and committed."""
    if isinstance(values, dict | list):
        for key, value in values.items() if isinstance(values, dict) else enumerate(values):
            _refuse_secrets(path, value, lines, (*at, key))
    elif isinstance(values, str) and values and (at in _SECRET or _PASSWORD_IN_URL.search(values)):
        _, begin = Origins(str(path), lines, {}).begin(at)
        hint = "Leave it out: passwords come from the environment or a file."
        if at[0] == "store":
            hint = "Set SYNDICATE_STORE__URL instead."
        elif at[0] in {"smtp", "bounces"}:
            key = "hook_secret" if at[-1] == "hook_secret" else "password"
            hint = f"Set SYNDICATE_{str(at[0]).upper()}__{key.upper()} or {at[0]}.{key}_file instead."
        raise SettingsError(f"{begin} contains a password, which does not belong in the file.", hint)


def _read_environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[toml_lines.Path, str]]:
    """Return the values of variables like SYNDICATE_SMTP__URL as nested tables, and the variable's name of each key.

    Raises SettingsError with the name of a variable that is no key, or whose list is not JSON.
    """
    values: dict[str, Any] = {}
    names: dict[toml_lines.Path, str] = {}
    ours = sorted(name for name in environ if name.upper().startswith(_PREFIX))
    known = set(_variables()) if ours else set()
    for name in ours:
        path = tuple(name[len(_PREFIX) :].lower().split("__"))
        if path not in known:
            raise SettingsError(f"{name} is not a configuration key.", _nearest_variable(name, known))
        table = values
        for part in path[:-1]:
            table = table.setdefault(part, {})
        table[path[-1]] = _value(name, environ[name], path)
        names[path] = name
    return values, names


def _variables(table: toml_lines.Path = ()) -> Iterator[toml_lines.Path]:
    """Yield what a variable may set: a key, or a list as a whole."""
    for key, field in fields_below(table, Settings).items():
        path = (*table, key)
        if is_list(field) or not fields_below(path, Settings):
            yield path
        else:
            yield from _variables(path)


def _value(name: str, text: str, path: toml_lines.Path) -> Any:
    """Return a variable's value. A text that is neither a number nor true or false stays a text: validation refuses it."""
    field = field_at(path, Settings)
    assert field
    if is_list(field):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if value is None:
            raise SettingsError(f"{name}: {dotted(path)} is not JSON.", 'Write a list like ["a", "b"].')
        return value
    if field.annotation in {bool, int, float}:
        try:
            return TypeAdapter(field.annotation).validate_python(text)
        except ValidationError:
            pass
    return text


def _nearest_variable(name: str, known: Iterable[toml_lines.Path]) -> str:
    names = sorted(_PREFIX + "__".join(map(str, path)).upper() for path in known)
    near = difflib.get_close_matches(name.upper(), names, n=1, cutoff=0.8)
    return f"Did you mean {near[0]}?" if near else "Write SYNDICATE_TABLE__KEY, or remove it."


def _one_way_to_name_servers(values: dict[str, Any], overrides: dict[str, Any]) -> None:
    """Let the environment's smtp.url replace the file's [[smtp.servers]], and the other way round."""
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
