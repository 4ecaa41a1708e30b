"""What the golden files hold: the made-up newsroom's digest as one reader gets it. `make golden` writes them anew."""

import re
from pathlib import Path

from tests.unit.render_editions import edition, merged, reader, renderer

__all__ = ["FOLDER", "samples"]

FOLDER = Path(__file__).parent / "render"


def samples() -> dict[str, str]:
    """The files by name."""
    html, text = digest("default", "en")
    return {
        "default.en.html": a_tag_a_line(html),
        "default.en.txt": text,
        "default.ko.txt": digest("default", "ko")[1],
        "plain.en.html": a_tag_a_line(digest("plain", "en")[0]),
        "edition.html": renderer().edition_page(edition(note="A word from the editor.")),
    }


def digest(theme: str, language: str) -> tuple[str, str]:
    return merged(renderer(theme=theme).digest(edition(), language), reader(language=language))


def a_tag_a_line(html: str) -> str:
    """`html`, its whole body one line as compiled, so that a difference is read line by line."""
    return re.sub(r"> ?(?=<)", ">\n", html) + "\n"


if __name__ == "__main__":
    for name, content in samples().items():
        (FOLDER / name).write_text(content, "utf-8")
