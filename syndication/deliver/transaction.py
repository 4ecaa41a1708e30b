"""The value that a session answers with."""

from typing import NamedTuple

from syndication.domain.delivery import Outcome, Reply, Stage

__all__ = ["Transaction"]


class Transaction(NamedTuple):
    """What became of one message: outcome, how far it came, and the reply that decided it (code 0: no server said it)."""

    outcome: Outcome
    stage: Stage
    reply: Reply

    @property
    def policy_block(self) -> bool:
        """Whether the subscriber's server refused us, not the subscriber: 5.7.x (RFC 3463 §3.8) at the recipient or later."""
        late = self.stage in {Stage.RCPT, Stage.DATA, Stage.DOT}
        return self.outcome is Outcome.REFUSED and late and self.reply.text.startswith("5.7.")
