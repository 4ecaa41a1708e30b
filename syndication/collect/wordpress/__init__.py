"""WordPress sites by their REST API.

Start at `api.py`; `post.py` turns one post into an article.
"""
