"""Who was refused while we were sending: the rule for bounces that come back later, at once."""

import re
from collections.abc import Sequence
from datetime import datetime

from syndication.domain.bounce import Finding, Happened, kind_of
from syndication.domain.delivery import Recipient, Settled, Stage, State
from syndication.flows.app import App

__all__ = ["refused"]

_STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}(?!\d)")  # RFC 3463, at the beginning of a reply (RFC 2034)


async def refused(app: App, sent: datetime, rows: Sequence[tuple[Recipient, Settled]]) -> None:
    """Decide about the readers whose rows of the mailing of `sent` have failed by a server's words. Raises StoreError."""
    happened = [
        Happened(key=row.key, sent=sent, finding=found, source="smtp")
        for row, settled in rows
        if (found := _of_reply(settled)) is not None
    ]
    if happened:
        await app.store.bounces.record(happened, app.bounces.rule, now=app.clock())


def _of_reply(settled: Settled) -> Finding | None:
    """None for a row that failed for another reason than a server's words about the reader."""
    reply = settled.reply
    if (
        settled.state is not State.FAILED
        or settled.stage not in {Stage.RCPT, Stage.DATA, Stage.DOT}
        or not reply.code
    ):
        return None
    code = _STATUS.match(reply.text)
    status = code[0] if code else f"{reply.code // 100}.0.0"
    return Finding(kind_of(status), status, f"{reply.code} {reply.text}")
