"""Pictures of mails by the Chromium that is installed here, over its DevTools protocol on a pipe: one start for all of them."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

__all__ = ["Chromium", "chromium"]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--hide-scrollbars",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
)
# The descriptors on which Chromium listens and answers; the last of four new ones is none of these.
ONTO_3_AND_4 = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
PATIENCE = 30.0  # seconds for one answer: a picture from a slow server is waited for
LEAVE = 5.0  # seconds to end


class Chromium:
    """A running browser. Every method raises OSError when it does not answer."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = to, back  # descriptors; messages are JSON, each ended by a zero byte
        self._buffer = b""
        self._last = 0
        self._session = ""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Page.enable")
        self._ask("Emulation.setScriptExecutionDisabled", value=True)

    def picture(self, page: Path, *, width: int, scheme: Literal["light", "dark"]) -> bytes:
        """The whole page as PNG, `width` CSS pixels wide."""
        self._size(width, 800)
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._ask("Page.navigate", url=page.as_uri())
        self._wait(lambda message: message.get("method") == "Page.loadEventFired")
        self._size(width, int(self._ask("Page.getLayoutMetrics")["cssContentSize"]["height"]))
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """Ask it to end."""
        self._session = ""
        self._ask("Browser.close")

    def _size(self, width: int, height: int) -> None:
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def _ask(self, method: str, **values: Any) -> Any:
        self._last += 1
        number = self._last
        message = {"id": number, "method": method, "params": values}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda message: message.get("id") == number)
        if "result" not in answer:
            raise OSError(f"Chromium refused {method}: {answer.get('error')}")
        return answer["result"]

    def _wait(self, wanted: Any) -> Any:
        ends = time.monotonic() + PATIENCE
        while True:
            while b"\0" in self._buffer:
                line, _, self._buffer = self._buffer.partition(b"\0")
                if wanted(message := json.loads(line)):
                    return message
            if not select.select([self._back], [], [], max(ends - time.monotonic(), 0))[0]:
                raise TimeoutError("Chromium does not answer")
            if not (data := os.read(self._back, 1 << 20)):
                raise ConnectionError("Chromium has ended")
            self._buffer += data


@contextmanager
def chromium() -> Iterator[Chromium | None]:
    """The browser while it is wanted; None where none is installed."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        yield None
        return
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    with TemporaryDirectory(prefix="syndicate-chromium-", ignore_cleanup_errors=True) as profile:
        # Root has no sandbox to put it in; what it shows are our own mails, their scripts switched off.
        options = [*OPTIONS, f"--user-data-dir={profile}", *(["--no-sandbox"] if not os.geteuid() else [])]
        process = subprocess.Popen(  # noqa: S603 - the browser of this machine
            [sys.executable, "-Sc", ONTO_3_AND_4, str(theirs_in), str(theirs_out), program, *options],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            browser = Chromium(ours_out, ours_in)
            yield browser
            browser.close()
        finally:
            os.close(ours_out)
            os.close(ours_in)
            with suppress(subprocess.TimeoutExpired):
                process.wait(LEAVE)
            process.kill()
            process.wait()
