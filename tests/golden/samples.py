"""What the golden files hold: the digest of the demo newsroom's second week as one reader gets it. `make golden` writes them again."""

import asyncio
import re
import shutil
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from syndication.domain.edition import Edition
from syndication.domain.week import WeekKey
from syndication.flows.edition.freeze import draft_edition
from syndication.flows.progress import Silent
from syndication.flows.weekly import run_weekly
from syndication.render.renderer import Renderer
from syndication.wiring.app import Moment, open_app
from tests.golden import json_documents
from tests.golden.json_documents import documents
from tests.unit.render_editions import merged, subscriber

__all__ = ["FOLDER", "NAMES", "samples"]

FOLDER = Path(__file__).parent / "render"
NAMES = ("default.en.html", "default.en.txt", "default.ko.txt", "plain.en.html", "edition.html")
ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)
WEEKS = (WeekKey(2026, 44), WeekKey(2026, 45))


@cache
def samples() -> dict[str, str]:
    """The files by name."""
    edition, default, plain = asyncio.run(_demo())
    html, text = _digest(default, edition, "en")
    contents = (
        _a_tag_a_line(html),
        text,
        _digest(default, edition, "ko")[1],
        _a_tag_a_line(_digest(plain, edition, "en")[0]),
        default.edition_page(edition),
    )
    return dict(zip(NAMES, contents, strict=True))


async def _demo() -> tuple[Edition, Renderer, Renderer]:
    """The second week, so that the hot list has moved, and the renderers of both themes."""
    with TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples", Path(folder) / "examples")
        config = Path(folder) / "config" / "syndicate.toml"
        config.parent.mkdir()
        shutil.copy(ROOT / "config" / "syndicate.toml", config)
        ticks = count()  # of the clock: an article belongs to an edition that is made after it was seen
        moment = Moment(
            clock=lambda: NOW + timedelta(seconds=next(ticks)),
            new_id=lambda: f"{next(ticks):016}",
            jitter=lambda: 0.5,
        )
        async with open_app(str(config), progress=Silent(), moment=moment) as app:
            await run_weekly(app, WEEKS[0], send=False)
            await app.store.notes.put(
                WEEKS[1], "A word from the editor, with [a link](https://tidewater.example/)."
            )
            made = (await draft_edition(app, WEEKS[1])).require("")
            default = app.renderer
        config.write_text(config.read_text("utf-8").replace('#theme = "default"', 'theme = "plain"'), "utf-8")
        async with open_app(str(config), progress=Silent(), moment=moment) as app:
            assert isinstance(default, Renderer)
            assert isinstance(app.renderer, Renderer)
            return made.edition, default, app.renderer


def _digest(renderer: Renderer, edition: Edition, language: str) -> tuple[str, str]:
    return merged(renderer.digest(edition, language), subscriber(language=language), renderer)


def _a_tag_a_line(html: str) -> str:
    """`html`, its whole body one line as compiled, so that a difference is read line by line."""
    return re.sub(r"> ?(?=<)", ">\n", html) + "\n"


if __name__ == "__main__":
    for name, content in samples().items():
        (FOLDER / name).write_text(content, "utf-8")
    for name, content in documents().items():
        (json_documents.FOLDER / f"{name}.json").write_text(content, "utf-8")
