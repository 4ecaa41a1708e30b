"""Everything that the command imports, for the process that it is forked from."""

import importlib
import pkgutil

import uvloop  # noqa: F401 - imported by the command when it runs

import syndication

for module in pkgutil.walk_packages(syndication.__path__, "syndication."):
    if "migrations" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
