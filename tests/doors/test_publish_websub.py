"""Pings to a real hub on loopback."""

import asyncio

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


async def test_a_hub_that_reads_several_topics_gets_them_in_one_request() -> None:
    topics = [f"https://n.example/{number}.xml" for number in range(120)]
    async with websub_hub() as hub:
        done = await announce([hub.url], topics, contact=CONTACT, several={"127.0.0.1"})
        assert done.topics == set(topics)
        assert (sorted(hub.told), len(hub.calls)) == (sorted(topics), 3)


async def test_a_hub_that_wants_a_pause_gets_one_from_every_feed() -> None:
    topics = [f"https://n.example/{number}.xml" for number in range(6)]
    async with websub_hub(failures=(429,)) as hub:
        hub.retry_after = "1"
        done = await announce([hub.url], topics, contact=CONTACT, first_wait=0.01)
        assert done.topics == set(topics)
        began = hub.calls[0]
        assert all(at - began > 0.9 for at in hub.calls[4:])  # four were on their way


async def test_a_hub_that_wants_more_time_than_there_is_gets_no_further_request() -> None:
    topics = [f"https://n.example/{number}.xml" for number in range(40)]
    async with websub_hub(failures=(503,) * 40) as hub:
        hub.retry_after = "3600"
        done = await announce([hub.url], topics, contact=CONTACT, first_wait=0.01)
        assert len(hub.calls) <= 4
        assert "did not accept 40 of 40 changed feeds: it answers 503." in done.warnings[0]


async def test_a_silent_hub_costs_one_budget_and_the_others_are_told_meanwhile() -> None:
    topics = [f"https://n.example/{number}.xml" for number in range(20)]
    async with websub_hub() as silent, websub_hub() as hub:
        silent.silent = True
        began = asyncio.get_running_loop().time()
        done = await announce([silent.url, hub.url], topics, contact=CONTACT, first_wait=0.01, budget=0.5)
        assert asyncio.get_running_loop().time() - began < 3
        assert sorted(hub.told) == sorted(topics)
        assert done.topics == frozenset()
        assert "there was no time left after 0.5 seconds" in done.warnings[0]


async def test_a_hub_is_dropped_after_two_time_outs() -> None:
    topics = [f"https://n.example/{number}.xml" for number in range(20)]
    async with websub_hub() as hub:
        hub.silent = True
        done = await announce([hub.url], topics, contact=CONTACT, first_wait=0.01, seconds=0.2)
        assert len(hub.calls) <= 6
        assert "it does not answer" in done.warnings[0]


async def test_a_hub_at_no_address_is_a_warning() -> None:
    done = await announce(["http://999.1.1.1/hub"], ["https://n.example/rss.xml"], contact=CONTACT)
    assert "did not accept 1 of 1" in done.warnings[0]
