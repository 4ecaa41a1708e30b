"""Publish: write feeds, pages, archive and sitemaps into the published folder, changed files only.

Start at `publish.py`.
"""
