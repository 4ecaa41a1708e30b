"""Pausing, requests of the subscribe form, and the marks of erased readers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("subscribers", sa.Column("paused", sa.BigInteger(), nullable=True))
    op.create_table(
        "requests",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="requests_key"),
    )
    op.create_index("requests_at", "requests", ["at"])
    op.create_index("requests_by_reader", "requests", ["reader", "at"])
    op.create_index("requests_by_network", "requests", ["network", "at"])
    op.create_table(
        "erased",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="erased_key"),
    )
