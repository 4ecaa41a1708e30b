"""Articles as they stand in feeds are kept, and of which theme the pages are. The next publish makes everything anew."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "items",
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="items_article_known"),
        sa.PrimaryKeyConstraint("article", name="items_key"),
    )
    op.add_column("built", sa.Column("theme", sa.Text(), server_default="", nullable=False))
    op.execute("DELETE FROM built")
