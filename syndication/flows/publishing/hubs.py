"""Telling the hubs of changed feeds: after the mail and outside every lock, because a hub may take its time."""

from urllib.parse import quote

from syndication.flows.app import App
from syndication.logs import logger

log = logger(__name__)


def tells_hubs(app: App) -> bool:
    """Return whether changed feeds are to be announced."""
    return app.feeds.announce and bool(app.feeds.hubs)


async def tell_hubs(app: App) -> tuple[str, ...]:
    """Tell the hubs about the feeds that changed since they were last told, and return warnings.

    What a hub did not accept, or a run that was stopped did not tell, is told by the next run or publish.
    """
    changed = await app.store.manifest.to_announce() if tells_hubs(app) else {}
    if not changed:
        return ()
    from syndication.publish.websub import announce

    paths = {app.publication.feeds_url + quote(path): path for path in changed}
    with log.timed("hubs told", feeds=len(paths)):
        done = await announce(app.feeds.hubs, tuple(paths), contact=app.publication.url)
    await app.store.manifest.announced({paths[topic]: changed[paths[topic]] for topic in done.topics})
    return tuple(done.warnings)
