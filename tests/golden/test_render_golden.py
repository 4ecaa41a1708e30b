"""The demo edition: mail and page tag by tag, and the text part word for word: a change of a theme shows as a difference to read.

After a wanted change: `make golden`, and read `git diff tests/golden`.
"""

import pytest

from tests.golden.samples import FOLDER, NAMES, samples


@pytest.mark.parametrize("name", NAMES)
def test_what_is_rendered_is_the_golden_file(name: str) -> None:
    assert samples()[name] == (FOLDER / name).read_text("utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(NAMES)
