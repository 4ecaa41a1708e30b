"""The few protocols: where two shipped implementations exist, or a room needs another through a wall."""

from datetime import datetime
from typing import Protocol

from syndication.domain.delivery import Batch, Recipient, Settled
from syndication.domain.limits import Judge, Plan, Wait

__all__ = ["Ledger"]


class Ledger(Protocol):
    """The delivery rows. Every change is compare-and-set on the batch's token and the row's state: a row that was not won is
    somebody else's. A ledger that cannot be written raises StoreError, and then no mail goes out.
    """

    async def claim(
        self, mailing: str, owner: str, token: str, *, now: datetime, lease: float, plan: Plan
    ) -> Batch | Wait:
        """Lease for `lease` seconds what `plan` grants of the due rows, or say until when nothing may go. Subscribers who have left
        since the freeze are settled as failed at stage `consent`.
        """

    async def step(
        self, batch: Batch, done: Settled | None, mark: Recipient | None, *, now: datetime
    ) -> bool:
        """Settle a connection's last row and mark its next as dotting, durably, in one commit shared with the other connections,
        and with what follows for a subscriber whom the server refused. True when the mark was won: only then may the body be written.
        """

    async def finish(self, batch: Batch, judge: Judge | None = None) -> None:
        """Give back what is still claimed, and keep what `judge` makes of the lane's and the server's meters."""

    async def recover(self, mailing: str, *, now: datetime, dead: str, resend: bool) -> int:
        """Take over from dead owners: claimed rows are queued again, and dotting rows too with `resend`, else they become unknown.
        The caller holds the mailing's lock and knows that the owner `dead` is, and all below it; another's lease must have run out.
        Returns how many rows were left in doubt.
        """
