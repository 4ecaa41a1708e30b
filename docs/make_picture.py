"""Make `docs/digest.png`: a mail of the demo newsroom, wide and light beside narrow and dark. `make run` first; needs Chromium.

Run `python docs/make_picture.py`, or with the name of the browser as its argument; look at the result, and commit it.
"""

# ruff: noqa: INP001 - a script, not a package

import base64
import re
import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READER, SUBJECT = "ada.lindqvist@example.com", "The lighthouse keeper"
WIDE, NARROW, GAP = 700, 375, 40  # pixels
TALL = 3080  # the whole wide mail
HOT, HOT_TALL = 2770, 960  # where the narrow mail's hot list begins, and from there to its end
LEVELS = " ".join(f"{level / 42:.4f}" for level in range(43))  # of each colour, for a smaller file
DARK, LIGHT = 0, 1  # Blink's PreferredColorScheme
PAGE = f"""<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: {GAP}px; background: #d8d4cc; display: flex; gap: {GAP}px }}
div {{ border-radius: 8px; box-shadow: 0 2px 12px rgb(0 0 0 / .25); background-repeat: no-repeat }}
.wide {{ width: {WIDE}px; height: {TALL}px; background-image: url(light.png) }}
.narrow {{ width: {NARROW}px; height: {TALL - HOT_TALL - GAP}px; background-image: url(dark.png) }}
.hot {{ height: {HOT_TALL}px; margin-top: {GAP}px; background-position: 0 -{HOT}px }}
body {{ filter: url(#levels) }}
</style><svg width="0" height="0" style="position: absolute"><filter id="levels" color-interpolation-filters="sRGB">
<feComponentTransfer><feFuncR type="discrete" tableValues="{LEVELS}"/><feFuncG type="discrete" tableValues="{LEVELS}"/>
<feFuncB type="discrete" tableValues="{LEVELS}"/></feComponentTransfer></filter></svg><div class="wide"></div><section><div class="narrow"></div><div class="narrow hot"></div></section>"""


def main(browser: str) -> None:
    """Screenshot the mail twice, and the two pictures side by side."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mail.html").write_text(digest(), encoding="utf-8")
        (folder / "page.html").write_text(PAGE, encoding="utf-8")
        shoot(browser, folder / "mail.html", folder / "light.png", (WIDE, TALL), LIGHT)
        shoot(browser, folder / "mail.html", folder / "dark.png", (NARROW, HOT + HOT_TALL), DARK)
        size = (WIDE + NARROW + 3 * GAP, TALL + 2 * GAP)
        shoot(browser, folder / "page.html", folder / "digest.png", size, LIGHT)
        (ROOT / "docs/digest.png").write_bytes((folder / "digest.png").read_bytes())


def digest() -> str:
    """Return the HTML of the subscriber's mail in the outbox, with its pictures embedded."""
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (ROOT / "var/outbox/new").iterdir()
    ]
    mail = next(mail for mail in mails if READER in mail["To"] and mail["Subject"].startswith(SUBJECT))
    part = mail.get_body(("html",))
    assert isinstance(part, EmailMessage)
    return re.sub(r'https://[^"]+/(media/[^"/]+)', _inline, part.get_content())


def _inline(address: re.Match[str]) -> str:
    data = base64.b64encode((ROOT / "feeds" / address[1]).read_bytes()).decode()
    return f"data:image/png;base64,{data}"


def shoot(browser: str, page: Path, picture: Path, size: tuple[int, int], scheme: int) -> None:
    """One screenshot. A window narrower than 500 pixels is beyond Chromium, so a page is shown in a frame of its size."""
    width, height = size
    frame = page.with_name("frame.html")
    frame.write_text(
        f'<body style="margin:0"><iframe src="{page.name}" style="border:0;width:{width}px;height:{height}px"></iframe>',
        encoding="utf-8",
    )
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--hide-scrollbars",
        f"--window-size={max(width, 500)},{height}",
    ]
    command += [f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}"]
    subprocess.run([*command, f"file://{frame}"], check=True, capture_output=True, timeout=120)  # noqa: S603 - our own words


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["chromium"]))
