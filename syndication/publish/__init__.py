"""Turns articles and the hot list into files for feed readers, browsers and static hosts.

Start at `channel.py` and `entries.py`. A channel and its entries are one model, written as RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 with the same content. Files are replaced
as a whole, and unchanged files are not touched, so that a server's ETag and Last-Modified are right. The same data gives the same bytes,
whatever the clock, locale or time zone.
"""
