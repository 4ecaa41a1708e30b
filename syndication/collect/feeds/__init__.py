"""RSS, Atom and JSON Feed, read leniently and within limits.

Start at `feed.py`; `entry.py` turns an entry of any format into an article.
"""
