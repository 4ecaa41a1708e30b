"""The environment in which Alembic runs a migration. The connection, already in a transaction, comes from `store/schema.py`."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # SQLite can, once its driver leaves transactions alone
)
with context.begin_transaction():
    context.run_migrations()
