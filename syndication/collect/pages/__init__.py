"""Collect sites without a usable feed: sitemaps and section pages lead to article pages.

Start at `page_source.py` and `sitemap.py`; `page_fetcher.py` fetches what `page_plan.py` chooses, `collect/article/`
reads it.
"""
