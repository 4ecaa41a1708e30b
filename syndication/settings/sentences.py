"""Turn a failed validation into one sentence for the person who wrote the file."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from syndication.errors import SettingsError
from syndication.settings.forms import Mistake
from syndication.settings.keys import dotted, field_at, fields_below, is_list, nearest
from syndication.settings.toml_lines import Path

_NOWHERE = 1 << 30  # after every line

_PREDICATES = {
    "missing": ("is missing", ""),
    "string_type": ("is not text", "Write it in quotes."),
    "int_type": ("is not a whole number", "Write it in digits, without quotes."),
    "float_type": ("is not a number", "Write it in digits, without quotes."),
    "finite_number": ("is not a finite number", "Write it in digits."),
    "bool_type": ("is neither true nor false", "Write true or false, without quotes."),
    "tuple_type": ("is not a list", ""),
    "model_type": ("is not a table", ""),
    "dataclass_type": ("is not a table", ""),
    "too_short": ("is empty", "Write at least one."),
}


@dataclass(frozen=True, slots=True)
class Origins:
    """Where each key was written: the file's name, its lines, and the variables that replace keys."""

    file: str
    lines: Mapping[Path, int]
    variables: Mapping[Path, str]

    def begin(self, path: Path) -> tuple[int, str]:
        """Return a line to sort by (0 for a variable) and the sentence's beginning. A missing key has the line of its table."""
        upwards = [path[:depth] for depth in range(len(path), 0, -1)]
        # A variable goes before the file, also for the keys below it.
        if variable := next((self.variables[at] for at in upwards if at in self.variables), ""):
            entry = next((f" (entry {part + 1})" for part in path if isinstance(part, int)), "")
            return 0, f"{variable}: {dotted(path)}{entry}"
        if line := next((self.lines[at] for at in upwards if at in self.lines), 0):
            return line, f"{self.file} line {line}: {dotted(path)}"
        return _NOWHERE, f"{self.file}: {dotted(path)}"


def as_error(error: ValidationError, settings: type[BaseModel], origins: Origins) -> SettingsError:
    """Return the first mistake as a sentence, and how many more there are. pydantic is not even asked for the values."""
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        path: Path = detail["loc"]
        kind, context = detail["type"], detail.get("ctx", {})
        predicate, hint = _PREDICATES.get(kind, ("has a form that does not fit", ""))
        if isinstance(mistake := context.get("error"), Mistake):
            path, predicate, hint = (*path, *mistake.at), mistake.predicate, mistake.hint
        elif kind in {"extra_forbidden", "unexpected_keyword_argument"}:
            predicate, hint = "is not a known key", nearest(path, settings)
        elif kind in {"literal_error", "enum"}:
            allowed = context["expected"].replace("'", '"')
            predicate, hint = "is not one of the allowed words", f"Write {allowed}."
        elif kind == "greater_than_equal":
            predicate, hint = "is too small", f"Write {context['ge']:g} or more."
        elif kind == "less_than_equal":
            predicate, hint = "is too large", f"Write {context['le']:g} or less."
        elif kind in {"missing", "model_type", "dataclass_type", "tuple_type"}:
            hint = _table_hint(path, settings)
        line, begin = origins.begin(path)
        found.append(((kind == "missing", line), f"{begin} {predicate}.", hint))
    found.sort(key=lambda one: one[0])  # what is missing comes last: often it is only misspelt
    _, message, hint = found[0]
    more = len(found) - 1
    rest = f"{more} more {'mistake' if more == 1 else 'mistakes'} after that." if more else ""
    return SettingsError(message, f"{hint} {rest}".strip())


def _table_hint(path: Path, settings: type[BaseModel]) -> str:
    """Return what to add or write for a key that is missing, a table or a list."""
    field, fields = field_at(path, settings), fields_below(path, settings)
    several = field is not None and is_list(field)
    if fields:
        required = ", ".join(key for key, below in fields.items() if below.is_required())
        header = f"[[{dotted(path)}]]" if several else f"[{dotted(path)}]"
        return f"Write a table {header} with {required}." if required else f"Write a table {header}."
    return 'Write a list like ["a", "b"].' if several else f"Add it to [{dotted(path[:-1])}]."
