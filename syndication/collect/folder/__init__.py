"""A folder of Markdown, text and HTML files as a source of articles, and saved web pages.

Start at `read.py`.
"""
