"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("due IS NOT NULL")
HELD = sa.text("batch IS NOT NULL")
DOUBTFUL = sa.text("unknowns > 0")


def upgrade() -> None:
    _collecting()
    _editions()
    _subscribers()
    _mailings()
    _deliveries()


def _collecting() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("etag", sa.Text(), server_default="", nullable=False),
        sa.Column("last_modified", sa.Text(), server_default="", nullable=False),
        sa.Column("collected", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="sources_key"),
    )
    op.create_table(
        "hot_lists",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=True),
        sa.Column("collected", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("source", "origin", name="hot_lists_key"),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("section", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        sa.Column("image", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("credit", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("dated", sa.BigInteger(), nullable=False),
        sa.Column("backlog", sa.Text(), server_default="", nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="articles_key"),
        sa.UniqueConstraint("slug", name="articles_slug_unique"),
    )
    op.create_index("articles_newest", "articles", ["dated", "id"])
    op.create_table(
        "article_keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="article_keys_article_known"),
        sa.PrimaryKeyConstraint("key", name="article_keys_key"),
    )
    op.create_index("article_keys_article", "article_keys", ["article"])


def _editions() -> None:
    op.create_table(
        "editions",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("page", sa.Text(), server_default="", nullable=False),
        sa.Column("frozen", sa.BigInteger(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="editions_key"),
    )
    op.create_table(
        "edition_articles",
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="edition_articles_article_known"),
        sa.ForeignKeyConstraint(["edition"], ["editions.key"], name="edition_articles_edition_known"),
        sa.PrimaryKeyConstraint("article", name="edition_articles_key"),
    )
    op.create_index("edition_articles_edition", "edition_articles", ["edition"])
    op.create_table(
        "hot_entries",
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("article", sa.Text(), server_default="", nullable=False),
        sa.Column("section", sa.Text(), server_default="", nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("trend", sa.Text(), nullable=True),
        sa.Column("places", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.key"], name="hot_entries_edition_known"),
        sa.PrimaryKeyConstraint("edition", "rank", name="hot_entries_key"),
    )


def _subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.Column("proof", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="subscribers_key"),
        sa.UniqueConstraint("canonical", name="subscribers_canonical_unique"),
        sa.UniqueConstraint("key", name="subscribers_key_unique"),
        sqlite_autoincrement=True,
    )


def _mailings() -> None:
    op.create_table(
        "mailings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("date", sa.BigInteger(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("planned", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.key"], name="mailings_edition_known"),
        sa.PrimaryKeyConstraint("id", name="mailings_key"),
    )
    op.create_index("mailings_edition", "mailings", ["edition"])
    op.create_table(
        "variants",
        sa.Column("mailing", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("preheader", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("common", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["mailing"], ["mailings.id"], name="variants_mailing_known"),
        sa.PrimaryKeyConstraint("mailing", "language", name="variants_key"),
    )
    op.create_table(
        "lanes",
        sa.Column("mailing", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["mailing"], ["mailings.id"], name="lanes_mailing_known"),
        sa.PrimaryKeyConstraint("mailing", "lane", name="lanes_key"),
    )
    op.create_table(
        "batches",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("mailing", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("lease", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mailing"], ["mailings.id"], name="batches_mailing_known"),
        sa.PrimaryKeyConstraint("id", name="batches_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("batches_mailing", "batches", ["mailing"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("mailing", sa.Text(), nullable=False),
        sa.Column("subscriber", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("token_key", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unknowns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("server", sa.Text(), server_default="", nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=True),
        sa.Column("dotted", sa.BigInteger(), nullable=True),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.Column("first_deferred", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state IN ('claimed', 'dotting')) = (batch IS NOT NULL)", name="deliveries_held"),
        sa.CheckConstraint("(state IN ('queued', 'deferred')) = (due IS NOT NULL)", name="deliveries_waits"),
        sa.ForeignKeyConstraint(["mailing"], ["mailings.id"], name="deliveries_mailing_known"),
        sa.PrimaryKeyConstraint("mailing", "subscriber", "serial", name="deliveries_key"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "deliveries_doubtful",
        "deliveries",
        ["mailing", "subscriber", "serial"],
        sqlite_where=DOUBTFUL,
        postgresql_where=DOUBTFUL,
    )
    op.create_index("deliveries_held", "deliveries", ["batch"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_index(
        "deliveries_waiting",
        "deliveries",
        ["mailing", "lane", "due", "subscriber", "serial"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
