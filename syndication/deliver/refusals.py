"""Who was refused while we were sending: the rule for bounces that come back later, at once."""

import re

from syndication.domain.bounce import BounceFinding, Refusal, Rule, kind_of
from syndication.domain.delivery import Settled, Stage, State

__all__ = ["judged"]

_STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}(?!\d)")  # RFC 3463, at the beginning of a reply (RFC 2034)


def judged(settled: Settled, rule: Rule) -> Settled:
    """With what the server's words say about the subscriber, so that it is decided in the transaction that settles the row.

    A row that failed for another reason than a server's words stays as it is, and so does every row that has not failed.
    """
    reply = settled.reply
    if (
        settled.state is not State.FAILED
        or settled.stage not in {Stage.RCPT, Stage.DATA, Stage.DOT}
        or not reply.code
    ):
        return settled
    code = _STATUS.match(reply.text)
    status = code[0] if code else f"{reply.code // 100}.0.0"
    finding = BounceFinding(kind_of(status), status, f"{reply.code} {reply.text}")
    return settled._replace(refusal=Refusal(finding, rule))
