"""Run by Alembic. The connection, already in a transaction, comes from `store/schema.py`."""

from alembic import context

from syndication.store.tables.core import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, once its driver leaves transactions alone
)
with context.begin_transaction():
    context.run_migrations()
