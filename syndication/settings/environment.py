"""Variables like SYNDICATE_SMTP__URL: the same keys as in the file, lists as JSON."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource

from syndication.errors import SettingsError
from syndication.settings.keys import dotted, field_at, fields_below, is_list
from syndication.settings.toml_lines import Path

__all__ = ["read_environment"]

_PREFIX = "SYNDICATE_"


def read_environment(
    environ: Mapping[str, str], settings: type[BaseSettings]
) -> tuple[dict[str, Any], dict[Path, str]]:
    """The nested values that variables stand for, and the variable's name of each key.

    Raises SettingsError with the name of a variable that stands for no key, or whose list is not JSON.
    """
    values: dict[str, Any] = {}
    names: dict[Path, str] = {}
    known = set(_variables(settings))
    for name in sorted(environ):
        if not name.upper().startswith(_PREFIX):
            continue
        path = tuple(name[len(_PREFIX) :].lower().split("__"))
        if path not in known:
            raise SettingsError(f"{name} stands for no key of the configuration.", _hint(name, known))
        _put(values, path, _value(name, environ[name], path, settings))
        names[path] = name
    return values, names


class _OneVariable(EnvSettingsSource):
    """pydantic-settings' rules for a single variable, so that a mistake has its name."""

    def __init__(self, settings: type[BaseSettings], name: str, value: str) -> None:
        self._variable = {name.lower(): value}
        super().__init__(settings, case_sensitive=False)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._variable


def _value(name: str, text: str, path: Path, settings: type[BaseSettings]) -> Any:
    """What a variable says. One that fits no number or truth value stays text, and is refused with the rest."""
    field = field_at(path, settings)
    try:
        value: Any = _OneVariable(settings, name, text)()
        for part in path:
            value = value[part]
    except (
        ValueError,
        KeyError,
        RecursionError,
    ):  # pydantic-settings' own error is a ValueError; `null` leaves nothing
        raise SettingsError(f"{name}: {dotted(path)} is not JSON.", 'Write a list like ["a", "b"].') from None
    if field and field.annotation in {bool, int, float}:
        try:
            return TypeAdapter(field.annotation).validate_python(value)
        except ValidationError:
            return value
    return value


def _put(values: dict[str, Any], path: Path, value: Any) -> None:
    *tables, key = path
    for part in tables:
        values = values.setdefault(str(part), {})
    values[str(key)] = value


def _variables(settings: type[BaseSettings], table: Path = ()) -> Iterator[Path]:
    """What a variable may stand for: a key, or a list as a whole."""
    for key, field in fields_below(table, settings).items():
        path = (*table, key)
        if is_list(field) or not fields_below(path, settings):
            yield path
        else:
            yield from _variables(settings, path)


def _hint(name: str, known: Iterable[Path]) -> str:
    names = sorted(_PREFIX + "__".join(map(str, path)).upper() for path in known)
    near = difflib.get_close_matches(name.upper(), names, n=1, cutoff=0.8)
    return f"Did you mean {near[0]}?" if near else "Write SYNDICATE_TABLE__KEY, or remove it."
