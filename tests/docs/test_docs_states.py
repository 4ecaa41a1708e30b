"""The diagrams of the states are those of the tables in the code."""

import runpy

from tests.docs.pages import ROOT, text


def test_the_diagrams_are_drawn_from_the_tables() -> None:
    drawn = runpy.run_path(str(ROOT / "docs/make_diagrams.py"))["drawn"]
    page = text("docs/explanation/states.md")
    assert page == drawn(page), "run `python docs/make_diagrams.py`"
    assert page.count("```mermaid") == 2
