"""The schema of the first release: every table, with its constraints and indexes.

Thirteen earlier steps, none of them released, became this file. It keeps the number of the last one, so that a store made by any of the
commits that had it opens unchanged. Constraints are named here, not by the live tables' naming convention.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = None

# An integer key that SQLite counts up by itself is an INTEGER there.
COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _collecting()
    _editions()
    _subscribers()
    _mailings()
    _deliveries()
    _publishing()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _text_or_empty(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _time(name: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _foreign_key(
    table: str, column: str, target: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"{table}_{column}_known", ondelete=ondelete)


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _collecting() -> None:
    op.create_table(
        "sources",
        _text("name"),
        _text_or_empty("location"),
        _text_or_empty("etag"),
        _text_or_empty("last_modified"),
        _time("collected"),
        _number("count"),
        _time("failed"),
        _number("failures"),
        _text_or_empty("error"),
        _flag("retired"),
        sa.Column("took", sa.Double(), server_default="0", nullable=False),
        _number("usual"),
        _time("failing_since"),
        sa.PrimaryKeyConstraint("name", name="sources_key"),
    )
    op.create_table(
        "hot_lists",
        _text("source"),
        _text("origin"),
        _number("position"),
        _time("published"),
        _time("collected", nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("source", "origin", name="hot_lists_key"),
    )
    op.create_table(
        "pages",
        _text("source"),
        _text("url"),
        _text("listed_by"),
        _text("stamp"),
        _text("etag"),
        _text("last_modified"),
        _time("read"),
        _time("published"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _flag("is_list"),
        sa.PrimaryKeyConstraint("source", "url", name="pages_key"),
    )
    op.create_table(
        "articles",
        _text("id"),
        _text("source"),
        _text_or_empty("url"),
        sa.Column("slug", sa.Text()),
        _text_or_empty("title"),
        sa.Column("authors", sa.JSON(), nullable=False),
        _time("published"),
        _time("updated"),
        _text_or_empty("section"),
        _text_or_empty("summary"),
        _text_or_empty("content"),
        sa.Column("image", sa.JSON()),
        _text_or_empty("credit"),
        sa.Column("tags", sa.JSON(), nullable=False),
        _text_or_empty("language"),
        _time("first_seen", nullable=False),
        _time("changed", nullable=False),
        _time("dated", nullable=False),
        _text_or_empty("backlog"),
        _time("withdrawn"),
        _text("hash"),
        _text_or_empty("reason"),
        sa.PrimaryKeyConstraint("id", name="articles_key"),
        sa.UniqueConstraint("slug", name="articles_slug_unique"),
    )
    op.create_index("articles_newest", "articles", ["dated", "id"])
    _partial_index("articles_withdrawn", "articles", ["withdrawn"], "withdrawn IS NOT NULL")
    op.create_table(
        "article_keys",
        _text("key"),
        _text("article"),
        _number("position"),
        _foreign_key("article_keys", "article", "articles.id"),
        sa.PrimaryKeyConstraint("key", name="article_keys_key"),
    )
    op.create_index("article_keys_article", "article_keys", ["article"])


def _editions() -> None:
    op.create_table(
        "editions",
        _text("key"),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("day"),
        _text_or_empty("subject"),
        _text_or_empty("note"),
        _text_or_empty("page"),
        _time("frozen", nullable=False),
        _time("published"),
        sa.PrimaryKeyConstraint("key", name="editions_key"),
    )
    op.create_table(
        "edition_articles",
        _text("article"),
        _text("edition"),
        _number("position"),
        _foreign_key("edition_articles", "article", "articles.id"),
        _foreign_key("edition_articles", "edition", "editions.key"),
        sa.PrimaryKeyConstraint("article", name="edition_articles_key"),
    )
    op.create_index("edition_articles_edition", "edition_articles", ["edition"])
    op.create_table(
        "hot_entries",
        _text("edition"),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        _text_or_empty("title"),
        _text_or_empty("url"),
        _text_or_empty("article"),
        _text_or_empty("section"),
        sa.Column("score", sa.Double()),
        sa.Column("trend", sa.Text()),
        _number("places"),
        _foreign_key("hot_entries", "edition", "editions.key"),
        sa.PrimaryKeyConstraint("edition", "rank", name="hot_entries_key"),
    )
    op.create_table(
        "hot_accounts",
        _text("edition"),
        sa.Column("account", sa.JSON(), nullable=False),
        _foreign_key("hot_accounts", "edition", "editions.key"),
        sa.PrimaryKeyConstraint("edition", name="hot_accounts_key"),
    )
    op.create_table(
        "notes",
        _text("edition"),
        _text_or_empty("note"),
        sa.PrimaryKeyConstraint("edition", name="notes_key"),
    )


def _subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", COUNTED, nullable=False),
        _text("email"),
        _text("canonical"),
        _text("domain"),
        _text("key"),
        _text("consent"),
        _text_or_empty("name"),
        _text_or_empty("language"),
        _text("topics"),
        _time("created", nullable=False),
        _time("confirmed"),
        _time("left"),
        _text_or_empty("proof"),
        _time("paused"),
        sa.Column("suppressed", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="subscribers_key"),
        sa.UniqueConstraint("canonical", name="subscribers_canonical_unique"),
        sa.UniqueConstraint("key", name="subscribers_key_unique"),
        sqlite_autoincrement=True,
    )
    _partial_index("subscribers_suppressed", "subscribers", ["suppressed"], "suppressed IS NOT NULL")
    op.create_table(
        "requests",
        sa.Column("id", COUNTED, nullable=False),
        _time("at", nullable=False),
        _text("reader"),
        _text("network"),
        sa.PrimaryKeyConstraint("id", name="requests_key"),
    )
    op.create_index("requests_at", "requests", ["at"])
    op.create_index("requests_by_reader", "requests", ["reader", "at"])
    op.create_index("requests_by_network", "requests", ["network", "at"])
    op.create_table(
        "erased",
        _text("mark"),
        _time("at", nullable=False),
        sa.Column("complained", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="erased_key"),
    )
    op.create_table(
        "bounces",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("subscriber", COUNTED, nullable=False),
        _time("sent", nullable=False),
        _text("kind"),
        _time("at", nullable=False),
        _text("status"),
        _text("words"),
        _text("source"),
        sa.Column("score", sa.Double(), nullable=False),
        _text("why"),
        _foreign_key("bounces", "subscriber", "subscribers.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="bounces_key"),
        sa.UniqueConstraint("subscriber", "sent", "kind", name="bounces_subscriber_sent_kind_unique"),
    )
    op.create_table(
        "intake",
        _text("digest"),
        _time("at", nullable=False),
        _text("result"),
        sa.PrimaryKeyConstraint("digest", name="intake_key"),
    )
    op.create_index("intake_at", "intake", ["at"])


def _mailings() -> None:
    op.create_table(
        "mailings",
        _text("id"),
        _text("kind"),
        sa.Column("edition", sa.Text()),
        _time("date", nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        _number("planned"),
        _time("approved"),
        _time("held"),
        _foreign_key("mailings", "edition", "editions.key"),
        sa.PrimaryKeyConstraint("id", name="mailings_key"),
    )
    op.create_index("mailings_edition", "mailings", ["edition"])
    op.create_table(
        "variants",
        _text("mailing"),
        _text("language"),
        _number("position"),
        _text_or_empty("subject"),
        _text_or_empty("preheader"),
        _text_or_empty("html"),
        _text_or_empty("text"),
        _text("topics"),
        _flag("common"),
        _foreign_key("variants", "mailing", "mailings.id"),
        sa.PrimaryKeyConstraint("mailing", "language", name="variants_key"),
    )
    op.create_table(
        "lanes",
        _text("mailing"),
        _text("lane"),
        _number("turn"),
        _foreign_key("lanes", "mailing", "mailings.id"),
        sa.PrimaryKeyConstraint("mailing", "lane", name="lanes_key"),
    )
    op.create_table(
        "meters",
        _text("name"),
        sa.Column("tokens", sa.Double(), nullable=False),
        _time("at"),
        _time("day"),
        _number("used"),
        _number("days"),
        sa.Column("credit", sa.Double(), nullable=False),
        _number("cap"),
        _time("capped"),
        _number("troubles"),
        _time("not_before"),
        _text_or_empty("words"),
        _text("refused"),
        sa.PrimaryKeyConstraint("name", name="meters_key"),
    )
    op.create_table(
        "batches",
        sa.Column("id", COUNTED, nullable=False),
        _text("mailing"),
        _text("lane"),
        _text("owner"),
        _text("token"),
        sa.Column("lease", sa.BigInteger(), nullable=False),
        _time("lease_until", nullable=False),
        _text_or_empty("server"),
        _number("connections"),
        _foreign_key("batches", "mailing", "mailings.id"),
        sa.PrimaryKeyConstraint("id", name="batches_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("batches_mailing", "batches", ["mailing"])
    op.create_table(
        "tallies",
        _text("mailing"),
        _text("state"),
        _number("count"),
        _number("for_us"),
        _number("doubtful"),
        _foreign_key("tallies", "mailing", "mailings.id"),
        sa.PrimaryKeyConstraint("mailing", "state", name="tallies_key"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _text("mailing"),
        sa.Column("subscriber", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        _text("email"),
        _text_or_empty("name"),
        _text_or_empty("language"),
        _text("topics"),
        _text("key"),
        _text("token_key"),
        _time("since"),
        _text("lane"),
        _text("state"),
        _time("due"),
        sa.Column("batch", sa.BigInteger()),
        _number("attempts"),
        _number("unknowns"),
        _text_or_empty("stage"),
        _number("code"),
        _text_or_empty("reply"),
        _text_or_empty("server"),
        _time("claimed"),
        _time("dotted"),
        _time("settled"),
        _time("first_deferred"),
        # The table's name stands twice in these two, because the naming convention was once applied on top.
        sa.CheckConstraint(
            "(state IN ('claimed', 'dotting')) = (batch IS NOT NULL)", name="deliveries_deliveries_held"
        ),
        sa.CheckConstraint(
            "(state IN ('queued', 'deferred')) = (due IS NOT NULL)", name="deliveries_deliveries_waits"
        ),
        _foreign_key("deliveries", "mailing", "mailings.id"),
        sa.PrimaryKeyConstraint("mailing", "subscriber", "serial", name="deliveries_key"),
        sqlite_with_rowid=False,
    )
    key = ["mailing", "subscriber", "serial"]
    _partial_index("deliveries_doubtful", "deliveries", key, "unknowns > 0")
    _partial_index("deliveries_held", "deliveries", ["batch"], "batch IS NOT NULL")
    waiting = ["mailing", "lane", "due", "subscriber", "serial"]
    _partial_index("deliveries_waiting", "deliveries", waiting, "due IS NOT NULL")


def _publishing() -> None:
    op.create_table(
        "due_articles",
        _text("article"),
        _time("due", nullable=False),
        _time("dated", nullable=False),
        _foreign_key("due_articles", "article", "articles.id"),
        sa.PrimaryKeyConstraint("article", name="due_articles_key"),
    )
    op.create_index("due_articles_order", "due_articles", ["dated", "article"])
    op.create_table(
        "shelves",
        sa.Column("id", COUNTED, nullable=False),
        _text("kind"),
        _text("name"),
        _text("slug"),
        _text("title"),
        sa.Column("count", sa.Integer(), nullable=False),
        _flag("open"),
        _flag("stale"),
        sa.PrimaryKeyConstraint("id", name="shelves_key"),
        sa.UniqueConstraint("kind", "name", name="shelves_kind_name_unique"),
        sa.UniqueConstraint("kind", "slug", name="shelves_kind_slug_unique"),
    )
    op.create_table(
        "listings",
        _text("article"),
        sa.Column("shelf", COUNTED, nullable=False),
        _time("dated", nullable=False),
        _flag("shown"),
        _foreign_key("listings", "article", "articles.id"),
        _foreign_key("listings", "shelf", "shelves.id"),
        sa.PrimaryKeyConstraint("article", "shelf", name="listings_key"),
    )
    op.create_index("listings_newest", "listings", ["shelf", "shown", "dated", "article"])
    op.create_table(
        "items",
        _text("article"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _foreign_key("items", "article", "articles.id"),
        sa.PrimaryKeyConstraint("article", name="items_key"),
    )
    op.create_table(
        "history",
        sa.Column("seq", COUNTED, nullable=False),
        _text("article"),
        _text("state"),
        sa.Column("document", sa.Integer()),
        _foreign_key("history", "article", "articles.id"),
        sa.PrimaryKeyConstraint("seq", name="history_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("history_article", "history", ["article"])
    op.create_index("history_order", "history", ["document", "seq"])
    op.create_table(
        "sealed",
        sa.Column("document", sa.Integer(), autoincrement=False, nullable=False),
        _text("name"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document", "name", name="sealed_key"),
    )
    op.create_table(
        "files",
        _text("path"),
        _text("kind"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        _text("hash"),
        _flag("wanted"),
        _flag("announce"),
        sa.PrimaryKeyConstraint("path", name="files_key"),
    )
    op.create_table(
        "built",
        _text("facts"),
        _text_or_empty("theme"),
        sa.PrimaryKeyConstraint("facts", name="built_key"),
    )
