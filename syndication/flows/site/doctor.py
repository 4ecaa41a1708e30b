"""`syndicate doctor`: check everything that a run needs, one by one, and say what to do where something is wrong."""

import asyncio
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from syndication.bounces.box import Box
from syndication.collect.access_log.files import readable_logs
from syndication.collect.hot.file import read_hot_file
from syndication.deliver.dkim_keys import dns_record
from syndication.deliver.headers import parse_mailbox
from syndication.deliver.pool import Pool
from syndication.domain.article import Article, SourceKind
from syndication.domain.edition import Edition, Section
from syndication.domain.hot_account import HotKind
from syndication.domain.subscriber import Consent
from syndication.domain.text import counted
from syndication.domain.tokens import Purpose
from syndication.domain.week import WeekKey
from syndication.errors import SyndicationError
from syndication.flows.app import App
from syndication.flows.signing import KeyFile, read_key
from syndication.publish.addresses import resolve
from syndication.publish.answering import trouble_at


@dataclass(frozen=True, slots=True)
class Check:
    """One check and what it found. `exit_code` is what a run would end with because of it."""

    name: str
    ok: bool
    said: str
    exit_code: int = 0

    @classmethod
    def of(cls, name: str, error: SyndicationError) -> "Check":
        """Return a check that failed with `error`."""
        return cls(name, ok=False, said=str(error), exit_code=error.exit_code)


async def check_site(app: App, *, offline: bool = False) -> list[Check]:
    """Check everything but the sources' servers; with `offline` not the mail servers and `web.url` either. Nothing is sent or published."""
    subscribers = (await app.store.subscribers.count())[Consent.CONFIRMED]
    checks = [
        Check(
            "configuration", ok=True, said=f"{app.publication.title}, {counted(len(app.sources), 'source')}"
        ),
        _store(app, subscribers),
        *_theme(app),
        _writable("feeds", app.folder.root),
        *(
            _folder(Path(source.location), source.name)
            for source in app.sources
            if source.kind is SourceKind.FOLDER
        ),
        *_hot(app, await app.store.editions.frozen()),
        _secrets(app.secrets),
        *_passwords(app.passwords),
        *(_dkim(key, app.mail.sender) for key in app.signing.files),
    ]
    if offline:
        return checks
    return [*checks, await _web(app), await _smtp(app), await _bounces(app)]


def _theme(app: App) -> Iterator[Check]:
    """Render a small edition in every language, and look for old names of variables. A run goes on with those."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    article = Article(
        id="tag:a",
        source="",
        first_seen=now,
        changed=now,
        published=now,
        title="A",
        url="https://a.example/",
        keys=(),
    )
    story = resolve(article, app.publication)
    key = app.edition.cutoff.latest(now)
    edition = Edition(key, 1, now.date(), story, (Section("B", "b", (story,)),), (), "C")
    try:
        for language in app.renderer.languages:
            app.renderer.digest(edition, language)
        app.renderer.edition_page(edition)
        app.renderer.article_page(story)
    except SyndicationError as error:
        yield from (Check.of("theme", each) for each in (error, *error.others))
        return
    yield Check("theme", ok=True, said=f"compiles in {', '.join(app.renderer.languages)}")
    yield from (Check("theme", ok=False, said=found) for found in app.renderer.old_names())


def _writable(name: str, folder: Path) -> Check:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Check(name, ok=False, said=f"{folder} cannot be made ({error.strerror}).", exit_code=5)
    if not os.access(folder, os.W_OK | os.X_OK):
        said = f"{folder} cannot be written. Change its owner or mode."
        return Check(name, ok=False, said=said, exit_code=5)
    return Check(name, ok=True, said=f"{folder} can be written")


def _folder(folder: Path, source: str) -> Check:
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        said = f"{folder} is not a folder that can be read. Make it, or correct the source's path."
        return Check(source, ok=False, said=said, exit_code=5)
    return Check(source, ok=True, said=f"{folder} can be read")


def _hot(app: App, frozen: tuple[WeekKey, ...]) -> Iterator[Check]:
    """Check the file or the log that ranks the next edition, which goes out without a hot list when it is missing."""
    latest = app.edition.cutoff.latest(app.clock())
    key = latest.shifted(1) if latest in frozen else latest
    path = app.hot.path(key)
    if path is None:
        return
    try:
        if app.hot.kind is HotKind.LOG:
            count = len(readable_logs(path, since=app.edition.cutoff.window(key)[0]))
            said = f"{path}: {counted(count, 'file')} of the week {key} can be read"
        elif path.exists() or key == latest:
            said = f"{path}: {counted(len(read_hot_file(path).lines), 'line')}"
        else:
            said = f"{path} is not there yet; the week {key} is still going on"
        yield Check("hot", ok=True, said=said)
    except SyndicationError as error:
        yield Check("hot", ok=False, said=str(error))


def _store(app: App, subscribers: int) -> Check:
    """Check that the store has room, and whether others can read it: older versions made it so. A run goes on with such a store."""
    try:
        app.store.database.check_room()
    except SyndicationError as error:
        return Check.of("store", error)
    file = app.store.database.file
    if file and (open_to_others := _open_to_others("store", file, also="*")):  # the log, too
        return replace(open_to_others, exit_code=0)
    return Check("store", ok=True, said=f"can be written; {counted(subscribers, 'confirmed subscriber')}")


def _passwords(files: Iterable[Path]) -> Iterator[Check]:
    """Check that others cannot read the password files and send in the newsroom's name. Missing ones are reported where they are used."""
    for file in files:
        if file.exists() and (open_to_others := _open_to_others("password", file)):
            yield replace(open_to_others, exit_code=0)


