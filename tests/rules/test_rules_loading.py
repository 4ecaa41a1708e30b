"""A verb loads the libraries that it uses, and no others: what each may not have in `sys.modules` at its end."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

READING = {"feedparser", "frontmatter", "httpx2", "lxml", "markdown_it", "nh3", "trafilatura"}
RENDERING = {"babel", "jinja2", "mjml"}
PUBLISHING = {"feedgen"}
SENDING = {"aiosmtpd", "aiosmtplib", "cryptography"}
SERVING = {"starlette", "uvicorn"}
NEVER = {
    "alembic",
    "pydantic_settings",
    "rich",
    "structlog",
}  # alembic: only for an older schema; structlog: to write a line
EVERYTHING = READING | RENDERING | PUBLISHING | SENDING | SERVING | NEVER
STORING = {"asyncio", "pydantic", "sqlalchemy"}

RUN = """\
import sys
from syndication.cli.main import run
code = run(sys.argv[1:])
print(*{name.partition(".")[0] for name in sys.modules})
sys.exit(code)
"""


def loaded(site: Path, *arguments: str) -> set[str]:
    """The top-level names of the modules that a command has loaded at its end."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], cwd=site, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a subscriber whose week is made, published and sent."""
    folder = tmp_path_factory.mktemp("site")
    loaded(folder, "init")
    loaded(folder, "subscribers", "add", "you@example.com")
    loaded(folder, "run", "--weekly")
    return folder


@pytest.mark.parametrize(
    ("verb", "unused"),
    [
        ("--version", EVERYTHING | STORING),
        ("--help", EVERYTHING | STORING),
        ("status", EVERYTHING),
        ("status --sources", EVERYTHING),
        ("subscribers list", EVERYTHING),
        ("articles list", EVERYTHING),
        ("deliver", EVERYTHING),
        ("run --weekly", EVERYTHING),
        ("publish", (READING - {"httpx2", "lxml"}) | SENDING | SERVING | NEVER),
        ("collect", RENDERING | PUBLISHING | SENDING | SERVING | NEVER),
    ],
)
def test_a_verb_does_not_load_what_it_does_not_use(site: Path, verb: str, unused: set[str]) -> None:
    assert loaded(site, *verb.split()) & unused == set()
