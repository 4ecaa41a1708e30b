"""Counts of deliveries whose rows were folded."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("mailing", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("for_us", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubtful", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["mailing"], ["mailings.id"], name="tallies_mailing_known"),
        sa.PrimaryKeyConstraint("mailing", "state", name="tallies_key"),
    )
