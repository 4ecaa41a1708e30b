"""Whether a reader who was erased had complained."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("erased", sa.Column("complained", sa.Boolean(), server_default=sa.false(), nullable=False))
