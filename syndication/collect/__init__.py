"""Bytes in, articles and hot lists out.

Everything that comes from outside enters here and nowhere else: it is fetched within limits, read leniently, cleaned once,
and leaves as the frozen values of `syndication.domain`. Nothing a source says is trusted, and nothing it says is dropped
without a sentence in `Harvest.warnings`. Start at `harvest.py`.
"""
