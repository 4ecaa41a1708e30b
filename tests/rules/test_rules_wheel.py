"""What is shipped: the package, the default theme, the migrations, and a command that starts quickly."""

import subprocess
import sys
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
        [sys.executable, "-c", build], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
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


def _loaded(code: str) -> set[str]:
    """The modules that a new interpreter has loaded after `code`."""
    told = f"import sys; sys.argv[1:] = ['--version']\n{code}\nprint('|', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True, timeout=600
    )
    return set(done.stdout.rpartition("|")[2].split())


SAY_THE_VERSION = "from syndication.cli import main\ntry: main()\nexcept SystemExit: pass"


def test_saying_the_version_loads_no_package_but_typer() -> None:
    standard = {"syndication", *sys.stdlib_module_names}
    packages = {name.partition(".")[0] for name in _loaded(SAY_THE_VERSION)}
    others = packages - {name.partition(".")[0] for name in _loaded("import typer")} - standard
    assert {name for name in others if not name.startswith("_sysconfigdata")} == set()


def test_saying_the_version_loads_at_most_half_as_many_modules_again_as_typer() -> None:
    """The time of both is the time of loading modules, and their number is the same on every machine."""
    typer, version = _loaded("import typer"), _loaded(SAY_THE_VERSION)
    assert "typer" in version
    assert len(version) <= 1.5 * len(typer), sorted(version - typer)


def test_the_package_knows_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from syndication.cli import main; main()", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    from syndication import __version__

    assert __version__ in done.stdout


def test_the_changelog_has_a_place_for_what_comes(tmp_path: Path) -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()
