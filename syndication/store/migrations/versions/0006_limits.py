"""Limits: what is remembered of lanes and servers, and what a batch uses of them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "meters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("at", sa.BigInteger()),
        sa.Column("day", sa.BigInteger()),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("credit", sa.Double(), nullable=False),
        sa.Column("cap", sa.Integer(), server_default="0", nullable=False),
        sa.Column("capped", sa.BigInteger()),
        sa.Column("troubles", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger()),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="meters_key"),
    )
    op.add_column("batches", sa.Column("server", sa.Text(), server_default="", nullable=False))
    op.add_column("batches", sa.Column("connections", sa.Integer(), server_default="0", nullable=False))
