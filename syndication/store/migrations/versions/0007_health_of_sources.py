"""Health: how long a source took, what it usually gives, and since when it fails."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("sources", sa.Column("took", sa.Double(), server_default="0", nullable=False))
    op.add_column("sources", sa.Column("usual", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sources", sa.Column("failing_since", sa.BigInteger()))
    op.execute("UPDATE sources SET usual = count")
    op.execute("UPDATE sources SET failing_since = failed WHERE failures > 0")
