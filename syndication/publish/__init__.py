"""Articles and the hot list become files that feed readers, browsers and a static host can rely on.

A channel and its entries are one model, written as RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 in agreement. Files are replaced
whole, and what did not change is not touched, so that a server's ETag and Last-Modified tell the truth. The same data makes the
same bytes whatever the clock, locale or time zone.
"""
