"""Collected articles, the sources and pages they came from, and withdrawals. Start at `articles.py`; `merge.py` has the rules."""
