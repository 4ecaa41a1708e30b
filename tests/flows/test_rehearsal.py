"""A dry run publishes in front of what is published, and so shows what would change."""

from pathlib import Path

from syndication.domain.week import WeekKey
from syndication.flows.collecting.collect import run_collect
from syndication.flows.desk.dry_run import dry_run
from syndication.flows.progress import Silent
from syndication.flows.publishing.publish import run_publish
from syndication.wiring.app import open_rehearsal
from tests.doors.websub_hub import Hub, websub_hub
from tests.flows.newsroom import Newsroom, article

W41 = WeekKey(2023, 41)


async def test_it_writes_only_what_changes_and_comes_to_what_the_run_publishes(tmp_path: Path) -> None:
    async with websub_hub() as hub:
        await _rehearsed_and_published(Newsroom(tmp_path, more=f'[feeds]\nhubs = ["{hub.url}"]\n'), hub)


async def _rehearsed_and_published(newsroom: Newsroom, hub: Hub) -> None:
    newsroom.write("articles/fog.md", article("Fog over the pier", "2023-10-12 10:00", section="Quay"))
    async with newsroom.app() as app:
        await run_collect(app)
        await run_publish(app)
    before, untouched = newsroom.files("feeds"), facts(newsroom.folder / "feeds")
    newsroom.write("articles/seal.md", article("A seal on the stairs", "2023-10-13 10:00", section="Sea"))
    async with newsroom.app() as app:
        await run_collect(app)
    hub.told.clear()
    rehearsal = open_rehearsal(str(newsroom.config), W41, progress=Silent(), moment=newsroom.moment)
    async with rehearsal as (app, key, folder):
        await dry_run(app, key, folder)
        changed = set(app.folder.changed)
    assert newsroom.files("feeds") == before
    assert facts(newsroom.folder / "feeds") == untouched
    assert hub.told == []
    assert {"sections/sea/rss.xml", "archive/2023-W41.html"} <= changed
    assert not {"feed.css", "sections/quay/rss.xml", "articles/fog-over-the-pier.html"} & changed

    await newsroom.run(str(W41))
    assert hub.told != []
    now = newsroom.files("feeds")
    rehearsed = newsroom.files(f"var/dry-run/{W41}/feeds")
    assert {name.removeprefix(f"var/dry-run/{W41}/"): data for name, data in rehearsed.items()} == {
        name: data for name, data in now.items() if data != before.get(name)
    }


def facts(folder: Path) -> dict[Path, tuple[int, ...]]:
    """What any change of a file or a folder shows in, or a link to it."""
    found = {path: path.stat() for path in (folder, *folder.rglob("*"))}
    return {path: (one.st_ino, one.st_nlink, one.st_mtime_ns, one.st_ctime_ns) for path, one in found.items()}
