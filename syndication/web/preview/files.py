"""The preview as files: each language and sample subscriber as HTML, text and .eml, and pictures where there is a browser."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from syndication.errors import PublishError
from syndication.flows.app import App
from syndication.flows.desk.proof import Copy, Proof, samples
from syndication.web.preview.pictures import Chromium, chromium

__all__ = ["write_pictures", "write_proof"]

LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 700),
    ("light", 375),
    ("dark", 700),
    ("dark", 375),
)


def write_proof(app: App, proof: Proof, folder: Path) -> list[Path]:
    """Write every copy and return the files. Raises PublishError for a folder that cannot be written."""
    written = []
    for name, copy in _copies(app, proof).items():
        contents = {".html": copy.html.encode(), ".txt": copy.text.encode(), ".eml": copy.message}
        written += [_write(folder / f"{name}{suffix}", data) for suffix, data in contents.items()]
    return written


def write_pictures(app: App, proof: Proof, folder: Path) -> tuple[list[Path], str]:
    """Light and dark, on a phone and in a window, of each language: the files, and why there are none or not all."""
    written: list[Path] = []
    try:
        with chromium() as browser, TemporaryDirectory(prefix="syndicate-preview-") as scratch:
            if browser is None:
                return written, "No pictures: Chromium is not installed."
            for variant in proof.mailing.variants:
                copy = _copies(app, proof)[f"{variant.language}-no-name"]
                page = Path(scratch) / f"{variant.language}.html"
                page.write_text(_with_images(app, copy.html), encoding="utf-8")
                written += _pictures(browser, page, folder)
    except OSError as error:
        return written, f"Not all pictures could be taken: {error}."
    return written, ""


def _pictures(browser: Chromium, page: Path, folder: Path) -> list[Path]:
    return [
        _write(
            folder / f"{page.stem}-{scheme}-{width}.png", browser.picture(page, width=width, scheme=scheme)
        )
        for scheme, width in LOOKS
    ]


def _copies(app: App, proof: Proof) -> dict[str, Copy]:
    """By name: language and sample. A sample for whom there is nothing has none."""
    copies = {}
    for variant in proof.mailing.variants:
        for sample in samples(app, proof, languages=False):
            copy = proof.copy(sample.recipient._replace(language=variant.language))
            if copy:
                copies[f"{variant.language}-{sample.id}"] = copy
    return copies


def _with_images(app: App, html: str) -> str:
    """Images that are not published yet are on this machine already."""
    for media in (app.media, app.site / "var" / "media"):
        for file in media.glob("*"):
            html = html.replace(
                f'src="{app.publication.feeds_url}media/{file.name}"', f'src="{file.as_uri()}"'
            )
    return html


def _write(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise PublishError(
            f"{path} cannot be written ({error.strerror}).", "Make room, or choose another folder."
        ) from error
    return path
