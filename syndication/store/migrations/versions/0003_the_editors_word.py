"""When an edition was approved, whether it is held, and the editor's notes. What was frozen before needed nobody's approval."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("mailings", sa.Column("approved", sa.BigInteger(), nullable=True))
    op.add_column("mailings", sa.Column("held", sa.BigInteger(), nullable=True))
    op.execute("UPDATE mailings SET approved = date")
    op.create_table(
        "notes",
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("edition", name="notes_key"),
    )
