"""`syndicate doctor`: what a run needs, tried one by one, each with what to do when it is wrong."""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from syndication.domain.article import Article, SourceKind
from syndication.domain.edition import Edition, Section
from syndication.domain.subscriber import Consent
from syndication.errors import SyndicationError
from syndication.flows.app import App

__all__ = ["Check", "examine"]


@dataclass(frozen=True, slots=True)
class Check:
    """`exit_code` is what a run would end with because of it."""

    name: str
    ok: bool
    said: str
    exit_code: int = 0

    @classmethod
    def of(cls, name: str, error: SyndicationError) -> "Check":
        """A check that failed with `error`."""
        return cls(name, ok=False, said=str(error), exit_code=error.exit_code)


async def examine(app: App) -> list[Check]:
    """Try everything but the sources' servers. Nothing is sent and nothing published."""
    readers = (await app.store.subscribers.count())[Consent.CONFIRMED]
    checks = [
        Check("configuration", ok=True, said=f"{app.publication.title}, {len(app.sources)} sources"),
        Check("store", ok=True, said=f"can be written; {readers:,} confirmed subscribers"),
        _theme(app),
        _writable("feeds", app.folder.root),
        *(
            _folder(Path(source.location), source.name)
            for source in app.sources
            if source.kind is SourceKind.FOLDER
        ),
        _secrets(app.secrets),
    ]
    return [*checks, await _smtp(app)]


def _theme(app: App) -> Check:
    """Render a small edition in every language."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    story = Article(
        id="tag:a",
        source="",
        first_seen=now,
        changed=now,
        published=now,
        title="A",
        url="https://a.example/",
        keys=(),
    )
    key = app.edition.cutoff.latest(now)
    edition = Edition(key, 1, now.date(), story, (Section("B", "b", (story,)),), (), "C")
    try:
        for language in app.renderer.languages:
            app.renderer.digest(edition, language)
        app.renderer.edition_page(edition)
        app.renderer.article_page(story)
    except SyndicationError as error:
        return Check.of("theme", error)
    return Check("theme", ok=True, said=f"compiles in {', '.join(app.renderer.languages)}")


def _writable(name: str, folder: Path) -> Check:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Check(name, ok=False, said=f"{folder} cannot be made ({error.strerror}).", exit_code=5)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Check(
            name, ok=False, said=f"{folder} cannot be written. Change its owner or mode.", exit_code=5
        )
    return Check(name, ok=True, said=f"{folder} can be written")


def _folder(folder: Path, source: str) -> Check:
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        return Check(
            source,
            ok=False,
            said=f"{folder} is not a folder that can be read. Make it, or mend path.",
            exit_code=5,
        )
    return Check(source, ok=True, said=f"{folder} can be read")


def _secrets(file: Path) -> Check:
    """The keys verify every link ever mailed: nobody else may read them."""
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        return Check(
            "secrets",
            ok=False,
            said=f"{file} can be read by others (mode {mode:04o}). Run: chmod 600 {file}",
            exit_code=2,
        )
    return Check("secrets", ok=True, said=f"{file}, readable by its owner only; keep a backup")


async def _smtp(app: App) -> Check:
    """Connect, with TLS and login, and say QUIT."""
    if app.mail.beyond_loopback:
        said = f"{app.mail.beyond_loopback} is not on this machine, and this version cannot answer its mails' unsubscribe links."
        return Check("smtp", ok=False, said=said, exit_code=2)
    try:
        async with app.open_pool() as pool, pool.session() as place:
            if unreachable := await place.ready():
                return Check(
                    "smtp",
                    ok=False,
                    said=f"The mail server does not answer: {unreachable.reply.text}.",
                    exit_code=3,
                )
    except SyndicationError as error:
        return Check.of("smtp", error)
    return Check(
        "smtp",
        ok=True,
        said=f"{app.outbox}, an outbox on this machine" if app.outbox else "the mail server answers",
    )
