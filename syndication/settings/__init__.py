"""The configuration: `config/syndicate.toml` and the environment, read once, checked once, frozen.

This room is the only subscriber of either. It is imported when a verb runs, not before (pydantic costs 0.3 s), and only
`wiring` knows it. Every mistake becomes one sentence with the file, the dotted key and its line, never the value.
"""

from syndication.settings.loading import load_settings, load_settings_here
from syndication.settings.model import Settings

__all__ = ["Settings", "load_settings", "load_settings_here"]
