"""Pings to a real hub on loopback."""

from syndication.publish.websub import announce
from tests.doors.http_server import Page, http_server
from tests.doors.ports import free_port
from tests.doors.websub_hub import websub_hub

CONTACT = "https://harbour.example/"


async def test_a_hub_is_told_of_each_feed_and_finds_it_as_it_is_by_now() -> None:
    async with websub_hub(fetches=True) as hub, http_server() as site:
        site.pages["/rss.xml"] = Page(b"<rss/>")
        site.pages["/atom.xml"] = Page(b"<feed/>")
        topics = (site.url("/rss.xml"), site.url("/atom.xml"))
        done = await announce([hub.url], topics, contact=CONTACT)
        assert done.topics == set(topics)
        assert done.warnings == ()
        assert hub.seen == {topics[0]: b"<rss/>", topics[1]: b"<feed/>"}


async def test_a_hub_that_is_busy_is_asked_again() -> None:
    async with websub_hub(failures=(503, 429)) as hub:
        done = await announce([hub.url], ["https://n.example/rss.xml"], contact=CONTACT, first_wait=0.01)
        assert (done.warnings, hub.told) == ((), ["https://n.example/rss.xml"])


async def test_a_hub_that_refuses_is_named_once_and_the_other_is_told_all_the_same() -> None:
    topics = ("https://n.example/rss.xml", "https://n.example/atom.xml")
    async with websub_hub(failures=(403, 403)) as deaf, websub_hub() as hub:
        done = await announce([deaf.url, hub.url], topics, contact=CONTACT, first_wait=0.01)
        assert done.topics == frozenset()
        assert done.warnings == (
            f"The hub 127.0.0.1:{deaf.port} did not accept 2 of 2 changed feeds: it answers 403. The next publish pings it again.",
        )
        assert sorted(hub.told) == sorted(topics)


async def test_a_hub_that_is_not_there_is_a_warning() -> None:
    hub = f"http://127.0.0.1:{free_port()}/hub"
    done = await announce([hub], ["https://n.example/rss.xml"], contact=CONTACT, first_wait=0.01)
    assert "it cannot be reached (ConnectError)" in done.warnings[0]
