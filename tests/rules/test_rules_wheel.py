"""What is shipped: the package, the default theme, the migrations, and a command that starts quickly."""

import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.rules.repository import ROOT, tracked


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in the wheel, built without a network by the backend that the lock names."""
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(folder / done.stdout.split()[-1]) as archive:
        return archive.namelist()


def _tracked(folder: str) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in tracked() if path.is_relative_to(ROOT / folder)]


def test_the_wheel_holds_every_module_and_data_file_of_the_package(wheel: list[str]) -> None:
    files = _tracked("syndication")
    assert any("migrations" in name for name in files)
    assert [name for name in files if name not in wheel] == []


def test_the_wheel_holds_every_theme_whole(wheel: list[str]) -> None:
    themes = _tracked("templates")
    assert "templates/plain/digest.mjml" in themes
    assert [name for name in themes if f"syndication/{name}" not in wheel] == []


def test_the_wheel_holds_the_configuration_that_init_writes(wheel: list[str]) -> None:
    assert "syndication/config/syndicate.toml" in wheel


def test_the_wheel_holds_nothing_else(wheel: list[str]) -> None:
    assert [name for name in wheel if not name.startswith(("syndication/", "syndication-"))] == []


def _seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, check=True, timeout=60)
    return time.perf_counter() - start


def test_the_version_is_said_in_at_most_twice_the_time_of_importing_typer() -> None:
    command = "from syndication.cli import main; main()"
    for path in (ROOT / "syndication" / "cli", ROOT):
        assert path.exists()
    typer, version = [], []
    for round_ in range(15):  # in turns, and the best of each: another process on the machine slows both
        typer.append(_seconds("-c", "import typer"))
        version.append(_seconds("-c", command, "--version"))
        if round_ >= 4 and min(version) <= 2 * min(typer):
            return
    pytest.fail(f"{min(version):.3f} s against {min(typer):.3f} s")


def test_saying_the_version_loads_no_library_of_a_stage() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--version']\n"
        "from syndication.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    heavy = {
        "sqlalchemy",
        "pydantic",
        "jinja2",
        "lxml",
        "feedparser",
        "httpx2",
        "aiosmtplib",
        "alembic",
        "babel",
        "mjml",
    }
    assert heavy & set(done.stdout.split()) == set()


def test_the_package_knows_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from syndication.cli import main; main()", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    from syndication import __version__

    assert __version__ in done.stdout


def test_the_changelog_has_a_place_for_what_comes(tmp_path: Path) -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()
