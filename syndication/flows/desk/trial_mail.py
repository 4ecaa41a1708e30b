"""A test mail: one mail of an edition to an address of the editor's, through the configured server. It is not in the ledger."""

from dataclasses import dataclass, replace

from syndication.deliver.address import parse_address
from syndication.domain.delivery import Outcome, Recipient, Stage
from syndication.domain.frozen import Mailing
from syndication.domain.variant import language_for
from syndication.domain.week import WeekKey
from syndication.errors import IncompleteError, UsageError
from syndication.flows.app import App
from syndication.flows.collecting.collect import collect
from syndication.flows.edition.freeze import draft_edition
from syndication.flows.letters import sample

MARK = "[Test] "


@dataclass(frozen=True, slots=True)
class TrialMail:
    """A test mail that the server accepted with `reply`."""

    to: str
    subject: str
    reply: str


async def frozen_mailing(app: App, key: WeekKey) -> Mailing | None:
    """Return the digest of `key` as it was frozen; None before that."""
    edition = await app.store.editions.get(key)
    return await app.store.editions.mailing(edition.mailing) if edition else None


async def drafted_mailing(app: App, key: WeekKey) -> tuple[Mailing, tuple[str, ...]]:
    """Return the digest of `key` as a run would make it now, and warnings. `app` is a rehearsal's: its copy of the store keeps what is collected.

    Raises UsageError when the week has nothing new, and what collecting and rendering raise.
    """
    collected = await collect(app)
    drafted = await draft_edition(app, key)
    draft = drafted.require("Try another week with --week KEY.")
    return draft.mailing, collected.warnings + drafted.warnings


async def send_test(
    app: App, mailing: Mailing, address: str, *, subscriber: str = "", like: Recipient | None = None
) -> TrialMail:
    """Send one mail of `mailing` to `address`, as the subscriber with the address `subscriber`, or the recipient `like`, would get it.

    Its subject is marked, it has a new Message-ID, and its links belong to no subscriber: a click on one unsubscribes no subscriber.
    Raises UsageError for an invalid address, an unknown subscriber, or one who would get no mail; IncompleteError with the
    server's words when it refuses the mail.
    """
    app.signing.ready()
    trial = replace(
        mailing,
        id=f"test-{app.new_id()}.{mailing.id}",
        date=app.clock().replace(microsecond=0),
        variants=tuple(replace(each, subject=MARK + each.subject) for each in mailing.variants),
    )
    recipient = await _recipient(app, trial, address, subscriber, like)
    letters = app.letters.prove(trial)
    message = letters.message(recipient)
    if message is None:
        raise UsageError(
            f"{subscriber or 'This subscriber'} gets no mail: the edition has nothing of this subscriber's topics.",
            "Leave --subscriber out, or name another subscriber.",
        )
    async with app.open_pool() as pool:
        for server in pool.servers:
            async with pool.session(server) as slot:
                result = await slot.transact(letters.sender, recipient.email, message)
            if result.stage is not Stage.CONNECT:
                break
    reply = f"{result.reply.code or ''} {result.reply.text}".strip()
    if result.outcome is not Outcome.ACCEPTED:
        raise IncompleteError(
            f"The mail server did not take the test mail to {recipient.email}: {reply}.",
            "`syndicate doctor` checks the server.",
        )
    subject = next(each.subject for each in trial.variants if each.language == recipient.language)
    return TrialMail(recipient.email, subject, reply)


async def _recipient(
    app: App, mailing: Mailing, address: str, subscriber: str, like: Recipient | None
) -> Recipient:
    compiled = [variant.language for variant in mailing.variants]
    try:
        email = parse_address(address).email
    except ValueError as error:
        raise UsageError(
            f"A test mail cannot go to {address}: {error}.", "Write an address like you@example.com."
        ) from None
    trial = sample(app.keyring, compiled[0], email)
    if like:
        return trial._replace(name=like.name, language=like.language, topics=like.topics, since=like.since)
    if not subscriber:
        return trial
    known = await app.store.subscribers.get(subscriber)
    if known is None:
        raise UsageError(f"{subscriber} is not on the list.", "`syndicate subscribers list` shows who is.")
    return trial._replace(
        name=known.name,
        language=language_for(known.language, compiled),
        topics=known.topics,
        since=known.confirmed,
    )
