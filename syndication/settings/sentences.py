"""From a failed validation to one sentence for the person who wrote the file."""

import difflib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from syndication.errors import SettingsError
from syndication.settings.forms import Mistake
from syndication.settings.toml_lines import Path

__all__ = ["Origins", "as_error", "dotted", "fields_below", "known_keys", "unknown_hint"]

_NOWHERE = 1 << 30  # after every line

_PREDICATES = {
    "missing": ("is missing", ""),
    "string_type": ("is not text", "Write it in quotes."),
    "int_type": ("is not a whole number", "Write it in digits, without quotes."),
    "float_type": ("is not a number", "Write it in digits, without quotes."),
    "finite_number": ("is not a finite number", "Write it in digits."),
    "bool_type": ("is neither true nor false", "Write true or false, without quotes."),
    "tuple_type": ("is not a list", "Write it in brackets."),
    "model_type": ("is not a table", ""),
    "too_short": ("is empty", "Write at least one."),
}


@dataclass(frozen=True, slots=True)
class Origins:
    """Where each key was written: the file's name, its lines, and the variables that stand in for keys."""

    file: str
    lines: Mapping[Path, int]
    variables: Mapping[Path, str]

    def begin(self, path: Path) -> tuple[int, str]:
        """For sorting a line (0 for a variable), and how the sentence begins. A missing key has the line of its table."""
        for depth in range(len(path), 0, -1):
            if variable := self.variables.get(path[:depth]):
                entry = next((f" (entry {part + 1})" for part in path if isinstance(part, int)), "")
                return 0, f"{variable}: {dotted(path)}{entry}"
            if line := self.lines.get(path[:depth]):
                return line, f"{self.file} line {line}: {dotted(path)}"
        return _NOWHERE, f"{self.file}: {dotted(path)}"


def dotted(path: Path) -> str:
    """`sources.kind` for `("sources", 1, "kind")`: the line tells which of them."""
    return ".".join(part for part in path if isinstance(part, str))


def as_error(error: ValidationError, settings: type[BaseModel], origins: Origins) -> SettingsError:
    """The first mistake as a sentence, and how many more there are. The values are not even asked for."""
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        path: Path = detail["loc"]
        kind, context = detail["type"], detail.get("ctx", {})
        predicate, hint = _PREDICATES.get(kind, ("has a form that does not fit", ""))
        if isinstance(mistake := context.get("error"), Mistake):
            path, predicate, hint = (*path, *mistake.at), mistake.predicate, mistake.hint
        elif kind == "extra_forbidden":
            predicate, hint = "is not a known key", unknown_hint(path, settings)
        elif kind in {"literal_error", "enum"}:
            predicate, hint = (
                "is not one of its words",
                "Write {}.".format(context["expected"].replace("'", '"')),
            )
        elif kind == "greater_than_equal":
            predicate, hint = "is too small", f"Write {context['ge']:g} or more."
        elif kind == "less_than_equal":
            predicate, hint = "is too large", f"Write {context['le']:g} or less."
        elif kind in {"missing", "model_type"}:
            hint = _table_hint(path, settings)
        line, begin = origins.begin(path)
        found.append((line, f"{begin} {predicate}.", hint))
    found.sort(key=lambda one: one[0])
    _, message, hint = found[0]
    more = len(found) - 1
    rest = f"{more} more {'mistake' if more == 1 else 'mistakes'} after that." if more else ""
    return SettingsError(message, f"{hint} {rest}".strip())


def _table_hint(path: Path, settings: type[BaseModel]) -> str:
    """What to add for a key or a table that is not there."""
    if fields := fields_below(path, settings):
        required = [field.alias or name for name, field in fields.items() if field.is_required()]
        header = f"[[{dotted(path)}]]" if path == ("sources",) else f"[{dotted(path)}]"
        return f"Add a table {header}" + (f" with {', '.join(required)}." if required else ".")
    return f"Add it to [{dotted(path[:-1])}]." if len(path) > 1 else "Add it."


def fields_below(path: Path, settings: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of the table at `path`, empty when it is a plain value or unknown."""
    model: type[BaseModel] | None = settings
    for part in path:
        if model is None or isinstance(part, int):
            continue
        field = next((f for name, f in model.model_fields.items() if part == (f.alias or name)), None)
        model = _table_of(field.annotation) if field else None
    return model.model_fields if model else {}


def _table_of(annotation: Any) -> type[BaseModel] | None:
    """The table class of a field: itself, or the element of `tuple[Table, ...]`."""
    for candidate in (annotation, *typing.get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def known_keys(settings: type[BaseModel], path: Path = ()) -> Iterator[str]:
    """Every dotted key that may be written, in the order of the classes."""
    for name, field in fields_below(path, settings).items():
        key = (*path, field.alias or name)
        if _table_of(field.annotation):
            yield from known_keys(settings, key)
        else:
            yield dotted(key)


def unknown_hint(path: Path, settings: type[BaseModel]) -> str:
    """The nearest key of the same table; else the same word in another table; else what the table knows."""
    *table, key = [part for part in path if isinstance(part, str)]
    here = [field.alias or name for name, field in fields_below(tuple(table), settings).items()]
    if near := difflib.get_close_matches(key.lower(), here, n=1, cutoff=0.6):
        return f"Did you mean {dotted((*table, near[0]))}?"
    elsewhere = [known for known in known_keys(settings) if known.rpartition(".")[2] == key.lower()]
    if elsewhere:
        return f"Did you mean {elsewhere[0]}?"
    return f"Known here: {', '.join(here)}." if here else ""
