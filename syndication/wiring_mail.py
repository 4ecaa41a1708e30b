"""The part of the wiring about mail: from Settings to the servers, their limits, the connections, and the policies of sending."""

import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from syndication.deliver.address import envelope_address
from syndication.deliver.lanes import DEFAULT_LANES, Lane
from syndication.deliver.outbox import Outbox, running_outbox
from syndication.deliver.pool import Pool
from syndication.deliver.server import SmtpServer, parse_server
from syndication.deliver.throttle import Throttle
from syndication.domain.limits import Limits
from syndication.errors import SettingsError
from syndication.flows.app import DeliveryPolicy, MailPolicy
from syndication.settings import Settings

__all__ = ["delivery_policy", "mail_policy", "open_pool"]


def delivery_policy(settings: Settings, run: str) -> DeliveryPolicy:
    """How the site sends, for the process that calls itself `run`."""
    # Two sites of one machine may share a PostgreSQL database, and neither holds the other's locks.
    host = f"{socket.gethostname()}-{hashlib.sha256(bytes(settings.site)).hexdigest()[:8]}"
    own = tuple(
        Lane(
            lane.name,
            lane.domains,
            Limits(lane.connections, lane.per_second, lane.per_day, lane.warm_up),
        )
        for lane in settings.lanes
    )
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
    # An outbox spares nobody's servers: there only the site's own lanes have limits.
    built_in = () if settings.outbox else DEFAULT_LANES
    names = (
        ["outbox"] if settings.outbox else [each.name for each in _servers(settings, with_passwords=False)]
    )
    return Throttle(
        lanes={lane.name: lane.limits for lane in (*built_in, *own)},
        servers={
            name: Limits(each.connections, each.rate, each.per_day, each.warm_up)
            for name, each in zip(names, settings.servers, strict=True)
        },
        weights=dict(zip(names, (each.weight for each in settings.servers), strict=True)),
        connections=settings.smtp.connections,
        zone=settings.publication.timezone,
    )


def mail_policy(settings: Settings) -> MailPolicy:
    """The header values of the site's mailings."""
    return MailPolicy(
        sender=settings.email.sender,
        reply_to=settings.email.reply_to,
        list_id=settings.list_id,
        unsubscribe_mailto=settings.email.unsubscribe_mailto,
        bounces=envelope_address(settings.bounces.address) if settings.bounces.address else "",
    )


def _servers(settings: Settings, *, with_passwords: bool = True) -> list[SmtpServer]:
    """Not everyone who reads what a site does may read its passwords."""
    try:
        return [
            parse_server(each.url, settings.password_for(each) if with_passwords else "")
            for each in settings.servers
        ]
    except ValueError as error:
        raise SettingsError(f"In [smtp]: {error}.", "See docs/reference/configuration.md.") from None


@asynccontextmanager
async def open_pool(settings: Settings, running: str) -> AsyncIterator[Pool]:
    """Connections to the mail server; with an outbox its server runs meanwhile."""
    async with AsyncExitStack() as stack:
        outbox = settings.outbox
        if outbox and running:
            servers = [running_outbox(running)]
        else:
            servers = [await stack.enter_async_context(Outbox(outbox))] if outbox else _servers(settings)
        pool = Pool(
            servers,
            connections=settings.smtp.connections,
            per_connection=settings.smtp.per_connection,
            hostname=socket.gethostname(),
        )
        yield await stack.enter_async_context(pool)
