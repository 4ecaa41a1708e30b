"""A web server's log in, the week's visitors of each article out.

A log is long: `counting.py` spends as little on a line as it can, and everything here remembers what it has worked out once (a
request, a minute, a user agent), up to a bound. An address is hashed with the salt of the run as soon as it is read, and is gone with
the reading. Start at `reading.py`.
"""
