"""Mail out: the final bytes for each recipient, SMTP sessions that never take one reply for another, and what follows from a reply.

Pure are `message` and what it is made with (`headers`, `encoding`, `dkim`), `retry` (what to write about a row), `throttle` (what may be
sent now) with `batch_findings` (what a batch showed), `lanes`, `address`, and the values `envelope` and `transaction`. `connecting` connects and logs in, `session` speaks SMTP over its `wire`, `pool` keeps the sessions of
each server; `outbox` is a real server that files mail into a Maildir. The room does not know the ledger: a session answers with values,
and `flows` stores them.
"""
