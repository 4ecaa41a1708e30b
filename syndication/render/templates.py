"""Jinja, with every mistake in a template reported by file and line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from syndication.domain.variant import begin, end, slot
from syndication.errors import TemplateError
from syndication.render.characters import SENTINEL_BEGIN, SENTINEL_END, guarded
from syndication.render.lines import LineMarks, LineTable, unmarked
from syndication.render.theme import SHOWN_FROM

_SENTINEL = re.compile(f"{SENTINEL_BEGIN}([sbe])([^{SENTINEL_END}]*){SENTINEL_END}")

_TOKENS = {"s": slot, "b": begin, "e": end}

_SUBJECT = "email.subject"

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


def _token(kind: str) -> Any:
    return lambda name: Markup(f"{SENTINEL_BEGIN}{kind}{name}{SENTINEL_END}")  # noqa: S704 -- our own marks, no content


_GLOBALS = {"slot": _token("s"), "begin": _token("b"), "end": _token("e")}


class _Compiled(jinja2.BytecodeCache):
    """The templates compiled in this process, by name and file. A changed text is compiled again."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_PAGES, _MAILS = _Compiled(), _Compiled()  # with line marks the same file compiles to another program


def _environment(
    loader: jinja2.BaseLoader, compiled: _Compiled | None = None, extensions: Sequence[type[LineMarks]] = ()
) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        bytecode_cache=compiled,
        autoescape=lambda name: not (name or "").endswith((".txt", ".css")),
        undefined=jinja2.StrictUndefined,
        extensions=list(extensions),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_GLOBALS)
    return environment


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates on a search path. Every method raises TemplateError."""

    pages: ImmutableSandboxedEnvironment
    mails: ImmutableSandboxedEnvironment  # the same, with line marks

    @classmethod
    def on(cls, path: Sequence[Path], folders: Sequence[Path]) -> "Templates":
        """Make the templates of `theme.search_path(folders, …)`; those of any theme are `THEME/FILE`."""
        loader = jinja2.FileSystemLoader([str(folder) for folder in (*path, *folders)])
        return cls(_environment(loader, _PAGES), _environment(loader, _MAILS, [LineMarks]))

    def page(self, name: str, context: Mapping[str, object]) -> str:
        """Render a web page, which has no tokens."""
        return _rendered(self.pages, name, context)

    def text(self, name: str, context: Mapping[str, object]) -> str:
        """Render a text part with its tokens. A token that content contains is broken up by a word joiner."""
        return _with_tokens(guarded(_rendered(self.pages, name, context), "[\u2060"))

    def mjml(self, name: str, context: Mapping[str, object]) -> tuple[str, LineTable]:
        """Render MJML with its tokens, and the table of its template lines. A token in content becomes a character reference."""
        # The marks are taken out last, so that the replacements do not shift the offsets of the table.
        return unmarked(_with_tokens(guarded(_rendered(self.mails, name, context), "&#91;")))

    def old_names(self, path: Sequence[Path]) -> tuple[str, ...]:
        """Return a sentence for each place in the themes of `path` that uses the old name of a variable."""
        found = (each for folder in path for each in old_names(self.pages, folder))
        return tuple(
            f"{_where(str(file), line)}: `{old}` is the old name of `{new}`: write `{new}`."
            for file, line, old, new in found
        )

    def shown(self, name: str) -> str:
        """Return the path of the template `name` as messages show it: `templates/default/digest.mjml`."""
        try:
            file = self.pages.loader.get_source(self.pages, name)[1] if self.pages.loader else None
        except jinja2.TemplateNotFound:
            file = None
        return _shown(file or name)


def render_subject(template: str, context: Mapping[str, object]) -> str:
    """Render the configured subject in the sandbox, without escaping: a header is plain text."""
    environment = _environment(jinja2.DictLoader({f"{_SUBJECT}.txt": template}))
    return _rendered(environment, f"{_SUBJECT}.txt", context)


def _with_tokens(rendered: str) -> str:
    return _SENTINEL.sub(lambda match: _TOKENS[match[1]](match[2]), rendered)


def _rendered(environment: jinja2.Environment, name: str, context: Mapping[str, object]) -> str:
    try:
        return environment.get_template(name).render(with_old_names(context))
    except TemplateError:
        raise
    except jinja2.TemplateSyntaxError as error:
        where = _where(error.filename or error.name or name, error.lineno)
        raise TemplateError(
            f"{where}: {_sentence(error.message or 'a syntax error')}", "Correct that line."
        ) from error
    except jinja2.TemplateNotFound as error:
        raise TemplateError(
            f"The template {error.name} is in none of the template folders{_from(error.__traceback__)}.",
            "Add it to the theme, or copy it with `syndicate templates copy`.",
        ) from error
    except Exception as error:  # an expression in a template can raise anything
        file, line = _deepest(error.__traceback__) or (name, 0)
        raise TemplateError(
            f"{_where(file, line)}: {_sentence(str(error) or type(error).__name__)}",
            "Correct that expression; `templates/README.md` lists what a template may use.",
        ) from error


def _deepest(trace: TracebackType | None) -> tuple[str, int] | None:
    """Return the innermost template line of a traceback: Jinja rewrites frames so that they have the template's file and line."""
    found = None
    while trace:
        if "__jinja_exception__" in trace.tb_frame.f_globals:
            found = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _from(trace: TracebackType | None) -> str:
    place = _deepest(trace)
    return f", which is used in {_where(*place)}" if place else ""


def _where(file: str, line: int) -> str:
    if Path(file).name.startswith(_SUBJECT) or file == "<template>":
        return f"The setting {_SUBJECT}, line {line}"
    return f"{_shown(file)}, line {line}"


def _shown(file: str) -> str:
    parts = Path(file).parts
    if SHOWN_FROM in parts:
        last = len(parts) - 1 - parts[::-1].index(SHOWN_FROM)
        return "/".join(parts[last:])
    return file


def _sentence(text: str) -> str:
    text = re.sub(
        r"'(?:\w+\.)+(\w+) object' has", r"\1 has", text
    )  # module names mean nothing to a theme author
    return text.strip().rstrip(".") + "."


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
    """Yield line, old name and new name. A name that the template itself assigns is left out."""
    given = meta.find_undeclared_variables(tree) & set(_VARIABLES)
    for name in tree.find_all(nodes.Name):
        if name.name in given and name.ctx == "load":
            yield name.lineno, name.name, _VARIABLES[name.name]
    for field in tree.find_all(nodes.Getattr):
        if field.attr in _FIELDS:
            yield field.lineno, field.attr, _FIELDS[field.attr]
