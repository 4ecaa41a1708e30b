"""An SMTP transaction: where a reply leads at each stage, and the value that a session answers with."""

from collections.abc import Mapping
from typing import NamedTuple

from syndication.domain.delivery import Outcome, Reply, Stage

NO_REPLY = 0  # the code of a Reply that did not come from a server: its text tells what happened
CLOSING = 421  # RFC 5321 §3.8: may answer anything, or nothing
DONE, GO_ON, TRY_LATER, REFUSED = 2, 3, 4, 5  # the first digit of a code, RFC 5321 §4.2.1
COMMANDS = (Stage.MAIL, Stage.RCPT, Stage.DATA)  # one each, before the message itself
_REFUSALS = {TRY_LATER: Outcome.TRY_LATER, REFUSED: Outcome.REFUSED}
# From each stage, by the first digit of the reply: the next stage, or the outcome. Any other reply ends the connection.
NEXT: Mapping[Stage, Mapping[int, Stage | Outcome]] = {
    Stage.MAIL: {DONE: Stage.RCPT, **_REFUSALS},
    Stage.RCPT: {DONE: Stage.DATA, **_REFUSALS},
    Stage.DATA: {GO_ON: Stage.DOT, **_REFUSALS},
    Stage.DOT: {DONE: Outcome.ACCEPTED, **_REFUSALS},  # any 2yz, 251 too
}


class Transaction(NamedTuple):
    """The result for one message: the outcome, how far it got, and the reply that decided it (code 0: not from a server)."""

    outcome: Outcome
    stage: Stage
    reply: Reply

    @property
    def policy_block(self) -> bool:
        """Whether the server refused us rather than the subscriber: 5.7.x (RFC 3463 §3.8) at the recipient or later."""
        late = self.stage in {Stage.RCPT, Stage.DATA, Stage.DOT}
        return self.outcome is Outcome.REFUSED and late and self.reply.text.startswith("5.7.")


def after(stage: Stage, reply: Reply) -> Stage | Outcome | None:
    """Return where `reply` leads from `stage`; None if it does not belong there."""
    return NEXT[stage].get(reply.code // 100)


def ended(stage: Stage, reply: Reply | None) -> Transaction:
    """Return the result of a transaction whose connection ended at `stage`: after the dot the outcome is unknown (RFC 1047)."""
    outcome = Outcome.UNKNOWN if stage is Stage.DOT else Outcome.NOT_SENT
    return Transaction(outcome, stage, reply or Reply(NO_REPLY, "the connection ended"))


def refuses(reply: Reply) -> bool:
    """Return whether a reply is 4yz or 5yz."""
    return reply.code // 100 in _REFUSALS
