"""Template variables with a new name. The old names still work, so that no site's theme breaks; `syndicate doctor` reports them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2 import meta, nodes

_VARIABLES = {
    "base": "web_url",
    "hidden": "more",
    "leave": "unsubscribe_token",
    "moving": "has_movement",
    "said": "notice",
    "spelled": "count_in_words",
    "web": "edition_url",
}
_FIELDS = {"left": "more_count", "words": "movement"}  # `view` has them as properties
_TEMPLATES = frozenset({".css", ".html", ".mjml", ".txt"})


def with_old_names(context: Mapping[str, object]) -> dict[str, object]:
    """Return `context` with each renamed variable under its old name, too."""
    return {**{old: context[new] for old, new in _VARIABLES.items() if new in context}, **context}


def old_names(environment: jinja2.Environment, folder: Path) -> Iterator[tuple[Path, int, str, str]]:
    """Yield each use of an old name in the templates below `folder`: file, line, old name, new name.

    A template that cannot be parsed is skipped: rendering it gives the better error.
    """
    for file in sorted(each for each in folder.rglob("*") if each.suffix in _TEMPLATES):
        with suppress(OSError, UnicodeError, jinja2.TemplateSyntaxError):
            for line, old, new in sorted(_used(environment.parse(file.read_text(encoding="utf-8")))):
                yield file, line, old, new


def _used(tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """Yield line, old name and new name. A name that the template itself assigns is its own."""
    given = meta.find_undeclared_variables(tree) & set(_VARIABLES)
    for name in tree.find_all(nodes.Name):
        if name.name in given and name.ctx == "load":
            yield name.lineno, name.name, _VARIABLES[name.name]
    for field in tree.find_all(nodes.Getattr):
        if field.attr in _FIELDS:
            yield field.lineno, field.attr, _FIELDS[field.attr]
