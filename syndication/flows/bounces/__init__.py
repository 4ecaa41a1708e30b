"""Returned mail: receive or poll it, or take it from a provider's webhook, and record what it says about a subscriber.

Start at `take.py`; reading a message is the job of `syndication.bounces`.
"""
