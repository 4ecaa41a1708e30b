"""A newsroom's week as feeds, a web archive and a digest by mail. Start reading at `syndication.flows.weekly`."""

__version__ = "0.1.0"
