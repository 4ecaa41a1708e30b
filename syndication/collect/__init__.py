"""Bytes in, articles and hot lists out.

Everything from outside enters the program here: it is fetched within limits, read leniently, sanitised once, and leaves
as frozen values of `syndication.domain`. Nothing in a source is trusted, and nothing is dropped without a sentence in
`SourceResult.warnings`. Start at `collector.py`; the layers inside are a contract in `pyproject.toml`.
"""
