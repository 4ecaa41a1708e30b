"""The command line: verbs only. Each verb imports its libraries when it runs, so that `--help` and `--version` are quick.

Start at `main.py`.
"""

import gc

# Set before the imports, which make few cycles: Python's own 700 instead of 20,000 would walk through all modules again and again.
gc.set_threshold(20_000, 20, 50)

from syndication.cli.main import main  # noqa: E402

__all__ = ["main"]
