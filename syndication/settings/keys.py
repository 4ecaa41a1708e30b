"""The keys that there are, read off the classes: for suggestions, variables, and the test that the docs know them all."""

import difflib
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from syndication.settings.toml_lines import Path

__all__ = ["dotted", "field_at", "fields_below", "is_list", "known_keys", "nearest"]

_Model = type[BaseModel]


def dotted(path: Path) -> str:
    """`sources.kind` for `("sources", 1, "kind")`: the line tells which of them."""
    return ".".join(part for part in path if isinstance(part, str))


def fields_below(path: Path, settings: _Model) -> dict[str, FieldInfo]:
    """The fields of the table at `path` by their written names, empty when it is a plain value or unknown."""
    model: _Model | None = settings
    if path:
        field = field_at(path, settings)
        model = _table_of(field.annotation) if field else None
    return {field.alias or name: field for name, field in model.model_fields.items()} if model else {}


def field_at(path: Path, settings: _Model) -> FieldInfo | None:
    """The field at `path`, whose list indices are passed over, or None."""
    *tables, key = [part for part in path if isinstance(part, str)]
    return fields_below(tuple(tables), settings).get(key)


def is_list(field: FieldInfo) -> bool:
    """Whether several values or tables go into it."""
    return typing.get_origin(field.annotation) is tuple


def known_keys(settings: _Model, path: Path = ()) -> Iterator[str]:
    """Every dotted key that may be written, in the order of the classes."""
    for key in fields_below(path, settings):
        below = (*path, key)
        if fields_below(below, settings):
            yield from known_keys(settings, below)
        else:
            yield dotted(below)


def nearest(path: Path, settings: _Model) -> str:
    """For an unknown key: the nearest of the same table; else the same word in another table; else what the table knows."""
    *table, key = [part for part in path if isinstance(part, str)]
    here = list(fields_below(tuple(table), settings))
    if near := difflib.get_close_matches(key.lower(), here, n=1):
        return f"Did you mean {dotted((*table, near[0]))}?"
    elsewhere = [known for known in known_keys(settings) if known.rpartition(".")[2] == key.lower()]
    if elsewhere:
        return f"Did you mean {elsewhere[0]}?"
    return f"Known here: {', '.join(here)}." if here else ""


def _table_of(annotation: Any) -> _Model | None:
    """The table class of a field: itself, or the element of `tuple[Table, ...]`."""
    for candidate in (annotation, *typing.get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
