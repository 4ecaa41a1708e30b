"""A proof: the mails of an edition, as they are frozen or as a run would make them now, and one subscriber's copy. Nothing is changed."""

from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from syndication.domain.article import Article
from syndication.domain.delivery import Recipient
from syndication.domain.frozen import FrozenEdition, Mailing
from syndication.domain.hotlist import HotEntry
from syndication.domain.subscriber import Consent
from syndication.domain.variant import Variant, language_for
from syndication.domain.week import WeekKey
from syndication.errors import CollectError, UsageError
from syndication.flows.app import App
from syndication.flows.collecting.collect import collect
from syndication.flows.edition.freeze import draft_edition, edition_of, render_mails
from syndication.flows.letters import MailingLetters, sample

LONG_NAME = "Maximiliana Alexandrina von Hohenstein-Oldenburg und zu Rosenberg-Wertheim"


RIGHT_TO_LEFT_NAME = "نور الهدى بنت عبد الله"


@dataclass(frozen=True, slots=True)
class Sample:
    """`id` is short, for addresses and file names; `label` is for people."""

    id: str
    label: str
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class EditionChoice:
    """An edition that can be previewed."""

    key: WeekKey
    number: int | None = None  # of a frozen edition
    ahead: bool = False  # its week has not ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An edition to look at. `frozen` is None for a draft. With `current_templates` a frozen one was rendered with the current templates: that is not sent."""

    key: WeekKey
    number: int
    mailing: Mailing
    letters: MailingLetters
    articles: tuple[Article, ...]  # lead first
    hot: tuple[HotEntry, ...]
    frozen: FrozenEdition | None = None
    current_templates: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def main(self) -> Variant:
        """The variant in the publication's language."""
        return self.mailing.variants[0]

    def copy(self, recipient: Recipient) -> "Copy | None":
        """Return the recipient's copy, None when nothing in it is among the recipient's topics. Raises UsageError when it cannot be made."""
        try:
            message = self.letters.message(recipient)
        except ValueError as error:
            raise UsageError(
                f"The mail to {recipient.email} cannot be made: {error}.", "Correct the address."
            ) from error
        return Copy.of(message, self.letters.variants[recipient.language][0]) if message else None


@dataclass(frozen=True, slots=True)
class Copy:
    """One subscriber's mail: its bytes as sent, and what a mail program reads in them."""

    message: bytes
    headers: tuple[tuple[str, str], ...]  # decoded
    html: str
    text: str
    preheader: str
    trimmed: str

    @classmethod
    def of(cls, message: bytes, variant: Variant) -> "Copy":
        """Parse a message that `deliver` made: two parts, text and HTML."""
        opened = message_from_bytes(message, EmailMessage, policy=default)
        html, text = opened.get_body(("html",)), opened.get_body(("plain",))
        assert html
        assert text
        headers = tuple((name, str(value)) for name, value in opened.items())
        return cls(
            message,
            headers,
            html.get_content().replace("\r\n", "\n"),
            text.get_content().replace("\r\n", "\n"),
            variant.preheader,
            variant.trimmed,
        )

    @property
    def subject(self) -> str:
        """The subject as an inbox shows it."""
        return self.header("subject")

    def header(self, name: str) -> str:
        """Return the first header of that name, empty without one."""
        return next((value for found, value in self.headers if found.lower() == name), "")


async def choices(app: App, shown: WeekKey) -> tuple[EditionChoice, ...]:
    """Return the editions to choose from, latest first: the coming one, the one a run would make now, frozen ones, and the one `shown`."""
    lines = await app.store.editions.lines()
    latest = app.edition.cutoff.latest(app.clock())
    frozen = {line.key for line in lines}
    drafts = {latest.shifted(1), latest, shown} - frozen
    found = [EditionChoice(line.key, line.number) for line in lines]
    found += [EditionChoice(key, ahead=key > latest) for key in drafts]
    return tuple(sorted(found, key=lambda each: each.key, reverse=True))


async def gather(app: App) -> tuple[str, ...]:
    """Collect for a draft and return the warnings. Without a network the draft is made of what the store has."""
    try:
        return (await collect(app)).warnings
    except CollectError as error:
        return (str(error), "This draft is made of what was collected before.")


