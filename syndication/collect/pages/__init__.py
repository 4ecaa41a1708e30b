"""Sites without a usable feed: sitemaps and section pages lead to article pages, which are read on a schedule.

Start at `page_source.py` and `sitemap.py`; `pages.py` fetches what `page_plan.py` chose.
"""
