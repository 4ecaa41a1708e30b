"""`syndicate preview`: a page on this machine alone that shows an edition's mails byte for byte before they go out.

`guard` is its door, `desk` holds what is looked at, `page` and `frame` are what the browser gets, `server` runs it.
"""
