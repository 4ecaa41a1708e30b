"""The value that a session answers with."""

from dataclasses import dataclass

from syndication.domain.delivery import Outcome, Reply, Stage

__all__ = ["Transaction"]


@dataclass(frozen=True, slots=True)
class Transaction:
    """What became of one message: outcome, how far it came, and the reply that decided it (code 0: no server said it)."""

    outcome: Outcome
    stage: Stage
    reply: Reply
