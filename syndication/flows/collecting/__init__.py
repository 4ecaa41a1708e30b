"""Collect: fetch every source into the store, and keep an account of how healthy each one is.

Start at `collect.py`.
"""
