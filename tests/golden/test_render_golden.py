"""The text part word for word: what a reader of mutt sees. After a wanted change, write the file anew and read the difference."""

from pathlib import Path

import pytest

from tests.unit.render_editions import edition, merged, reader, renderer

GOLDEN = Path(__file__).parent / "render"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_text_part_is_word_for_word_the_golden_file(language: str) -> None:
    _, text = merged(renderer().digest(edition(), language), reader(language=language))
    assert text == (GOLDEN / f"digest.{language}.txt").read_text("utf-8")
