"""The only door to SQL: one code for SQLite and PostgreSQL.

`tables.py` is the whole schema on one page, `database.py` opens it, and a file each holds what may be asked of the sources, articles,
editions, subscribers and of the ledger of deliveries. Everything else speaks in the domain's values and sees no SQL and no error of a
library: what cannot be read or written is a StoreError.
"""
