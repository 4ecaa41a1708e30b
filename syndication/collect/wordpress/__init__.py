"""Read WordPress sites by their REST API.

Start at `api.py`; `post.py` converts one post to a feed entry.
"""
