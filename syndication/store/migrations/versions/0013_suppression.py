"""The mailbox that a bounce or a complaint keeps away, whatever is written behind its plus."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

SUBSCRIBERS = sa.table("subscribers", sa.column("id"), sa.column("canonical"), sa.column("consent"))


def upgrade() -> None:
    op.add_column("subscribers", sa.Column("suppressed", sa.Text()))
    op.create_index(
        "subscribers_suppressed",
        "subscribers",
        ["suppressed"],
        sqlite_where=sa.text("suppressed IS NOT NULL"),
        postgresql_where=sa.text("suppressed IS NOT NULL"),
    )
    connection = op.get_bind()
    c = SUBSCRIBERS.c
    gone = sa.select(c.id, c.canonical, c.consent).where(c.consent.in_(("bounced", "complained")))
    change = sa.text("UPDATE subscribers SET suppressed = :mailbox WHERE id = :id")
    for reader, address, consent in connection.execute(gone).all():
        local, _, domain = address.rpartition("@")
        mailbox = f"{local.partition('+')[0] or local}@{domain}"
        if consent == "complained" or address == mailbox:
            connection.execute(change, {"mailbox": mailbox, "id": reader})
