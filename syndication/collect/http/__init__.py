"""The guarded HTTP client: limits on size, time, redirects and hosts, robots.txt, and private addresses refused.

Start at `fetch.py`. Nothing else in `collect` opens a connection.
"""
