"""The whole schema, one file for each aggregate; importing any of them loads all, so `core.metadata` is always complete.

A change here needs a new file in `migrations/versions`; a test compares the two.
"""

from syndication.store.tables import articles, editions, publishing, sending, subscribers

__all__ = ["articles", "editions", "publishing", "sending", "subscribers"]
