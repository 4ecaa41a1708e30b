"""Importing a list through the flow: what is told, and what is kept."""

from pathlib import Path

import pytest

from syndication.errors import StoreError
from syndication.flows.subscribers.importing import KEPT, import_file
from syndication.flows.subscribers.operator import export_list
from tests.flows.newsroom import Newsroom


async def test_every_refused_line_is_counted_and_reported_and_a_thousand_are_kept(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    lines = [
        f"nobody{number}" if number % 2 else f"r{number}@lists.example" for number in range(2 * KEPT + 100)
    ]
    file = room.write("list.csv", "\n".join(["email", *lines]))
    async with room.app() as app:
        done = await import_file(app, file, tmp_path / "report.csv")
        assert (done.added, done.refusals, len(done.refused)) == (KEPT + 50, KEPT + 50, KEPT)
        assert [each.line for each in done.refused[:2]] == [3, 5]
        report = (tmp_path / "report.csv").read_text().splitlines()
        assert report[0] == "line,reason"
        assert [line.partition(",")[0] for line in report[1:]] == [
            str(number) for number in range(3, 2103, 2)
        ]


@pytest.mark.parametrize("report", ["nowhere/report.csv", "/dev/full"])
async def test_a_report_that_cannot_be_written_is_said_before_anybody_comes_in(
    tmp_path: Path, report: str
) -> None:
    room = Newsroom(tmp_path)
    file = room.write("list.csv", "email\nann@lists.example\nnobody\n")
    async with room.app() as app:
        with pytest.raises(StoreError, match="cannot be written"):
            await import_file(app, file, tmp_path / report)
        assert await app.store.subscribers.get("ann@lists.example") is None


async def test_what_is_exported_comes_back_as_it_was_into_an_empty_list(tmp_path: Path) -> None:
    old, new = Newsroom(tmp_path / "old"), Newsroom(tmp_path / "new")
    names = ['Zoë "Z" & Co, Ltd', "김민지", "a;b", ""]
    rows = [
        f'r{number}@lists.example,"{name.replace(chr(34), chr(34) * 2)}",ko'
        for number, name in enumerate(names)
    ]
    file = old.write("list.csv", "\n".join(["email,name,language", *rows]))
    async with old.app() as app:
        await import_file(app, file)
        await app.store.subscribers.remove("r3@lists.example", at=old.now)
        assert await export_list(app, tmp_path / "out.csv") == 4
    async with new.app() as app:
        done = await import_file(app, tmp_path / "out.csv")
        assert (done.added, [each.reason for each in done.refused]) == (
            3,
            ["its consent is unsubscribed; only confirmed subscribers are imported"],
        )
        found = [subscriber async for subscriber in app.store.subscribers.stream()]
    assert [(subscriber.name, subscriber.language) for subscriber in found] == [
        (name, "ko") for name in names[:3]
    ]
