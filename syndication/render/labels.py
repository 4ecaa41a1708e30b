"""Words, dates and numbers in the subscriber's language, by Babel and gettext catalogues (`locale/ko.po`, not compiled)."""

import gettext
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from syndication.errors import TemplateError
from syndication.render.theme import SHOWN_FROM, find

_ENGLISH_DAY = "EEEE d MMMM y"


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one language. A message without a translation stays in English."""

    language: str  # BCP 47
    locale: Locale
    zone: ZoneInfo
    catalogue: Catalog | None = None

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, for the attribute `dir`."""
        return "rtl" if self.locale.character_order == "right-to-left" else "ltr"

    def text(self, message: str, **values: object) -> str:
        """Return the translation of `message`, with its `%(name)s` filled in."""
        found = self.catalogue.get(message) if self.catalogue else None
        if found and isinstance(found.string, str) and found.string:
            return found.string % values if values else found.string
        return self._english(message % values if values else message)

    def count(self, one: str, many: str, count: int, **values: object) -> str:
        """Return the plural form for `count`; `%(count)s` is the number as this language writes it."""
        forms: tuple[str, ...] = (one, many)
        index = int(count != 1)
        found = self.catalogue.get(one) if self.catalogue else None
        if self.catalogue and found and isinstance(found.string, tuple | list) and all(found.string):
            forms = tuple(found.string)
            index = min(gettext.c2py(self.catalogue.plural_expr)(count), len(forms) - 1)
            return forms[index] % {"count": self.number(count), **values}
        return self._english(forms[index] % {"count": self.number(count), **values})

    def number(self, number: int) -> str:
        """Return `1,234` as this language writes it."""
        return str(format_decimal(number, locale=self.locale))

    def day(self, day: date) -> str:
        """Return `Friday 21 November 2025`, or the full date format of another language."""
        pattern = _ENGLISH_DAY if self._british else "full"
        return str(format_date(day, pattern, locale=self.locale))

    def date(self, moment: datetime | date) -> str:
        """Return `3 March 2024`; a moment is shown in the publication's zone."""
        if isinstance(moment, datetime):
            moment = moment.astimezone(self.zone).date()
        return str(format_date(moment, "d MMMM y" if self._british else "long", locale=self.locale))

    def names(self, names: Sequence[str]) -> str:
        """Return `A, B and C`."""
        return str(format_list(list(names), locale=self.locale)) if names else ""

    def _english(self, label: str) -> str:
        """Return an untranslated label, isolated (UAX #9) if the text around it is right-to-left."""
        return f"\u2066{label}\u2069" if self.direction == "rtl" else label

    @property
    def _british(self) -> bool:
        return self.locale.language == "en" and self.locale.territory in {None, "GB", "IE"}


def load_labels(language: str, zone: ZoneInfo, path: Sequence[Path]) -> Labels:
    """Load the labels of `language` (BCP 47) from the first catalogue on the search path of the templates, `ko-KR` before `ko`.

    Raises TemplateError for a catalogue that cannot be read.
    """
    locale = _locale(language)
    for name in dict.fromkeys((language, language.replace("-", "_"), locale.language)):
        if file := find(path, f"locale/{name}.po"):
            return Labels(language, locale, zone, _catalogue(file, locale))
    return Labels(language, locale, zone)


def languages(main: str, path: Sequence[Path]) -> tuple[str, ...]:
    """Return the languages of a digest: `main`, as written there, then English and those with a catalogue, without repeating `main`."""
    found = {file.stem.replace("_", "-") for folder in path for file in (folder / "locale").glob("*.po")}
    others = sorted({"en", *found} - {main})
    return (main, *(each for each in others if each != main.split("-", maxsplit=1)[0]))


def _locale(language: str) -> Locale:
    parts = language.replace("_", "-").split("-")
    while parts:
        try:
            return Locale.parse("-".join(parts), sep="-")
        except (UnknownLocaleError, ValueError):
            parts.pop()
    return Locale("en")


def _catalogue(file: Path, locale: Locale) -> Catalog:
    shown = "/".join((SHOWN_FROM, *file.parts[-3:]))
    try:
        with file.open("rb") as stream:
            return read_po(stream, locale=locale, abort_invalid=True)
    except PoFileError as error:
        raise TemplateError(
            f"{shown}, line {error.lineno + 1}: not a gettext catalogue ({error.args[0]}).",
            "Repair that entry.",
        ) from error
    except (OSError, UnicodeError, ValueError) as error:
        raise TemplateError(
            f"{shown} cannot be read as a gettext catalogue.", "Save it as UTF-8 in the .po form."
        ) from error
