"""One article page: what its metadata, JSON-LD and text say, and which of them to believe.

Start at `article_page.py`; `choice.py` decides between contradicting claims.
"""
