"""The only room that speaks SQL: one implementation for SQLite and PostgreSQL, but for the ledger's hot paths.

`tables/` is the schema and `database.py` opens it. Each of the other folders reads and writes one subject's tables, in the domain's
values: outside this room there is neither SQL nor an error of a database library, only StoreError.
"""
