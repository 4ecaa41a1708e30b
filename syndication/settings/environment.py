"""Variables like SYNDICATE_SMTP__URL: the same keys as in the file, lists as JSON."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource

from syndication.errors import SettingsError
from syndication.settings.sentences import dotted, fields_below, known_keys, unknown_hint
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
    for name in sorted(environ):
        if not name.upper().startswith(_PREFIX):
            continue
        path = tuple(name[len(_PREFIX) :].lower().split("__"))
        if dotted(path) not in known_keys(settings) and not fields_below(path, settings):
            raise SettingsError(f"{name} stands for no key of the configuration.", _hint(path, settings))
        try:
            value: Any = _OneVariable(settings, name, environ[name])()
        except ValueError:  # pydantic-settings' own error is one too
            raise SettingsError(
                f"{name}: {dotted(path)} is not JSON.", 'Write a list like ["a", "b"].'
            ) from None
        _put(values, path, value, settings)
        names[path] = name
    return values, names


class _OneVariable(EnvSettingsSource):
    """pydantic-settings' rules for a single variable, so that a mistake has its name."""

    def __init__(self, settings: type[BaseSettings], name: str, value: str) -> None:
        self._variable = {name.lower(): value}
        super().__init__(settings, case_sensitive=False)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._variable


def _put(values: dict[str, Any], path: Path, value: Any, settings: type[BaseSettings]) -> None:
    for part in path:
        value = value[part]
    *tables, key = path
    for part in tables:
        values = values.setdefault(str(part), {})
    values[str(key)] = _typed(path, value, settings)


def _typed(path: Path, value: Any, settings: type[BaseSettings]) -> Any:
    """A variable is always text, so a number or a truth value is read from it; what does not fit stays and is refused later."""
    fields = fields_below(path[:-1], settings)
    annotation = next(
        (field.annotation for name, field in fields.items() if path[-1] == (field.alias or name)), None
    )
    if annotation in {bool, int, float}:
        try:
            return TypeAdapter(annotation).validate_python(value)
        except ValidationError:
            return value
    return value


def _hint(path: Path, settings: type[BaseSettings]) -> str:
    """The nearest variable, also for one underscore in place of two."""
    joined = "__".join(str(part) for part in path)
    for key in known_keys(settings):
        if key.replace(".", "_") == joined.replace("__", "_"):
            return f"Did you mean {_PREFIX}{key.replace('.', '__').upper()}?"
    return unknown_hint(path, settings)
