"""Whom no form and no import brings back. A complaint, a dead address and an erasure speak for a mailbox: `ann+1@` and `ann+2@` are Ann.

As long as a row is there, its column `suppressed` names the mailbox that it keeps away. Of who was erased a keyed hash of it is left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, collate, func, or_, select, update

from syndication.domain.subscriber import Added, Consent, mailbox
from syndication.store.tables.subscribers import erased, subscribers

__all__ = ["KeptAway", "complained", "keep_away", "kept_away", "what_keeps_away"]

Marks = Callable[[str], Sequence[str]]

_WEIGHT = (Added.BOUNCED, Added.ERASED, Added.COMPLAINED)  # the last counts before the others


@dataclass(frozen=True, slots=True)
class KeptAway:
    """Why an address that is not on the list stays away, and since when; `hashed` when nothing but a keyed hash of it is kept."""

    why: Added
    since: datetime
    hashed: bool


def keep_away(connection: Connection, subscriber: int, consent: Consent, at: datetime) -> list[int]:
    """Bounce a subscriber, or take a complaint, which ends the mail to every address of the mailbox. The ids of those others are returned.

    That `ann+1@` is a dead address says nothing of Ann: then only that one stays away.
    """
    c = subscribers.c
    email = connection.execute(_EMAIL, {"subscriber": subscriber}).scalar_one()
    home = mailbox(email)
    spoken_for = home if consent is Consent.COMPLAINED or email == home else None
    gone = {"subscriber": subscriber, "new_consent": consent, "new_left": at, "new_suppressed": spoken_for}
    connection.execute(_GONE, gone)
    if consent is not Consent.COMPLAINED:
        return []
    local, _, domain = home.rpartition("@")
    plain = collate(c.canonical, "C") if connection.dialect.name == "postgresql" else c.canonical
    tagged = and_(plain >= f"{local}+", plain < f"{local},")  # a comma comes after a plus
    found = select(c.id, c.canonical).where(
        or_(c.canonical == home, tagged), c.domain == domain, c.id != subscriber, c.consent != consent
    )
    others = [row.id for row in connection.execute(found) if mailbox(row.canonical) == home]
    for other in others:
        connection.execute(update(subscribers).where(c.id == other).values(consent=consent, left=at))
    return others


# Made once: a refusal while sending would pay for them as much as for what they do.
_EMAIL = select(subscribers.c.canonical).where(subscribers.c.id == bindparam("subscriber"))
_GONE = (
    update(subscribers)
    .where(subscribers.c.id == bindparam("subscriber"))
    .values(
        consent=bindparam("new_consent"), left=bindparam("new_left"), suppressed=bindparam("new_suppressed")
    )
)


def complained(connection: Connection, email: str, marks: Sequence[str]) -> bool:
    """Whether somebody of this mailbox has complained, also one who was erased since."""
    away = what_keeps_away(connection, email, marks)
    return away is not None and away.why is Added.COMPLAINED


def what_keeps_away(connection: Connection, email: str, marks: Sequence[str]) -> KeptAway | None:
    """By which of the mailbox's addresses this one is kept away; `marks` are its hashes."""
    c, e = subscribers.c, erased.c
    left = func.coalesce(c.left, c.created).label("since")
    rows = connection.execute(select(c.consent, left).where(c.suppressed == mailbox(email)))
    found = [KeptAway(Added(row.consent), row.since, hashed=False) for row in rows]
    rows = connection.execute(select(e.at, e.complained).where(e.mark.in_(marks)))
    found += [KeptAway(_why(row.complained), row.at, hashed=True) for row in rows]
    return max(found, key=lambda each: (_WEIGHT.index(each.why), each.since), default=None)


def kept_away(connection: Connection, emails: Sequence[str], marks: Marks) -> dict[str, Added]:
    """Of many addresses those that are kept away, and why. Nothing is computed for a list that nobody has left so."""
    c, e = subscribers.c, erased.c
    suppressed = select(c.suppressed, c.consent).where(c.suppressed.is_not(None)).order_by(c.consent)
    mailboxes = {row.suppressed: Added(row.consent) for row in connection.execute(suppressed)}
    hashes = {row.mark: _why(row.complained) for row in connection.execute(select(e.mark, e.complained))}
    if not mailboxes and not hashes:
        return {}
    away: dict[str, Added] = {}
    for email in emails:
        found = {hashes[mark] for mark in marks(email) if mark in hashes} if hashes else set()
        if (standing := mailboxes.get(mailbox(email))) is not None:
            found.add(standing)
        if found:
            away[email] = max(found, key=_WEIGHT.index)
    return away


def _why(complaint: bool) -> Added:  # noqa: FBT001 - a column
    return Added.COMPLAINED if complaint else Added.ERASED
