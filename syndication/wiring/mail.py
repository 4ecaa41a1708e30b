"""Build what mail needs from the settings: the policies of sending, the servers with their limits, and their connections."""

from __future__ import annotations

import hashlib
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from syndication.deliver.lanes import DEFAULT_LANES, Lane
from syndication.deliver.server import SmtpServer, parse_server
from syndication.deliver.throttle import Throttle
from syndication.domain.bounce import Rule
from syndication.domain.frozen import HeaderFacts
from syndication.errors import SettingsError
from syndication.flows.app import BouncePolicy, DeliveryPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from syndication.bounces.box import Box
    from syndication.deliver.pool import Pool
    from syndication.domain.publication import Publication
    from syndication.settings import Settings


def signing_domain(settings: Settings) -> str:
    """Return the domain that signs the site's mails: `dkim.domain`, else that of `email.from`."""
    from syndication.deliver.headers import parse_mailbox

    return settings.dkim.domain or parse_mailbox(settings.email.sender).address.rpartition("@")[2].lower()


def delivery_policy(settings: Settings, run: str) -> DeliveryPolicy:
    """Return how the site sends, for the process that calls itself `run`."""
    # Two sites of one machine may share a PostgreSQL database, and neither holds the other's locks.
    host = f"{socket.gethostname()}-{hashlib.sha256(bytes(settings.site)).hexdigest()[:8]}"
    own = tuple(Lane(lane.name, lane.domains, lane.limits) for lane in settings.lanes)
    return DeliveryPolicy(
        wait=settings.delivery.wait,
        keep=settings.delivery.keep,
        resend_unknown=settings.delivery.on_unknown == "resend",
        processes=settings.processes,
        lanes=(*own, *DEFAULT_LANES),
        throttle=_throttle(settings, own),
        share=settings.smtp.connections,
        owner=f"{host}/{run}",
        host=host,
    )


def _throttle(settings: Settings, own: tuple[Lane, ...]) -> Throttle:
    # An outbox protects no provider's servers: there only the site's own lanes have limits.
    built_in = () if settings.outbox else DEFAULT_LANES
    tables = settings.smtp.all_servers
    names = (
        ["outbox"] if settings.outbox else [each.name for each in _servers(settings, with_passwords=False)]
    )
    return Throttle(
        lanes={lane.name: lane.limits for lane in (*built_in, *own)},
        servers={name: table.limits for name, table in zip(names, tables, strict=True)},
        weights={name: table.weight for name, table in zip(names, tables, strict=True)},
        connections=settings.smtp.connections,
        zone=settings.publication.timezone,
    )


def header_facts(settings: Settings, publication: Publication, dkim: str) -> HeaderFacts:
    """Return what the site's mailings freeze for their headers; `dkim` names the keys that sign."""
    from syndication.deliver.address import envelope_address
    from syndication.deliver.headers import feedback_sender

    return HeaderFacts(
        sender=settings.email.sender,
        reply_to=settings.email.reply_to,
        list_id=settings.list_id,
        feedback=feedback_sender(settings.list_id),
        unsubscribe_mailto=settings.email.unsubscribe_mailto,
        bounces=envelope_address(settings.bounces.address) if settings.bounces.address else "",
        web_url=publication.web_url,
        timezone=publication.timezone.key,
        domain=publication.domain,
        dkim=dkim,
    )


def bounce_policy(settings: Settings) -> BouncePolicy:
    """Return how the site's bounces come in, and when soft ones suppress. Passwords are read when a box is opened."""
    table = settings.bounces
    delete = table.after == "delete"
    boxes: list[Callable[[], Box]] = []
    if table.maildir:
        boxes.append(partial(_maildir, table.maildir, delete=delete))
    if table.mbox:
        boxes.append(partial(_mbox, table.mbox, delete=delete))
    if table.imap:
        boxes.append(partial(_imap, settings, delete=delete))
    return BouncePolicy(Rule(table.threshold, table.half_life), tuple(boxes), settings.hook_secret)


def _maildir(folder: Path, *, delete: bool) -> Box:
    from syndication.bounces.maildir import Maildir

    return Maildir(folder, delete=delete)


def _mbox(file: Path, *, delete: bool) -> Box:
    from syndication.bounces.mbox import Mbox

    return Mbox(file, delete=delete)


def _imap(settings: Settings, *, delete: bool) -> Box:
    from syndication.bounces.imap import Imap, ImapServer

    parts = urlsplit(settings.bounces.imap)
    security = {"imaps": "tls", "imap": "starttls"}.get(parts.scheme, "plain")
    server = ImapServer(
        host=parts.hostname or "",
        port=parts.port or (993 if security == "tls" else 143),
        security=security,
        folder=unquote(parts.path.strip("/")) or "INBOX",
        user=unquote(parts.username or ""),
        password=settings.bounces_password(),
    )
    return Imap(server, delete=delete)


def _servers(settings: Settings, *, with_passwords: bool = True) -> list[SmtpServer]:
    """Return the mail servers; without passwords for a user who may lack the right to read them."""
    try:
        found = [
            parse_server(each.url, settings.password_for(each) if with_passwords else "")
            for each in settings.smtp.all_servers
        ]
    except ValueError as error:
        raise SettingsError(f"In [smtp]: {error}.", "See docs/reference/configuration.md.") from None
    names = [server.name for server in found]
    for name in names:
        if names.count(name) > 1:  # two spellings of one address
            raise SettingsError(
                f"In [[smtp.servers]]: {name} is named twice.", "Give it a weight instead of a second table."
            )
    return found


@asynccontextmanager
async def open_pool(settings: Settings, running: str) -> AsyncIterator[Pool]:
    """Open the connections to the mail servers, or to the outbox, whose server runs as long."""
    from syndication.deliver.pool import Pool

    async with AsyncExitStack() as stack:
        folder = settings.outbox
        servers = [await _outbox(stack, folder, running)] if folder else _servers(settings)
        pool = Pool(
            servers,
            connections=settings.smtp.connections,
            per_connection=settings.smtp.per_connection,
            hostname=introduced(socket.gethostname(), settings.domain),
        )
        yield await stack.enter_async_context(pool)


async def _outbox(stack: AsyncExitStack, folder: Path, running: str) -> SmtpServer:
    """Return the outbox's server: the one at `running` (HOST:PORT), else a new one."""
    from syndication.deliver.outbox import Outbox, running_outbox

    return running_outbox(running) if running else await stack.enter_async_context(Outbox(folder))


def introduced(machine: str, domain: str) -> str:
    """Return the full name that EHLO gives (RFC 5321 §4.1.1.1): servers refuse a name without a dot, as containers have, some only at RCPT."""
    return machine if "." in machine else domain
