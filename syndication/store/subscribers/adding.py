"""Adding subscribers: row by row where an address is on the list already, thousands in one statement where none is.

The time cannot fall below the database's own work for a new row with its two unique indexes. Python and the driver add little to it, and the rows that exist
are read only when a statement has added fewer rows than it was given.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import compress
from typing import Any, cast

from sqlalchemy import Connection, bindparam, func, insert, select, update

from syndication.domain.subscriber import Added, Consent, NewSubscriber, NewSubscribers, same_address
from syndication.store.columns import kept_text, microseconds
from syndication.store.repository import batched
from syndication.store.subscribers.suppression import kept_away
from syndication.store.tables.subscribers import subscribers

CHUNK = 1000  # rows changed at once
READ = 5_000  # rows read at once
STATEMENT = 2_000  # rows of one statement for SQLite: with 8 values each it uses half of the allowed variables (32,766)
_REFUSED = {
    Consent.UNSUBSCRIBED: Added.UNSUBSCRIBED,
    Consent.BOUNCED: Added.BOUNCED,
    Consent.COMPLAINED: Added.COMPLAINED,
}
_VALUES = ("email", "canonical", "domain", "key", "name", "language", "topics", "confirmed")
_EXISTING = "SELECT canonical, consent, name, language, topics FROM subscribers WHERE canonical"
_INTO = f"INSERT INTO subscribers ({', '.join(_VALUES)}, consent, created, proof)"


def add_many(
    connection: Connection,
    new: NewSubscribers,
    keys: Sequence[str],
    *,
    at: datetime,
    hashes: Callable[[str], Sequence[str]],
) -> list[Added]:
    """Add many rows and return what became of each, in order."""
    keys = sorted(keys)  # in order they fill their index from one end to the other
    addresses = [same_address(kept_text(email)) for email in new.emails]
    refused = _refused(connection, new.emails, addresses, hashes)
    c = subscribers.c
    before = connection.execute(select(func.max(c.id))).scalar() or 0
    ours = [address not in refused for address in addresses] if refused else None
    if _insert(connection, _columns(new, addresses, keys, ours), new.proof, at) == len(addresses):
        return [Added.ADDED] * len(addresses)
    fresh = set(connection.execute(select(c.canonical).where(c.id > before)).scalars())
    results: list[Added | None] = [None] * len(addresses)
    for index, address in enumerate(addresses):
        if address in refused:
            results[index] = refused[address]
        elif address in fresh:
            fresh.remove(address)
            results[index] = Added.ADDED
    rest = _remaining(connection, new, addresses, results)
    for some in batched(rest, CHUNK):
        unused = iter([keys[index] for index in some])
        found = add(connection, [new.row(index) for index in some], at, unused.__next__)
        for index, result in zip(some, found, strict=True):
            results[index] = result
    return cast("list[Added]", results)


def _remaining(
    connection: Connection, new: NewSubscribers, addresses: Sequence[str], results: list[Added | None]
) -> list[int]:
    """Fill in the `results` for which no row has to change; return the indexes of the others, in order."""
    rest = [index for index, result in enumerate(results) if result is None]
    existing: dict[str, tuple[str, str, str, str]] = {}
    changing: dict[str, list[int]] = {}
    for number, index in enumerate(rest):
        if number % READ == 0:
            some = rest[number : number + READ]
            existing = _existing(connection, [addresses[each] for each in some])
        address = addresses[index]
        consent, *stored = existing[address]
        given = (new.names[index], new.languages[index], " ".join(new.topics[index]))
        differs = any(word and word != old for word, old in zip(given, stored, strict=True))
        if (left := _REFUSED.get(Consent(consent))) is not None:
            results[index] = left
        elif consent == Consent.CONFIRMED and not differs and address not in changing:
            results[index] = Added.PRESENT
        else:
            changing.setdefault(address, []).append(index)
    return sorted(index for indexes in changing.values() for index in indexes)


def _existing(connection: Connection, addresses: list[str]) -> dict[str, tuple[str, str, str, str]]:
    """Return the stored consent, name, language and topics of each address."""
    found = (
        connection.exec_driver_sql(f"{_EXISTING} = ANY(%s)", (addresses,))
        if connection.dialect.name == "postgresql"
        else connection.exec_driver_sql(
            f"{_EXISTING} IN (SELECT value FROM json_each(?))",  # noqa: S608 - our own names
            (json.dumps(addresses),),
        )
    )
    return {address: (consent, name, language, topics) for address, consent, name, language, topics in found}


def _refused(
    connection: Connection,
    emails: Sequence[str],
    addresses: Sequence[str],
    hashes: Callable[[str], Sequence[str]],
) -> dict[str, Added]:
    """Return the suppressed addresses, and why. For a subscriber on the list who has ever answered, the stored consent counts instead."""
    away = kept_away(connection, emails, hashes)
    if not away:
        return {}
    why = {address: away[email] for email, address in zip(emails, addresses, strict=True) if email in away}
    for address, (consent, *_) in _existing(connection, list(why)).items():
        if consent != Consent.PENDING:
            del why[address]
    return why


def _columns(
    new: NewSubscribers, addresses: Sequence[str], keys: Sequence[str], ours: Sequence[bool] | None
) -> list[list[Any]]:
    """Return the values of each column in `_VALUES`."""
    columns: list[list[Any]] = [
        [kept_text(email) for email in new.emails],
        list(addresses),
        [address.rpartition("@")[2] for address in addresses],
        list(keys),
        [kept_text(name) for name in new.names],
        list(new.languages),
        [" ".join(topics) for topics in new.topics],
        [microseconds(time) for time in new.confirmed],
    ]
    return columns if ours is None else [list(compress(column, ours)) for column in columns]


def _insert(connection: Connection, columns: list[list[Any]], proof: str, at: datetime) -> int:
    """Insert the rows whose addresses are not on the list. Return how many."""
    facts = (Consent.CONFIRMED.value, microseconds(at), kept_text(proof))
    if connection.dialect.name == "postgresql":
        types = ("text",) * 7 + ("bigint",)
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        statement = (  # our own names alone
            f"{_INTO} SELECT rows.*, %s::text, %s::bigint, %s::text FROM unnest({arrays}) AS rows "  # noqa: S608
            "ON CONFLICT (canonical) DO NOTHING"
        )
        return connection.exec_driver_sql(statement, (*facts, *columns)).rowcount
    driver = cast("Any", connection.connection.driver_connection)
    added, number = 0, len(columns[0])
    for start in range(0, number, STATEMENT):
        rows = min(STATEMENT, number - start)
        values: list[Any] = [None] * (rows * len(columns))
        for index, column in enumerate(columns):
            values[index :: len(columns)] = column[start : start + rows]
        added += driver.execute(_sqlite(rows), (*facts, *values)).rowcount
    return added


def _sqlite(rows: int) -> str:
    """Return one statement for `rows` rows: with a statement for each, the sequence of the ids alone would cost as much as an index."""
    row = f"({', '.join('?' * len(_VALUES))})"
    named = ", ".join(f"column{number}" for number in range(1, len(_VALUES) + 1))
    return (
        f"{_INTO} SELECT {named}, ?1, ?2, ?3 FROM (VALUES {', '.join([row] * rows)}) WHERE true "  # noqa: S608
        "ON CONFLICT (canonical) DO NOTHING"
    )


def add(
    connection: Connection, rows: Sequence[NewSubscriber], at: datetime, key: Callable[[], str]
) -> Iterator[Added]:
    """Add at most a thousand rows, those of one address in order, and yield what became of each."""
    addresses = [same_address(row.email) for row in rows]
    c = subscribers.c
    known = select(c.canonical, c.consent).where(c.canonical.in_(set(addresses)))
    consents = {address: Consent(consent) for address, consent in connection.execute(known)}
    added: dict[str, dict[str, Any]] = {}
    changes: list[dict[str, Any]] = []
    for address, row in zip(addresses, rows, strict=True):
        consent = consents.get(address)
        if consent in _REFUSED:
            yield _REFUSED[consent]
        elif consent is not None:
            changes.append(_change(address, row))
            yield Added.PRESENT
        else:
            consents[address] = Consent.CONFIRMED if row.confirmed else Consent.PENDING
            added[address] = _row(address, row, at, key())
            yield Added.ADDED
    if added:
        connection.execute(insert(subscribers), list(added.values()))
    if changes:
        _replace_given(connection, changes)


def _row(address: str, row: NewSubscriber, at: datetime, key: str) -> dict[str, Any]:
    return {
        "email": row.email.strip(),
        "canonical": address,
        "domain": address.rpartition("@")[2],
        "key": key,
        "consent": Consent.CONFIRMED if row.confirmed else Consent.PENDING,
        "name": row.name,
        "language": row.language,
        "topics": row.topics,
        "created": at,
        "confirmed": row.confirmed,
        "proof": row.proof,
    }


def _change(address: str, row: NewSubscriber) -> dict[str, Any]:
    return {
        "of": address,
        "new_name": row.name,
        "new_language": row.language,
        "new_topics": row.topics,
        "new_confirmed": row.confirmed,
        "new_proof": row.proof,
    }


def _replace_given(connection: Connection, changes: list[dict[str, Any]]) -> None:
    """Replace the stored values by the given ones; a proof confirms only pending subscribers."""
    c = subscribers.c
    for column in ("name", "language", "topics"):
        given = [change for change in changes if change[f"new_{column}"]]
        if given:
            new = bindparam(f"new_{column}", type_=c[column].type)
            connection.execute(
                update(subscribers)
                .where(c.canonical == bindparam("of"), c[column] != new)
                .values({column: new}),
                [{name: change[name] for name in ("of", f"new_{column}")} for change in given],
            )
    confirmed = [change for change in changes if change["new_confirmed"]]
    if confirmed:
        connection.execute(
            update(subscribers)
            .where(c.canonical == bindparam("of"), c.consent == Consent.PENDING)
            .values(
                consent=Consent.CONFIRMED,
                confirmed=bindparam("new_confirmed", type_=c.confirmed.type),
                proof=bindparam("new_proof", type_=c.proof.type),
            ),
            [{name: change[name] for name in ("of", "new_confirmed", "new_proof")} for change in confirmed],
        )
