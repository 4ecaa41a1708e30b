"""How the ranking of a frozen edition came about."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "hot_accounts",
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("account", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.key"], name="hot_accounts_edition_known"),
        sa.PrimaryKeyConstraint("edition", name="hot_accounts_key"),
    )
