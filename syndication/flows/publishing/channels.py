"""The channel of each feed, made from the site's facts, and the tombstones of withdrawn articles."""

from urllib.parse import quote

from syndication.domain.published import TOMBSTONE
from syndication.flows.app import App
from syndication.publish.channel import STYLESHEET, Channel, Tombstone

MOST = 1_000  # tombstones in a feed, which has at most 512 KiB


def channel(
    app: App, folder: str, what: str = "", *, about: str, withdrawn: tuple[Tombstone, ...] = ()
) -> Channel:
    """Return the channel of the feed in `folder`, which is empty or ends in a slash. `what` names its subject, if it is not everything;
    `about` describes it in a sentence.
    """
    facts = app.publication
    title = f"{facts.title}: {what}" if what else facts.title
    return Channel(
        id=f"tag:{facts.domain},2026:feed:{quote(folder.strip('/')) or 'articles'}",
        title=title,
        description=about,
        home=facts.url,
        url_base=facts.feeds_url + quote(folder),
        language=facts.language,
        hubs=app.feeds.hubs,
        stylesheet=f"{facts.feeds_url}{STYLESHEET}",
        author=facts.title,
        tombstones=withdrawn,
    )


async def tombstones(app: App) -> tuple[Tombstone, ...]:
    """Return what was withdrawn in the last thirty days, the latest first."""
    now = app.clock()
    return tuple(
        Tombstone(each.article, each.at.replace(microsecond=0))
        for each in (await app.store.withdrawals.all())[:MOST]
        if now < each.at + TOMBSTONE
    )
