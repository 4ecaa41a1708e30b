"""The compiled letters of a mailing: headers and parts with slots for each recipient's values, compiled once in each process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syndication.deliver.address import ascii_url
from syndication.deliver.message import CompiledLetter, UnsignedMessage, compile_letter
from syndication.domain.delivery import MailingKind, Recipient
from syndication.domain.return_path import ReturnPath
from syndication.domain.tokens import Keyring, Purpose
from syndication.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syndication.domain.frozen import Mailing
    from syndication.domain.variant import Variant
    from syndication.flows.signing import Signing
    from syndication.render.renderer import Renderer
    from syndication.store.database import Store


@dataclass(frozen=True, slots=True)
class MailingLetters:
    """One mailing's letters by language. A message depends only on what was frozen: a resend is byte-identical."""

    sender: str  # the address of From
    return_path: ReturnPath | None  # with `bounces.address`
    web_url: str
    zone: ZoneInfo  # the publication's when it was frozen
    renderer: Renderer
    keyring: Keyring
    kind: MailingKind
    variants: Mapping[str, tuple[Variant, CompiledLetter]]

    def message(self, recipient: Recipient) -> bytes | None:
        """Return the recipient's message, or None when the mailing has nothing of the recipient's topics."""
        draft = self.draft(recipient)
        return draft.message() if draft is not None else None

    def draft(self, recipient: Recipient) -> UnsignedMessage | None:
        """Return the recipient's message as `message` does, but unsigned."""
        variant, letter = self.variants[recipient.language]
        if self.kind is MailingKind.CONFIRMATION:  # not subscribed yet: nothing to unsubscribe from
            return letter.draft(recipient, {"confirm": self._link(Purpose.CONFIRM, recipient)}, (), "")
        flags = self.renderer.flags(recipient, variant)
        if flags is None:
            return None
        unsubscribe = self._link(Purpose.UNSUBSCRIBE, recipient)
        values = self.renderer.values(
            recipient,
            since=recipient.since.astimezone(self.zone).date() if recipient.since else None,
            unsubscribe=unsubscribe,
            preferences=self._link(Purpose.PREFERENCES, recipient),
        )
        return letter.draft(recipient, values, flags, unsubscribe)

    def envelope_sender(self, recipient: Recipient) -> str:
        """Return the envelope sender: an address for this recipient alone, else the address of From."""
        if self.return_path is None:
            return self.sender
        try:
            return self.return_path.to(self.keyring, recipient.key, recipient.token_key)
        except KeyError:
            raise _lost_key(recipient) from None

    def _link(self, purpose: str, recipient: Recipient) -> str:
        try:
            return f"{self.web_url}{purpose}/{self.keyring.sign(purpose, recipient.key, recipient.token_key)}"
        except KeyError:
            raise _lost_key(recipient) from None


@dataclass(slots=True)
class Letters:
    """Compiles a mailing when its first message is made."""

    store: Store
    renderer: Renderer
    keyring: Keyring
    signing: Signing
    _compiled: dict[str, MailingLetters] = field(default_factory=dict)
    _compiling: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, mailing: str) -> MailingLetters:
        """Return the letters of the mailing with this id, compiled at the first call."""
        async with self._compiling:  # all connections call at the same time
            if mailing not in self._compiled:
                self._compiled = {mailing: self._compile(await self.store.editions.mailing(mailing))}
            return self._compiled[mailing]

    def prove(self, mailing: Mailing) -> MailingLetters:
        """Return the letters of a mailing that is not frozen yet. Raises SettingsError when it could not be sent, while it can still be fixed."""
        try:
            return self._compile(mailing)
        except ValueError as error:
            raise SettingsError(
                f"The mail cannot be made: {error}.", "Correct [email], [web] or [publication]."
            ) from error

    def _compile(self, mailing: Mailing) -> MailingLetters:
        facts = mailing.headers
        keys = self.signing.keys(facts.dkim)
        letters = {
            variant.language: (variant, compile_letter(mailing, variant, keys))
            for variant in mailing.variants
        }
        sender = next(letter.sender for _, letter in letters.values())
        return MailingLetters(
            sender,
            ReturnPath.of(facts.bounces, mailing.date) if facts.bounces else None,
            ascii_url(facts.web_url),
            ZoneInfo(facts.timezone),
            self.renderer,
            self.keyring,
            mailing.kind,
            letters,
        )


def _lost_key(recipient: Recipient) -> StoreError:
    return StoreError(
        f"The secret key {recipient.token_key}, with which this mailing was frozen, is no longer in the secrets file.",
        "Put its line back: the links in mails already sent need it too.",
    )


def sample(keyring: Keyring, language: str, email: str = "you@example.com") -> Recipient:
    """Return a recipient of every topic without a name, for looking at a variant. The links of the mail belong to no subscriber."""
    return Recipient(
        subscriber=0,
        serial=0,
        email=email,
        name="",
        language=language,
        topics=(),
        key="a" * 16,
        token_key=keyring.signer,
        since=None,
    )
