"""One sender process: what `syndication.flows.processes` starts."""

from dataclasses import replace

from syndication.flows.app import App
from syndication.flows.deliver import send_due
from syndication.flows.sending import Sending
from syndication.flows.watch import stop_on_signal, stop_when_closed

__all__ = ["send_share"]


async def send_share(app: App, mailing: str, owner: str, *, lock: int, parent: int) -> Sending:
    """Send what is due of the mailing as `owner`, beside other processes, until nothing is or the run that started this one says so.

    `lock` is the descriptor of the mailing's lock, `parent` that of a pipe which closes when no mail is to begin any more. Raises
    UsageError when no run has started it.
    """
    with app.locks(f"mailing {mailing}", lock), stop_on_signal() as stop, stop_when_closed(parent, stop):
        app = replace(app, delivery=replace(app.delivery, owner=owner))
        async with app.open_pool() as pool:
            sending = Sending(app, mailing, pool, stop)
            await send_due(sending)
    return sending
