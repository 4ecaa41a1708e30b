"""`preview --out`: each language and sample subscriber as HTML, text and .eml, and pictures where Chromium is installed."""

import os
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from syndication.errors import PublishError
from syndication.flows.app import App
from syndication.flows.desk.proof import Copy, Proof, samples

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless",
    "--hide-scrollbars",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--allow-file-access-from-files",  # the page that measures reads the height of the mail in its frame
)
WIDTHS = (700, 375)  # CSS pixels: a window, a phone
SCHEMES = {"light": 1, "dark": 0}  # Chromium's numbers
PATIENCE = 60  # seconds for one start of Chromium: images may come from a slow server
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
NO_SCRIPTS = """<meta http-equiv="Content-Security-Policy" content="script-src 'none'">"""


def write_proof(app: App, proof: Proof, folder: Path) -> list[Path]:
    """Write every copy and return the files. Raises PublishError if the folder cannot be written."""
    written = []
    for name, copy in _copies(app, proof).items():
        contents = {".html": copy.html.encode(), ".txt": copy.text.encode(), ".eml": copy.message}
        written += [_write(folder / f"{name}{suffix}", data) for suffix, data in contents.items()]
    return written


def write_pictures(app: App, proof: Proof, folder: Path) -> tuple[list[Path], str]:
    """Write pictures of each language, light and dark, in a window and on a phone. Return the files, and why any are missing."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    written: list[Path] = []
    if program is None:
        return written, "No pictures: Chromium is not installed."
    try:
        with TemporaryDirectory(prefix="syndicate-preview-", ignore_cleanup_errors=True) as scratch:
            for variant in proof.mailing.variants:
                copy = _copies(app, proof)[f"{variant.language}-no-name"]
                page = Path(scratch) / f"{variant.language}.html"
                html = _HEAD.sub(rf"\g<0>{NO_SCRIPTS}", _with_images(app, copy.html), count=1)
                page.write_text(html, encoding="utf-8")
                written += _pictures(program, page, folder)
    except OSError as error:
        return written, f"Not all pictures could be taken: {error}."
    return written, ""


def _pictures(program: str, page: Path, folder: Path) -> list[Path]:
    shot, written = page.with_suffix(".png"), []
    for (scheme, number), (width, height) in product(SCHEMES.items(), _heights(program, page).items()):
        size, colours = f"--window-size={width},{height}", f"--blink-settings=preferredColorScheme={number}"
        _chromium(program, page, f"--screenshot={shot}", size, colours)
        written.append(_write(folder / f"{page.stem}-{scheme}-{width}.png", shot.read_bytes()))
        shot.unlink()
    return written


def _heights(program: str, page: Path) -> dict[int, int]:
    """Return the height of the page for each width: a screenshot is of the window, however long the page is."""
    frame = (
        '<iframe sandbox="allow-same-origin" src="{page}" style="width: {width}px; height: 0; border: 0" '
        'onload="title = contentDocument.documentElement.scrollHeight"></iframe>'
    )
    measuring = page.with_suffix(".frames.html")
    measuring.write_text(
        "".join(frame.format(page=page.name, width=width) for width in WIDTHS), encoding="utf-8"
    )
    heights = re.findall(r' title="(\d+)"', _chromium(program, measuring, "--dump-dom"))
    if len(heights) != len(WIDTHS):
        raise OSError("Chromium did not load the mail")
    return dict(zip(WIDTHS, map(int, heights), strict=True))


def _chromium(program: str, page: Path, *options: str) -> str:
    """Start Chromium once with `page`, and return what it prints. Raises OSError."""
    # Root has no sandbox to put it in; what it shows are our own mails.
    sandbox = () if os.geteuid() else ("--no-sandbox",)
    profile = f"--user-data-dir={page.parent / 'profile'}"
    command = [program, *OPTIONS, *sandbox, profile, *options, page.as_uri()]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout  # noqa: S603
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"Chromium did not answer within {PATIENCE} seconds") from None
    except subprocess.CalledProcessError as error:
        raise OSError(f"Chromium ended with exit status {error.returncode}") from None


def _copies(app: App, proof: Proof) -> dict[str, Copy]:
    """Return the copies by language and sample; a sample with nothing in the edition has none."""
    copies = {}
    for variant in proof.mailing.variants:
        for sample in samples(app, proof, languages=False):
            copy = proof.copy(sample.recipient._replace(language=variant.language))
            if copy:
                copies[f"{variant.language}-{sample.id}"] = copy
    return copies


def _with_images(app: App, html: str) -> str:
    """Return `html` with the images of this machine, where they are before they are published."""
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
