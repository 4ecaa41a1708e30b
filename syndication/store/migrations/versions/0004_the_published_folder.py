"""What publishing knows of its folder. Empty at first: then the next publish makes everything anew."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WITHDRAWN = sa.text("withdrawn IS NOT NULL")


def upgrade() -> None:
    op.add_column("articles", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "articles_withdrawn", "articles", ["withdrawn"], sqlite_where=WITHDRAWN, postgresql_where=WITHDRAWN
    )
    op.create_table(
        "built",
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("facts", name="built_key"),
    )
    op.create_table(
        "due_articles",
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("dated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="due_articles_article_known"),
        sa.PrimaryKeyConstraint("article", name="due_articles_key"),
    )
    op.create_index("due_articles_order", "due_articles", ["dated", "article"])
    op.create_table(
        "shelves",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="shelves_key"),
        sa.UniqueConstraint("kind", "name", name="shelves_kind_name_unique"),
        sa.UniqueConstraint("kind", "slug", name="shelves_kind_slug_unique"),
    )
    op.create_table(
        "listings",
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("shelf", COUNTED, nullable=False),
        sa.Column("dated", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="listings_article_known"),
        sa.ForeignKeyConstraint(["shelf"], ["shelves.id"], name="listings_shelf_known"),
        sa.PrimaryKeyConstraint("article", "shelf", name="listings_key"),
    )
    op.create_index("listings_newest", "listings", ["shelf", "shown", "dated", "article"])
    op.create_table(
        "history",
        sa.Column("seq", COUNTED, nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="history_article_known"),
        sa.PrimaryKeyConstraint("seq", name="history_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("history_article", "history", ["article"])
    op.create_index("history_order", "history", ["document", "seq"])
    op.create_table(
        "sealed",
        sa.Column("document", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document", "name", name="sealed_key"),
    )
    op.create_table(
        "files",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("announce", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("path", name="files_key"),
    )
