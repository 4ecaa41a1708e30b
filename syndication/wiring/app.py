"""From Settings to an App: the only constructor of adapters, and the only place with the real clock, ids and randomness."""

import base64
import random  # noqa: TID251 - here is the one place
import secrets  # noqa: TID251 - here is the one place
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from syndication.collect.collector import Collector
from syndication.collect.http.fetch import Fetcher
from syndication.deliver.dkim import KeyType
from syndication.deliver.headers import parse_mailbox
from syndication.domain.tokens import Keyring
from syndication.domain.week import WeekKey
from syndication.errors import StoreError
from syndication.flows.app import (
    App,
    EditionPolicy,
    FeedsPolicy,
    Share,
)
from syndication.flows.letters import Letters
from syndication.flows.lock import hold
from syndication.flows.progress import Progress
from syndication.flows.secrets import open_keyring, rotate
from syndication.flows.signing import KeyFile, NewKey, Signing, make_key
from syndication.flows.weekly import which_week
from syndication.publish.folder import Folder
from syndication.render.renderer import Renderer
from syndication.render.theme import shipped_folder
from syndication.settings import Settings, load_settings_here
from syndication.store.database import Store, open_store
from syndication.store.rehearsal import open_rehearsal_store
from syndication.wiring.collecting import fetch_limits, hot_policy
from syndication.wiring.mail import bounce_policy, delivery_policy, header_facts, open_pool

__all__ = [
    "Moment",
    "new_dkim_key",
    "open_app",
    "open_rehearsal",
    "rotate_secrets",
    "watched",
]


def now() -> datetime:
    """The real clock, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - here is the one place


def new_id() -> str:
    """16 random lowercase base32 characters (80 bits)."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def new_ids(number: int) -> list[str]:
    """As many, in a hundredth of the time: each character is 5 bits of a random byte."""
    letters = secrets.token_bytes(16 * number).translate(_LETTERS).decode()
    return [letters[start : start + 16] for start in range(0, len(letters), 16)]


_LETTERS = 8 * b"abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 §6, in lowercase, for the 256 values of a byte


@dataclass(frozen=True, slots=True)
class Moment:
    """What differs from run to run, so that a test can choose it."""

    clock: Callable[[], datetime] = now
    new_id: Callable[[], str] = new_id
    new_ids: Callable[[int], list[str]] = new_ids
    jitter: Callable[[], float] = random.random


REAL = Moment()


@dataclass(frozen=True, slots=True)
class _Opening:
    """How an App was asked for."""

    config: str
    outbox: str = ""  # HOST:PORT of one that runs already
    published: Path | None = None  # the folder that a rehearsal's stands before


@asynccontextmanager
async def open_app(
    config: str, *, progress: Progress, moment: Moment = REAL, outbox: str = ""
) -> AsyncIterator[App]:
    """The App of the site that `config` describes, with its store open. Raises SettingsError, StoreError, TemplateError.

    `outbox` is the HOST:PORT of an outbox that runs already.
    """
    settings = load_settings_here(Path(config))
    async with _opened(_Opening(config, outbox), settings, progress, moment) as app:
        yield app


@asynccontextmanager
async def open_rehearsal(
    config: str,
    week: WeekKey | None,
    *,
    progress: Progress,
    moment: Moment = REAL,
    below: Path | None = None,
) -> AsyncIterator[tuple[App, WeekKey, Path]]:
    """An App that works on a copy of the store and writes into the folder KEY below `below` (`var/dry-run`) alone; with the key and that folder.

    Raises UsageError for a week that has not ended, unless it is one to look at in a folder of the caller's.
    """
    settings = load_settings_here(Path(config))
    ended = partial(which_week, settings.cut_off, settings.publication.timezone, moment.clock())
    key = week if week and below else ended(week)
    folder = (below or settings.path("var/dry-run")) / str(key)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written ({error.strerror}).", "Make room, or make var/ writable."
        ) from error
    published = settings.path(settings.feeds.directory)
    shown = published if below is None and published.is_dir() else None  # a proof publishes nothing
    opening = _Opening(config, published=shown)
    async with _opened(opening, settings, progress, moment, rehearsal=folder) as app:
        yield app, key, folder


