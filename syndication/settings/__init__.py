"""The configuration: `config/syndicate.toml` and the environment, read once, checked once, frozen. Start at `tables.py`.

Only this room reads either. It is imported when a verb runs (pydantic takes time), and only by `wiring`. Every mistake becomes one
sentence with the file, the dotted key and its line, never the value.
"""

from syndication.settings.loading import load_settings, load_settings_here
from syndication.settings.tables import Settings

__all__ = ["Settings", "load_settings", "load_settings_here"]
