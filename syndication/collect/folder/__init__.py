"""Read a folder of Markdown and HTML files and of saved web pages.

Start at `read.py`.
"""
