"""The suppression list: mailboxes that no import and no `add` may subscribe again; after a complaint, the sign-up form neither.

A complaint, a dead address and an erasure count for the whole mailbox: `ann+1@` and `ann+2@` are both Ann's. The column `suppressed` of a
subscriber's row names the mailbox that it keeps away. Of an erased subscriber only a keyed hash of the mailbox remains.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, collate, func, or_, select, update

from syndication.domain.subscriber import Added, Consent, mailbox
from syndication.store.tables.subscribers import erased, subscribers

Hashes = Callable[[str], Sequence[str]]

_WEIGHT = (Added.BOUNCED, Added.ERASED, Added.COMPLAINED)  # the last outweighs the others


@dataclass(frozen=True, slots=True)
class KeptAway:
    """Why an address is suppressed, and since when; `hashed` when only its keyed hash is stored."""

    why: Added
    since: datetime
    hashed: bool


def keep_away(connection: Connection, subscriber: int, consent: Consent, at: datetime) -> list[int]:
    """Suppress a subscriber who bounced or complained. A complaint suppresses every address of the mailbox: return the ids of the others.

    A dead `ann+1@` says nothing about Ann's other addresses: then only that one is suppressed.
    """
    c = subscribers.c
    email = connection.execute(_EMAIL, {"subscriber": subscriber}).scalar_one()
    home = mailbox(email)
    suppressed = home if consent is Consent.COMPLAINED or email == home else None
    gone = {"subscriber": subscriber, "new_consent": consent, "new_left": at, "new_suppressed": suppressed}
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


# Built once: for a refusal while sending, building them would cost as much as running them.
_EMAIL = select(subscribers.c.canonical).where(subscribers.c.id == bindparam("subscriber"))
_GONE = (
    update(subscribers)
    .where(subscribers.c.id == bindparam("subscriber"))
    .values(
        consent=bindparam("new_consent"), left=bindparam("new_left"), suppressed=bindparam("new_suppressed")
    )
)


def complained(connection: Connection, email: str, hashes: Sequence[str]) -> bool:
    """Return whether an address of this mailbox has complained, even one that was erased since."""
    away = what_keeps_away(connection, email, hashes)
    return away is not None and away.why is Added.COMPLAINED


def what_keeps_away(connection: Connection, email: str, hashes: Sequence[str]) -> KeptAway | None:
    """Return why an address is suppressed, itself or by another of its mailbox; `hashes` are its keyed hashes."""
    c, e = subscribers.c, erased.c
    left = func.coalesce(c.left, c.created).label("since")
    rows = connection.execute(select(c.consent, left).where(c.suppressed == mailbox(email)))
    found = [KeptAway(Added(row.consent), row.since, hashed=False) for row in rows]
    rows = connection.execute(select(e.at, e.complained).where(e.mark.in_(hashes)))
    found += [KeptAway(_why(row.complained), row.at, hashed=True) for row in rows]
    return max(found, key=lambda each: (_WEIGHT.index(each.why), each.since), default=None)


def kept_away(connection: Connection, emails: Sequence[str], hashes: Hashes) -> dict[str, Added]:
    """Return the suppressed ones of many addresses, and why. No hash is computed when the suppression list is empty."""
    c, e = subscribers.c, erased.c
    suppressed = select(c.suppressed, c.consent).where(c.suppressed.is_not(None)).order_by(c.consent)
    mailboxes = {row.suppressed: Added(row.consent) for row in connection.execute(suppressed)}
    erasures = {row.mark: _why(row.complained) for row in connection.execute(select(e.mark, e.complained))}
    if not mailboxes and not erasures:
        return {}
    away: dict[str, Added] = {}
    for email in emails:
        found = {erasures[each] for each in hashes(email) if each in erasures} if erasures else set()
        if (why := mailboxes.get(mailbox(email))) is not None:
            found.add(why)
        if found:
            away[email] = max(found, key=_WEIGHT.index)
    return away


def _why(complaint: bool) -> Added:  # noqa: FBT001 - a column
    return Added.COMPLAINED if complaint else Added.ERASED
