"""Sources of pages: what is remembered of each page."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "pages",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("listed_by", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("read", sa.BigInteger()),
        sa.Column("published", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("is_list", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "url", name="pages_key"),
    )
