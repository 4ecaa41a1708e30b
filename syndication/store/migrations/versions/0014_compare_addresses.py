"""Addresses compare by the lowercase of A-Z before the @ and no longer casefolded: `strauß@` is not `strauss@`.

Only rows beyond ASCII differ. No two of them can become equal: what differed casefolded differs still.
"""

import sqlalchemy as sa
from alembic import op

from syndication.domain.subscriber import mailbox, same_address

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Store again how the addresses beyond ASCII compare, and the mailboxes that they keep away."""
    connection = op.get_bind()
    beyond = "~ '[^ -~]'" if connection.dialect.name == "postgresql" else "GLOB '*[^ -~]*'"
    rows = connection.execute(sa.text(f"SELECT id, email, suppressed FROM subscribers WHERE email {beyond}"))  # noqa: S608
    change = sa.text("UPDATE subscribers SET canonical = :canonical, suppressed = :suppressed WHERE id = :id")
    for row in rows.all():
        suppressed = None if row.suppressed is None else mailbox(row.email)
        connection.execute(
            change, {"canonical": same_address(row.email), "suppressed": suppressed, "id": row.id}
        )
