"""Returned mail: received from a pipe, polled from a mailbox or reported by a webhook, and recorded for its subscriber.

Start at `take.py`; reading a message is the job of `syndication.bounces`.
"""
