"""The keys that exist, read off the tables: for suggestions, variables, and the test that the docs list them all."""

import dataclasses
import difflib
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from syndication.settings.toml_lines import Path

_Model = type[BaseModel]


def dotted(path: Path) -> str:
    """Return `sources.kind` for `("sources", 1, "kind")`: the line tells which of them it is."""
    return ".".join(part for part in path if isinstance(part, str))


def fields_below(path: Path, settings: _Model) -> dict[str, FieldInfo]:
    """Return the fields of the table at `path` by their written names, none when it is a plain value or unknown."""
    if not path:
        return _fields(settings)
    field = field_at(path, settings)
    return _fields(field.annotation) if field and not field.metadata else {}  # a form reads what has metadata


def field_at(path: Path, settings: _Model) -> FieldInfo | None:
    """Return the field at `path`, ignoring list indices in it; None if there is none."""
    *tables, key = [part for part in path if isinstance(part, str)]
    return fields_below(tuple(tables), settings).get(key)


def is_list(field: FieldInfo) -> bool:
    """Whether it takes several values or tables."""
    return typing.get_origin(field.annotation) is tuple


def known_keys(settings: _Model, path: Path = ()) -> Iterator[str]:
    """Yield every dotted key that may be written, in the order of the classes."""
    for key in fields_below(path, settings):
        below = (*path, key)
        if fields_below(below, settings):
            yield from known_keys(settings, below)
        else:
            yield dotted(below)


def nearest(path: Path, settings: _Model) -> str:
    """Suggest for an unknown key the nearest of the same table, else the same word in another table, else list the table's keys."""
    *table, key = [part for part in path if isinstance(part, str)]
    here = list(fields_below(tuple(table), settings))
    if near := difflib.get_close_matches(key.lower(), here, n=1):
        return f"Did you mean {dotted((*table, near[0]))}?"
    elsewhere = [known for known in known_keys(settings) if known.rpartition(".")[2] == key.lower()]
    if elsewhere:
        return f"Did you mean {elsewhere[0]}?"
    return f"Known here: {', '.join(here)}." if here else ""


def _fields(annotation: Any) -> dict[str, FieldInfo]:
    """Return the fields of a table, a model or a dataclass, or those of the element of `tuple[Table, ...]`."""
    for kind in (annotation, *typing.get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return {field.alias or name: field for name, field in kind.model_fields.items()}
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            types = typing.get_type_hints(kind)
            fields = dataclasses.fields(kind)
            return {f.name: FieldInfo.from_annotated_attribute(types[f.name], f.default) for f in fields}
    return {}
