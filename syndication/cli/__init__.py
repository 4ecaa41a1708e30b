"""The command line: verbs only. Each verb imports its libraries when it runs, so that `--help` and `--version` are quick.

Start at `main.py`.
"""

import gc
import os
import signal
import sys

# Set before the imports, which make few cycles: Python's own 700 instead of 20,000 would walk through all modules again and again.
gc.set_threshold(20_000, 20, 50)

try:
    from syndication.cli.streams import open_standard_streams

    open_standard_streams()
    from syndication.cli.main import main
except KeyboardInterrupt:  # while it loads
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(2, b"syndicate: Stopped. The next run continues from here.\n")
    sys.exit(130)

__all__ = ["main"]
