"""Count the week's visitors of each article in a web server's log.

A log is long: `counting.py` spends as little as possible on a line, and caches what it has worked out once (a request,
a minute, a user agent), up to a bound. An address is hashed with the salt of the run as soon as it is read, and the
hashes are dropped with the reading. Start at `reading.py`.
"""
