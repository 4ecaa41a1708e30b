"""Links between the pages lead somewhere, every page can be found, and what they name is in the repository."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, text

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
READING_PATH = re.compile(r"`((?:syndication|tests|docs|templates)/[\w./-]+)`")


def anchors(page: str) -> set[str]:
    """Return the headings of a page in the form that links to them use."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def decisions() -> set[Path]:
    """The pages that only the index of the decisions has to list."""
    return {page for page in (ROOT / "docs/decisions").glob("*.md") if page.name != "README.md"}


@pytest.mark.parametrize("name", [str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_to_a_file_and_a_heading(name: str) -> None:
    page = ROOT / name
    broken = []
    for target in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        target_file, _, anchor = target.partition("#")
        file = (page.parent / target_file).resolve() if target_file else page
        if not file.exists() or (anchor and anchor not in anchors(str(file.relative_to(ROOT)))):
            broken.append(target)
    assert broken == []


def test_the_index_has_every_page() -> None:
    index = (ROOT / "docs/README.md").parent
    listed = {(index / target).resolve() for target in LINK.findall(text("docs/README.md"))}
    pages = {page for page in PAGES if page not in {ROOT / "README.md", index / "README.md"}}
    assert pages - listed == decisions()


def test_the_readme_has_every_page_of_the_documentation() -> None:
    listed = {(ROOT / target).resolve() for target in LINK.findall(text("README.md"))}
    pages = {page for page in (ROOT / "docs").rglob("*.md") if page != ROOT / "docs/README.md"}
    assert pages - listed == decisions()


def test_the_index_of_the_decisions_has_every_decision() -> None:
    folder = ROOT / "docs/decisions"
    listed = {(folder / target).resolve() for target in LINK.findall(text("docs/decisions/README.md"))}
    assert len(listed) > 10
    assert listed == decisions()


@pytest.mark.parametrize("name", [str(page.relative_to(ROOT)) for page in sorted(decisions())])
def test_a_decision_has_its_date_and_its_three_parts(name: str) -> None:
    page = text(name)
    date = re.search(r"/(\d{4}-\d\d-\d\d)-", name)
    assert date
    assert date[1] in page.partition("## Context")[0]
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == ["Context", "Decision", "Consequences"]


@pytest.mark.parametrize("page", ["README.md", "docs/explanation/architecture.md"])
def test_every_file_that_the_reading_path_names_is_there(page: str) -> None:
    named = READING_PATH.findall(text(page))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_picture_of_the_readme_is_small_enough_to_load() -> None:
    picture = ROOT / "docs/digest.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 400_000
