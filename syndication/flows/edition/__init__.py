"""Make an edition: compose and render it, rank the hot list, and freeze it with its planned recipients.

Start at `freeze.py`.
"""
