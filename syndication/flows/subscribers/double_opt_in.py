"""Sign-up with double opt-in: a visitor asks on the web, a mail asks for confirmation, and only the answer counts.

The page is the same whether an address is on the list or not, so that a visitor learns nothing about it.
"""

import base64
import ipaddress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from syndication.deliver.address import Address, parse_address
from syndication.deliver.lanes import lane_of
from syndication.domain.subscriber import Consent, NewSubscriber, Subscriber, mailbox, one_spelling
from syndication.domain.tokens import Purpose
from syndication.flows.app import App
from syndication.flows.subscribers.list_row import mailbox_hashes
from syndication.flows.subscribers.preferences import key_of
from syndication.store.subscribers.confirmations import BLOCK, Answer, SignupLimits, SignupRequest

LIMITS = SignupLimits(subscriber=3, apart=timedelta(minutes=5), network=30, block=100, site=0)
KEPT = timedelta(days=7)  # then unanswered requests and pending subscribers are forgotten
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Common misspellings of big providers; and domains whose addresses live for minutes.
_MEANT = {
    **dict.fromkeys(
        ("gmial.com", "gmai.com", "gmail.con", "gmail.co", "gnail.com", "gamil.com"), "gmail.com"
    ),
    **dict.fromkeys(("hotmial.com", "hotmail.con", "hotmal.com"), "hotmail.com"),
    **dict.fromkeys(("yahooo.com", "yaho.com", "yahoo.con"), "yahoo.com"),
    **dict.fromkeys(("outlok.com", "outlook.con"), "outlook.com"),
    **dict.fromkeys(("iclod.com", "icloud.con"), "icloud.com"),
    **dict.fromkeys(("naver.con", "nave.com", "navar.com"), "naver.com"),
    **dict.fromkeys(("hanmail.com", "hanmai.net"), "hanmail.net"),
}
_FLEETING = frozenset(
    {
        "mailinator.com",
        "guerrillamail.com",
        "10minutemail.com",
        "yopmail.com",
        "temp-mail.org",
        "trashmail.com",
    }
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The IP address of the visitor who asks; empty when it is not known."""

    address: str

    @property
    def network(self) -> str:
        """The network that one household or office shares: 24 bits of IPv4, 64 of IPv6."""
        return self._around(24, 64) or "unknown"

    @property
    def block(self) -> str:
        """The block that a provider may give to one customer: 48 bits of IPv6 (RFC 6177); empty for others."""
        return self._around(0, 48)

    def _around(self, bits: int, bits_of_6: int) -> str:
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return ""
        address = getattr(address, "ipv4_mapped", None) or address  # from a dual-stack socket
        bits = bits if address.version == 4 else bits_of_6  # noqa: PLR2004 - the two IP versions
        return str(ipaddress.ip_network((address, bits), strict=False)) if bits else ""


def read_address(text: str) -> Address:
    """Parse a typed address. Raises ValueError."""
    return parse_address(text)


def doubt(address: Address) -> str:
    """Return a better spelling of the address, `fleeting` for a throw-away one, or empty."""
    if address.domain in _FLEETING:
        return "fleeting"
    meant = _MEANT.get(address.domain, "")
    return f"{address.email.rpartition('@')[0]}@{meant}" if meant else ""


def stamp(app: App) -> str:
    """Return a signed time for a form, which times how long it takes to fill in, without a cookie."""
    micros = (app.clock() - _EPOCH) // timedelta(microseconds=1)
    return app.keyring.sign(Purpose.FORM, base64.b32encode(micros.to_bytes(10, "big")).decode().lower())


def stamp_age(app: App, signed: str) -> timedelta | None:
    """Return how long ago a form was served; None for a foreign stamp."""
    word = key_of(app, Purpose.FORM, signed)
    if word is None:
        return None
    micros = int.from_bytes(base64.b32decode(word.upper()), "big")
    return app.clock() - (_EPOCH + timedelta(microseconds=micros))


async def ask(app: App, address: Address, language: str, visitor: Visitor) -> Answer:
    """Keep the request and queue the confirmation mail. A mailing is for one minute, so that its Date is true, and one language."""
    now, variant = app.clock(), app.renderer.confirmation(language)
    home = mailbox(address.email)
    spelling, block = one_spelling(home), visitor.block
    asked = SignupRequest(
        new=NewSubscriber(email=address.email, language=language),
        key=app.new_id(),
        hashes=mailbox_hashes(app.keyring, address.email),
        spellings=app.keyring.keyed_hashes(f"spelling {spelling}") if spelling != home else (),
        block=f"{BLOCK}{app.keyring.keyed_hash(f'network {block}')}" if block else "",
        network=app.keyring.keyed_hash(f"network {visitor.network}"),
        at=now,
        mailing=f"confirm-{now:%Y%m%dT%H%M}-{variant.language}.{app.mail.list_id}",
        headers=app.mail,
        variant=variant,
        lane=lane_of(address.domain, app.delivery.lanes),
        token_key=app.keyring.signer,
    )
    return await app.store.confirmations.ask(asked, replace(LIMITS, site=app.confirmations_per_hour))


async def confirm(app: App, subscriber: Subscriber, wording: str, visitor: Visitor) -> Subscriber | None:
    """Confirm a subscriber who agreed to `wording`, and keep the proof; may be repeated. None after a complaint or an erasure."""
    if subscriber.consent is Consent.COMPLAINED:
        return None
    now = app.clock()
    hashes = mailbox_hashes(app.keyring, subscriber.email)
    asked = await app.store.confirmations.asked_at(hashes)
    proof = (
        f"web form: asked {f'{asked:%Y-%m-%dT%H:%M:%SZ}' if asked else 'before'}, confirmed {now:%Y-%m-%dT%H:%M:%SZ} "
        f"from {app.keyring.keyed_hash(f'address {visitor.address}')}, to the words: {wording}"
    )
    if await app.store.confirmations.confirm(subscriber, proof, hashes, at=now):
        return replace(subscriber, consent=Consent.CONFIRMED, confirmed=now, proof=proof)
    return await app.store.consents.subscriber(subscriber.key)