@asynccontextmanager
async def _opened(
    opening: _Opening,
    settings: Settings,
    progress: Progress,
    moment: Moment,
    *,
    rehearsal: Path | None = None,
) -> AsyncIterator[App]:
    async with AsyncExitStack() as stack:
        keyring = open_keyring(
            settings.path(settings.secrets.file), secrets.token_bytes, keep=rehearsal is None
        )
        store = await _store(settings, rehearsal, publishes=opening.published is not None)
        stack.push_async_callback(store.close)
        fetcher = Fetcher(contact=settings.publication.url, limits=fetch_limits(settings))
        await stack.enter_async_context(fetcher)
        kept = _Kept(opening, keyring, store, fetcher)
        yield _app(settings, progress, moment, rehearsal, kept)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an App is made of beside the settings; all but the `opening` stays open as long."""

    opening: _Opening
    keyring: Keyring
    store: Store
    fetcher: Fetcher


def _app(settings: Settings, progress: Progress, moment: Moment, rehearsal: Path | None, kept: _Kept) -> App:
    publication, renderer, signing = settings.facts(), _renderer(settings), _signing(settings)
    feeds, upload = settings.feeds, () if rehearsal else settings.publish.after
    edition, media = settings.edition, (rehearsal or settings.path("var")) / "media"
    return App(
        site=settings.site,
        publication=publication,
        edition=EditionPolicy(
            settings.cut_off, edition.first_number, edition.approve and not rehearsal, edition.copy_images
        ),
        sources=settings.article_sources(),
        hot=hot_policy(settings, kept.fetcher),
        feeds=FeedsPolicy(feeds.limit, feeds.content, upload, feeds.hubs, announce=rehearsal is None),
        mail=header_facts(settings, publication, signing.names),
        delivery=delivery_policy(settings, moment.new_id()),
        bounces=bounce_policy(settings),
        keyring=kept.keyring,
        secrets=settings.path(settings.secrets.file),
        passwords=settings.password_files,
        store=kept.store,
        collector=Collector(publication=publication, media=media, fetcher=kept.fetcher),
        renderer=renderer,
        folder=_folder(settings, rehearsal, kept.opening.published),
        media=media,
        outbox=settings.outbox,
        open_pool=partial(open_pool, settings, kept.opening.outbox),
        sender=partial(_sender, kept.opening.config),
        letters=Letters(kept.store, renderer, kept.keyring, signing),
        signing=signing,
        locks=_no_lock if rehearsal else partial(hold, settings.path("var/locks")),
        progress=progress,
        clock=moment.clock,
        new_id=moment.new_id,
        new_ids=moment.new_ids,
        jitter=moment.jitter,
    )


def _folder(settings: Settings, rehearsal: Path | None, published: Path | None) -> Folder:
    return (
        Folder(rehearsal / "feeds", published)
        if rehearsal
        else Folder(settings.path(settings.feeds.directory))
    )


async def _store(settings: Settings, rehearsal: Path | None, *, publishes: bool) -> Store:
    if rehearsal:
        edition, file = WeekKey.parse(rehearsal.name), rehearsal / "store.db"
        return await open_rehearsal_store(settings.store_url, file, edition=edition, publishes=publishes)
    return await open_store(settings.store_url, synchronous=settings.store.synchronous)


def _sender(config: str, share: Share) -> tuple[str, ...]:
    """How a sender process is started, which reads the same configuration."""
    # -P: the current folder is cron's or anybody's, and no module is looked for there.
    start = (sys.executable, "-P", "-m", "syndication", "--config", config, "sender")
    words = (*start, share.mailing, share.owner, str(share.lock), str(share.connections))
    return (*words, share.outbox) if share.outbox else words


def _no_lock(name: str, inherited: int | None = None) -> AbstractContextManager[int]:  # noqa: ARG001 - as `hold`
    """A rehearsal works on a copy: it disturbs nobody."""
    return nullcontext(-1)


def _renderer(settings: Settings) -> Renderer:
    return Renderer(
        publication=settings.facts(),
        folders=(settings.path("templates"), shipped_folder()),
        theme=settings.email.theme,
        subject=settings.email.subject,
    )


def _signing_domain(settings: Settings) -> str:
    return settings.dkim.domain or parse_mailbox(settings.email.sender).address.rpartition("@")[2].lower()


def _signing(settings: Settings) -> Signing:
    dkim, domain = settings.dkim, _signing_domain(settings)
    files = []
    if dkim.key_file:
        files.append(KeyFile(domain, dkim.selector, settings.path(dkim.key_file), "dkim.key_file"))
    if dkim.ed25519_key_file:
        file = settings.path(dkim.ed25519_key_file)
        files.append(KeyFile(domain, dkim.ed25519_selector, file, "dkim.ed25519_key_file", "ed25519"))
    return Signing(tuple(files))


def new_dkim_key(
    config: str, kind: KeyType, *, selector: str, out: Path | None, moment: Moment = REAL
) -> NewKey:
    """Make a DKIM key for the site. Without a `selector` it is the type and the month, without `out` the file is `var/dkim/SELECTOR.pem`.

    Raises UsageError for a file that is there already, StoreError when it cannot be written.
    """
    settings = load_settings_here(Path(config))
    selector = selector or f"{kind}-{moment.clock():%Y%m}"
    file = out.absolute() if out else settings.path("var/dkim") / f"{selector}.pem"
    return make_key(file, kind, domain=_signing_domain(settings), selector=selector, site=settings.site)


def rotate_secrets(config: str) -> tuple[Path, str]:
    """Add a key to the site's secrets: their file, and the key's id. Raises StoreError, SettingsError."""
    settings = load_settings_here(Path(config))
    file = settings.path(settings.secrets.file)
    return file, rotate(file, secrets.token_bytes)


def watched(config: str) -> tuple[Path, tuple[Path, ...]]:
    """What a preview is made by, though the configuration may be broken just now: its file, and the folders of themes."""
    file = Path(config).resolve()
    return file, (file.parent.parent / "templates", shipped_folder())
