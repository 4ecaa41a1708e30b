"""Bytes in, articles and hot lists out.

What other sites and files publish enters the program here: it is fetched within limits, read leniently, sanitised once,
and leaves as frozen values of `syndication.domain`. Nothing in a source is trusted, and no article is dropped without a
sentence in `SourceResult.warnings`. Start at `collector.py`; the layers inside are a contract in `pyproject.toml`.
"""
