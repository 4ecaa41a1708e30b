"""Front matter: YAML between two lines of `---` at the top of a file."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml
from frontmatter.default_handlers import YAMLHandler

from syndication.collect.text.words import fold

_TRUE = frozenset({"true", "yes", "on", "1"})


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Fields by lower-case name, each a tuple of strings as written: `title: 1984` and `title: No` are titles."""

    fields: Mapping[str, tuple[str, ...]]

    def text(self, *names: str) -> str:
        """Return the first existing field of `names`, on one line."""
        return next((fold(self.fields[name][0]) for name in names if self.fields.get(name)), "")

    def texts(self, *names: str) -> tuple[str, ...]:
        """Return the values of the first existing field of `names`: a YAML list, or a string with commas."""
        values = next((self.fields[name] for name in names if self.fields.get(name)), ())
        return tuple(values[0].split(",")) if len(values) == 1 else values

    def flag(self, name: str) -> bool:
        """Return whether the field is true, in any of YAML's spellings."""
        return self.text(name).lower() in _TRUE


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Split `text` into its front matter and the rest. Raises ValueError naming the line."""
    handler = YAMLHandler()
    if not text.startswith("---") or not handler.detect(text):
        return FrontMatter({}), text
    try:
        head, body = handler.split(text)
        # All scalars as strings: YAML would turn 1984 into a number and No into a boolean, and drop the zone of a time.
        data = handler.load(head, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}" if mark else "the front matter"
        raise ValueError(f"{line}: {error.problem or 'broken YAML'}") from None
    except yaml.YAMLError:
        raise ValueError("line 1: the front matter holds characters that YAML does not allow") from None
    except RecursionError:
        raise ValueError("line 1: the front matter nests too deep") from None
    except ValueError:
        raise ValueError("line 1: the front matter is not closed by a line ---") from None
    if data is not None and not isinstance(data, dict):
        raise ValueError("line 2: the front matter is not a list of `name: value`")
    return FrontMatter(
        {key.lower(): _texts(value) for key, value in (data or {}).items() if isinstance(key, str)}
    ), body


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    texts = [item.get("name", "") if isinstance(item, dict) else item for item in items]
    return tuple(_paired(text) for text in texts if isinstance(text, str) and text.strip())


def _paired(text: str) -> str:
    """Join surrogate pairs: JSON escapes write one character as two surrogates, which YAML does not combine."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
