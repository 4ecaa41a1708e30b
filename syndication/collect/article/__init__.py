"""Read one article page from its metadata, JSON-LD and text.

Start at `article_page.py`; `choice.py` decides between contradicting facts.
"""
