"""The form of the pages: lines that a diff can show, and the targets of make that they name."""

import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import PAGES, ROOT, text

LONGEST = 120  # columns
_LINK_ALONE = re.compile(r"^\s*(?:[-*] )?!?\[[^\]]*\]\(\S+\)[.,;:]?$")
_TARGET = re.compile(r"`make ([a-z]+)")


def prose(page: str) -> Iterator[str]:
    """The lines of a page without fenced and indented code, tables, and links that stand alone on a line."""
    fenced = False
    for line in text(page).splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("|", "    ")) and not _LINK_ALONE.match(line):
            yield line


@pytest.mark.parametrize("name", sorted(str(page.relative_to(ROOT)) for page in PAGES))
def test_no_line_of_a_page_is_longer_than_120_columns(name: str) -> None:
    assert [line for line in prose(name) if len(line) > LONGEST] == []


def test_every_target_of_make_that_a_page_names_is_in_the_makefile() -> None:
    makefile = text("Makefile")
    named = {target for page in PAGES for target in _TARGET.findall(page.read_text(encoding="utf-8"))}
    assert {"run", "test", "lint", "nightly"} <= named
    assert [target for target in sorted(named) if f"\n{target}:" not in makefile] == []
