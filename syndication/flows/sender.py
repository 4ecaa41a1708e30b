"""One sender process: what `syndication.flows.processes` starts."""

from dataclasses import replace

from syndication.flows.app import App, Share
from syndication.flows.round import one_round
from syndication.flows.sending import Sending
from syndication.flows.watch import stop_on_signal, stop_when_closed

__all__ = ["send_share"]


async def send_share(app: App, share: Share, *, parent: int) -> Sending:
    """Send what is due of the mailing with this `share` of the site, beside other processes, until nothing is or the run that started this one says so.

    `parent` is the descriptor of a pipe which closes when no mail is to begin any more. Raises
    UsageError when no run has started it.
    """
    with (
        app.locks(f"mailing {share.mailing}", share.lock),
        stop_on_signal() as stop,
        stop_when_closed(parent, stop),
    ):
        app = replace(app, delivery=replace(app.delivery, owner=share.owner, share=share.connections))
        async with app.open_pool() as pool:
            sending = Sending(app, share.mailing, pool, stop)
            await one_round(sending)
    return sending
