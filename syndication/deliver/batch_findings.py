"""What a batch shows about its lane and its server, transaction by transaction."""

from dataclasses import dataclass

from syndication.deliver.lanes import OTHER
from syndication.deliver.transaction import CLOSING, Transaction
from syndication.domain.delivery import Outcome, Reply

LOSSES = 2  # connections that broke in a row without an accepted mail between; one may be chance
DOMAINS = 3  # of the lane `other` that refuse us in a row before it stops: one company's gateway must not stop all the others


@dataclass(slots=True)
class Findings:
    """Collected while a batch is sent; `syndication.deliver.throttle` draws the conclusions when it ends."""

    lane: str
    accepted: bool = False  # whether any mail was accepted
    lost: int = 0  # connections that broke during a mail since the last accepted one
    trouble: Reply | None = None  # the server's: no connection is made again within this batch
    refused: tuple[str, ...] = ()  # domains whose server refused us by policy since the last accepted mail
    refusal: Reply | None = None  # the last of them
    blocked: Reply | None = None  # the lane takes no more mail

    def unreachable(self, reply: Reply) -> None:
        """Note that no connection could be made."""
        self.trouble = reply

    def learn(self, transaction: Transaction, email: str) -> None:
        """Note how the mail to this address ended. A 421 is trouble at any stage."""
        if transaction.outcome is Outcome.ACCEPTED:
            self.accepted, self.refused, self.lost = True, (), 0
        elif transaction.policy_block:
            domain = email.rpartition("@")[2].lower()
            self.refused = tuple(dict.fromkeys((*self.refused, domain)))
            self.refusal = transaction.reply
            if self.lane != OTHER or len(self.refused) >= DOMAINS:
                self.blocked = transaction.reply
        else:
            self.lost += transaction.outcome in {Outcome.NOT_SENT, Outcome.UNKNOWN}
            if transaction.reply.code == CLOSING or self.lost >= LOSSES:
                self.trouble = transaction.reply
