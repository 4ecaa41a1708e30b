"""Ranked lists that somebody else made: a page, a file, or lines of text.

The list made from an access log is in `collect/access_log/`.
"""
