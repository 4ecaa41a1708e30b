"""The command in processes of their own that start at once: forked from one that has imported the whole package.

The imports cost more than what most tests let the command do. What depends on how an interpreter starts is tested with the real thing:
its environment with `Newsroom.syndicate(…, env=…)`, the order of imports in `tests/rules/test_rules_repository.py`, what is loaded in `test_rules_wheel.py`.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["SERVER", "printing_into", "syndicate"]

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.flows.imports"])


def syndicate(*arguments: str, seconds: float = 600) -> subprocess.CompletedProcess[str]:
    """Run one command line to its end, in the folder that this process is in. Raises TimeoutError."""
    with tempfile.TemporaryDirectory() as folder:
        prints = Path(folder) / "prints"
        process = SERVER.Process(target=_run, args=(arguments, prints, str(Path.cwd())))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"syndicate {' '.join(arguments)} went on for {seconds} s")
        out, err = (prints.with_suffix(suffix).read_text("utf-8") for suffix in (".out", ".err"))
    return subprocess.CompletedProcess(arguments, process.exitcode, out, err)


def printing_into(prints: Path) -> None:
    """From now on this process prints into `prints` with the endings .out and .err."""
    for descriptor, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(prints.with_suffix(suffix), os.O_WRONLY | os.O_CREAT), descriptor)


def _run(arguments: tuple[str, ...], prints: Path, folder: str) -> None:
    from syndication.cli import main

    os.chdir(folder)
    printing_into(prints)
    sys.argv = ["syndicate", *arguments]
    main()
