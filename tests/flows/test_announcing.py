"""WebSub as part of a publish: which feeds the hubs hear of, and that a hub never stops anything."""

import asyncio
from pathlib import Path

import pytest

from syndication.flows.weekly import run_weekly
from tests.doors.websub_hub import websub_hub
from tests.flows.newsroom import Newsroom, article
from tests.flows.test_publishing import published, write

BASE = "https://news.harbour.example/feeds/"
FORMATS = ("atom.xml", "feed.json", "rss.xml")


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def feeds(*folders: str) -> set[str]:
    return {f"{BASE}{folder}{name}" for folder in folders for name in FORMATS}


async def test_hubs_hear_of_the_feeds_that_changed_and_of_no_others(newsroom: Newsroom) -> None:
    async with websub_hub() as hub:
        newsroom.configure(more=f'[feeds]\nhubs = ["{hub.url}"]\n')
        write(newsroom, "fog", section="Sea")
        write(newsroom, "bakery", section="Town")
        await published(newsroom)
        assert f'rel="hub" href="{hub.url}"' in (newsroom.folder / "feeds/atom.xml").read_text()
        assert len(hub.told) == len(set(hub.told)) == 3 * (3 + 2 * 2)
        hub.told.clear()
        await published(newsroom)
        assert hub.told == []
        write(newsroom, "tide", section="Sea", day=10)
        await published(newsroom)
        assert set(hub.told) == feeds("", "excerpt/", "older/", "sections/sea/", "excerpt/sections/sea/")


async def test_the_upload_comes_first_and_a_hub_that_fails_is_told_by_the_next_publish(
    newsroom: Newsroom,
) -> None:
    async with websub_hub(failures=(403,) * 15) as hub:
        after = 'after = ["sh", "-c", "cp -r feeds uploaded"]'
        newsroom.configure(more=f'[feeds]\nhubs = ["{hub.url}"]\n[publish]\n{after}\n')
        write(newsroom, "fog")
        done = await published(newsroom)
        assert [line.partition(" feeds")[0] for line in done.warnings] == [
            f"The hub 127.0.0.1:{hub.port} did not accept 15 of 15 changed"
        ]
        assert hub.told == []
        assert await asyncio.to_thread((newsroom.folder / "uploaded/rss.xml").exists)
        assert not (await published(newsroom, collect=False)).warnings
        assert set(hub.told) == feeds("", "excerpt/", "older/", "sections/town/", "excerpt/sections/town/")


async def test_a_run_tells_the_hubs_after_the_mail_and_outside_the_lock(newsroom: Newsroom) -> None:
    async with websub_hub() as hub:
        newsroom.configure(more=f'[feeds]\nhubs = ["{hub.url}"]\n')
        newsroom.write("articles/quay.md", article("Quay", "2023-10-13 09:00"))
        await newsroom.subscribe("ann@readers.example")
        mails: list[int] = []
        async with newsroom.app() as app:

            def look() -> None:
                with app.locks("collect-and-publish"):
                    mails.append(len(newsroom.mails()))

            hub.on_call = look
            report = await run_weekly(app)
            assert await app.store.manifest.to_announce() == {}
    assert (report.sent, report.warnings) == (1, ())
    assert set(mails) == {1}


async def test_what_a_run_did_not_tell_is_told_by_the_next_although_it_has_nothing_to_do(
    newsroom: Newsroom,
) -> None:
    async with websub_hub(failures=(410,) * 60) as hub:
        newsroom.configure(more=f'[feeds]\nhubs = ["{hub.url}"]\n')
        newsroom.write("articles/quay.md", article("Quay", "2023-10-13 09:00"))
        await newsroom.subscribe("ann@readers.example")
        report = await newsroom.run()
        assert [line for line in report.warnings if "did not accept" in line]
        hub.failures.clear()
        assert hub.told == []
        assert (await newsroom.run()).warnings == ()
        assert f"{BASE}rss.xml" in hub.told
