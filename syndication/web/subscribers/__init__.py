"""The subscribers' pages, which links in the mails open. They work without scripts and set no cookie.

A token in the address is the only authority, so no page of another site can act for a subscriber.
"""