async def proof_of(app: App, key: WeekKey, *, current_templates: bool = False) -> Proof:
    """Return the edition `key` as frozen, or with `current_templates` rendered with the current templates; a draft when it is not frozen.

    Raises UsageError when the week has nothing new, TemplateError and SettingsError for what a run would refuse.
    """
    frozen = await app.store.editions.get(key)
    if frozen is None:
        return await _draft(app, key)
    found = await app.store.articles.get(frozen.articles)
    articles = tuple(found[each] for each in frozen.articles if each in found)
    if current_templates:
        newest = sorted(
            sorted(articles, key=lambda each: each.title), key=lambda each: each.dated, reverse=True
        )
        edition = await edition_of(app, key, frozen.number, newest, frozen.hot)
        draft = render_mails(app, edition, frozen.date, frozen.mailing)
        mailing, letters = draft.mailing, draft.letters
    else:
        mailing = await app.store.editions.mailing(frozen.mailing)
        letters = await app.letters.of(frozen.mailing)
    return Proof(
        key=key,
        number=frozen.number,
        mailing=mailing,
        letters=letters,
        articles=articles,
        hot=frozen.hot,
        frozen=frozen,
        current_templates=current_templates,
    )


async def _draft(app: App, key: WeekKey) -> Proof:
    drafted = await draft_edition(app, key)
    draft = drafted.require("Look at another edition, or collect again.")
    return Proof(
        key=key,
        number=draft.edition.number,
        mailing=draft.mailing,
        letters=draft.letters,
        articles=draft.edition.articles,
        hot=draft.edition.hot,
        warnings=drafted.warnings,
    )


async def subscriber_of(app: App, proof: Proof, email: str) -> Recipient:
    """Return the row of a subscriber as planned at the freeze, or as it would be now. Raises UsageError for one who gets no mail."""
    found = await app.store.subscribers.get(email)
    if found is None:
        raise UsageError(f"{email} is not on the list.", "Choose another subscriber.")
    if proof.frozen:
        row = await app.store.ledger.recipient(proof.mailing.id, found.id)
        if row is None:
            raise UsageError(
                f"{email} was not on the list when {proof.key} was frozen, and does not get it.",
                "Choose another subscriber.",
            )
        return row
    if found.consent is not Consent.CONFIRMED:
        raise UsageError(f"{email} is {found.consent}, and gets no mail.", "Choose another subscriber.")
    return Recipient(
        subscriber=found.id,
        serial=0,
        email=found.email,
        name=found.name,
        language=language_for(found.language, [each.language for each in proof.mailing.variants]),
        topics=found.topics,
        key=found.key,
        token_key=app.keyring.signer,
        since=found.confirmed,
    )


def with_theme_of_now(app: App) -> App:
    """Return the app with the theme's files as they are now. Raises TemplateError for a theme that is gone."""
    renderer = app.renderer.afresh()
    return replace(app, build_renderer=lambda: renderer)


def samples(app: App, proof: Proof, *, languages: bool = True) -> tuple[Sample, ...]:
    """Return sample recipients: no name, long and right-to-left names, each other language (if `languages`), and choices of topics."""
    plain = sample(app.keyring, proof.main.language)
    named = plain._replace(name="Ann Lee", since=proof.mailing.date - timedelta(days=400))
    others = [each.language for each in proof.mailing.variants[1:] if languages]
    topics = proof.main.topics
    return (
        Sample("no-name", "No name", plain),
        Sample("long-name", "A very long name", named._replace(name=LONG_NAME)),
        Sample("right-to-left", "A right-to-left name", named._replace(name=RIGHT_TO_LEFT_NAME)),
        *(Sample(f"in-{each}", f"Reads {each}", named._replace(language=each)) for each in others),
        *(
            Sample(f"only-{each}", f"Chose {each} alone", named._replace(topics=(each,)))
            for each in topics[:2]
        ),
        Sample("no-topic", "Chose topics of other weeks", named._replace(topics=(".",))),
    )
