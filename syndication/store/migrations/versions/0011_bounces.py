"""What was decided about readers whose mail came back, and the messages that were taken."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bounces",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("subscriber", COUNTED, nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="bounces_key"),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="bounces_subscriber_known", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("subscriber", "sent", "kind", name="bounces_subscriber_sent_kind_unique"),
    )
    op.create_table(
        "intake",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="intake_key"),
    )
    op.create_index("intake_at", "intake", ["at"])