def _secrets(file: Path) -> Check:
    """Check that others cannot read the keys, which sign every link ever mailed."""
    if open_to_others := _open_to_others("secrets", file):
        return open_to_others
    return Check("secrets", ok=True, said=f"{file}, readable by its owner only; keep a backup")


def _open_to_others(name: str, file: Path, *, also: str = "") -> Check | None:
    mode = stat.S_IMODE(file.stat().st_mode)
    if not mode & 0o077:
        return None
    said = f"{file} can be read by others (mode {mode:04o}). Run: chmod 600 {file}{also}"
    return Check(name, ok=False, said=said, exit_code=2)


def _dkim(key: KeyFile, sender: str) -> Check:
    """Check that the key is valid, private, and for the domain of From. The DNS record is shown, not looked up."""
    name = f"dkim {key.selector}"
    try:
        found = read_key(key)
    except SyndicationError as error:
        return Check.of(name, error)
    if open_to_others := _open_to_others(name, key.file):
        return open_to_others
    origin = parse_mailbox(sender).address.rpartition("@")[2].lower()
    if not f".{origin}".endswith(f".{key.domain}"):  # alignment: RFC 7489 §3.1.1
        said = f"{key.domain} signs, but From is at {origin}, and providers ask for the two to match (DMARC). Leave dkim.domain out."
        return Check(name, ok=False, said=said)
    said = f"{key.file}, {found.type} with {found.bits} bits; the DNS has to show: {dns_record(key.name, found.record)}"
    return Check(name, ok=True, said=said)


async def _web(app: App) -> Check:
    """Open a link as mails have it; only a `serve` with our secrets accepts its token, which belongs to no subscriber.

    Nothing is opened while mail stays in the outbox.
    """
    place = app.publication.web_url
    if app.outbox is not None:
        said = f"links lead to {place}: before mail leaves this machine, let `syndicate serve` answer there"
        return Check("web", ok=True, said=said)
    link = f"{place}{Purpose.UNSUBSCRIBE}/{app.keyring.sign(Purpose.UNSUBSCRIBE, 'a' * 16)}"
    trouble = await trouble_at(link, contact=app.publication.url)
    if not trouble:
        return Check("web", ok=True, said=f"{place} answers the links of the mails")
    said = f"{place} does not answer the links of the mails: it {trouble}. Let `syndicate serve` run, with this configuration, and the proxy pass its paths on."
    return Check("web", ok=False, said=said, exit_code=2)


async def _smtp(app: App) -> Check:
    """Connect to each server, with TLS and login, and quit. A run would wait minutes for a silent one (RFC 5321 §4.5.3.2); this does not."""
    try:
        async with app.open_pool() as pool:
            number = len(pool.servers)
            silent = [f"{name} {why}" for name in pool.servers if (why := await _trouble(app, pool, name))]
    except SyndicationError as error:
        return Check.of("smtp", error)
    if silent:
        said = " ".join(f"The mail server {each.rstrip('.')}." for each in silent)
        return Check("smtp", ok=False, said=said, exit_code=3)
    if app.outbox:
        return Check("smtp", ok=True, said=f"{app.outbox}, an outbox on this machine")
    answering = "the mail server answers" if number == 1 else f"all {number} mail servers answer"
    return Check("smtp", ok=True, said=answering)


async def _trouble(app: App, pool: Pool, server: str) -> str:
    """Return what is wrong with a mail server, empty when it would accept mail."""
    seconds = app.delivery.grace
    try:
        async with asyncio.timeout(seconds), pool.session(server) as slot:
            unreachable = await slot.ready()
    except TimeoutError:
        return (
            f"says nothing for {seconds:g} seconds. Check its port: 465 goes with smtps://, 587 with smtp://"
        )
    if unreachable is None:
        return ""
    reply = unreachable.reply
    return f"cannot be used: {f'{reply.code} {reply.text}' if reply.code else reply.text}"


async def _bounces(app: App) -> Check:
    """Open the mailboxes and read the hook's secret. Whether a pipe is set up, only the mail server knows."""
    try:
        for make in app.bounces.boxes:
            await asyncio.to_thread(_opened, make())
        hook = bool(app.bounces.hook())
    except SyndicationError as error:
        return Check.of("bounces", error)
    ways = [
        *([counted(len(app.bounces.boxes), "mailbox", "mailboxes")] if app.bounces.boxes else []),
        *([f"the hook at {app.publication.web_url}bounces"] if hook else []),
    ]
    said = f"they come back to {app.mail.bounces or parse_mailbox(app.mail.sender).address}"
    said += (
        f", and are taken from {' and '.join(ways)}"
        if ways
        else "; only a pipe could take them: docs/how-to/bounces.md"
    )
    return Check("bounces", ok=True, said=said)


def _opened(box: Box) -> None:
    with box:
        pass
