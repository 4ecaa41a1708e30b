"""The command line: verbs only. Each verb imports its libraries when it runs, so that `--help` and `--version` are quick."""

from syndication.cli.main import main

__all__ = ["main"]
