"""Read RSS, Atom and JSON Feed, leniently and within limits.

Start at `feed.py`; `entry.py` turns an entry of any format into an article.
"""
