"""Faults that nobody thought of: what one stranger sends costs that one thing, with a warning and a traceback in the log."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from syndication.collect.collector import Collector
from syndication.domain.article import Image, Source, Validators
from syndication.domain.hot_account import HotKind
from syndication.domain.hotlist import HotList
from syndication.flows.app import App
from syndication.flows.weekly import run_weekly
from tests.flows.newsroom import Newsroom, article

Broken = Callable[..., Awaitable[object]]


class NoPictures:
    """A collector that fails at every picture, in a way that no library documents."""

    def __init__(self, inner: Collector) -> None:
        self._inner = inner

    async def collect(
        self, source: Source, known: Validators, *, now: datetime, pages: tuple[()] = ()
    ) -> object:
        return await self._inner.collect(source, known, now=now, pages=pages)

    async def copy_image(self, image: Image, *, now: datetime, allow_private: bool) -> Image:
        raise ZeroDivisionError(f"{image.src} {now} {allow_private}")


async def no_page(_: datetime) -> HotList:
    raise RecursionError("a page of pages")


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def broken(app: App) -> App:
    inner = app.build_collector()
    return replace(
        app,
        edition=replace(app.edition, copy_images=True),
        hot=replace(app.hot, kind=HotKind.PAGE, page=no_page, url="https://harbour.example/most-read"),
        build_collector=lambda: cast("Collector", NoPictures(inner)),
    )


async def test_a_fault_in_a_picture_or_the_hot_page_is_a_warning_and_the_mail_goes_out(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom.write(
        "articles/quay.md", article("Quay", "2023-10-13 09:00", image="https://pictures.example/quay.png")
    )
    await newsroom.subscribe("ann@readers.example")
    async with newsroom.app() as app:
        report = await run_weekly(broken(app))
    assert report.sent == 1
    assert [line for line in report.warnings if "ZeroDivisionError" in line]
    assert [line for line in report.warnings if "RecursionError" in line]
    assert {record.exc_info[0] for record in caplog.records if record.exc_info} == {
        ZeroDivisionError,
        RecursionError,
    }
