"""Mail out: the final bytes for each recipient, SMTP sessions that never take one reply for another, and what follows from a reply.

The pure parts are `message` (bytes), `retry` (what to write about a row), `throttle` (what may be sent now) with `findings` (what a batch
showed), `lanes` and `address`. `connecting` connects and logs in, `session` speaks SMTP on that connection, `pool` keeps the sessions of
each server; `outbox` is a real server that files mail into a Maildir. The room does not know the ledger: a session answers with values,
and `flows` stores them.
"""
