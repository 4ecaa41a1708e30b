"""Mail out: final bytes for each subscriber, SMTP sessions that never confuse one reply with the next, and what follows from a reply.

The pure parts are `message` (bytes), `retry` (what to write about a row), `throttle` (what may go now) with `findings` (what a batch
teaches), `lanes` and `address`. `connecting` is aiosmtplib's connect, TLS and AUTH, `session` speaks SMTP on it; `pool` keeps sessions of each server; `outbox` is a real server that files into a Maildir.
The ledger is not known here: a session answers with values, and `flows` writes them down.
"""
