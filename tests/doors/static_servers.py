"""The configurations of the documentation, run by the very servers they are for, on a free loopback port."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.pages import blocks
from tests.doors.ports import free_port, listens

__all__ = ["static_server"]

PAGE = "docs/how-to/host-the-feeds.md"
PATH = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
NGINX = """\
daemon off;
master_process off;
error_log stderr;
pid {scratch}/pid;
events {{}}
http {{
include /etc/nginx/mime.types;
access_log off;
{temporary}
{block}
}}
"""


@contextmanager
def static_server(language: str, site: Path, scratch: Path) -> Iterator[int]:
    """The port at which `nginx` or `caddy` serves the folder `feeds` of `site`. Skips where that is not installed."""
    program = shutil.which(language, path=PATH)
    if program is None:
        pytest.skip(f"{language} is not installed")
    port = free_port()
    config = scratch / "config"
    config.write_text(_CONFIGS[language](_block(language, site, port), scratch), encoding="utf-8")
    words = {
        "nginx": [program, "-p", str(scratch), "-c", str(config)],
        "caddy": [program, "run", "--config", str(config), "--adapter", "caddyfile"],
    }
    home = {"HOME": str(scratch), "XDG_DATA_HOME": str(scratch), "XDG_CONFIG_HOME": str(scratch)}
    with (scratch / "log").open("wb") as log:
        server = subprocess.Popen(words[language], stdout=log, stderr=log, env=home)
    try:
        _wait(server, port, scratch / "log")
        yield port
    finally:
        server.kill()
        server.wait()


def _block(language: str, site: Path, port: int) -> str:
    """The page's block, told where the folder and the port are; nothing else of it is changed."""
    (block,) = (each.body for each in blocks(PAGE) if each.language == language)
    places = {
        "nginx": {"listen 80;": f"listen 127.0.0.1:{port};", "/srv/newsroom;": f"{site};"},
        "caddy": {"news.tidewater.example {": f"http://127.0.0.1:{port} {{", "/srv/newsroom": str(site)},
    }
    for old, new in places[language].items():
        assert old in block
        block = block.replace(old, new)
    return block


def _nginx(block: str, scratch: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{kind}_temp_path {scratch}/{kind};" for kind in kinds)
    return NGINX.format(scratch=scratch, temporary=temporary, block=block)


def _caddy(block: str, scratch: Path) -> str:
    return f"{{\n\tadmin off\n}}\n{block}"


_CONFIGS = {"nginx": _nginx, "caddy": _caddy}


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    while not listens(port):
        assert server.poll() is None, log.read_text()
        time.sleep(0.05)
