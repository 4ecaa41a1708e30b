"""Build an App from the settings. Only here are adapters constructed, and the real clock, ids and randomness used.

Heavy libraries are imported by the functions that build their adapters, so a verb loads what it uses and no more.
"""

from __future__ import annotations

import random  # noqa: TID251 - the one place for it
import secrets  # noqa: TID251 - the one place for it
import shutil
import sys
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from syndication.domain.week import WeekKey
from syndication.errors import StoreError
from syndication.flows.app import App, EditionPolicy, FeedsPolicy, HotPolicy, Share
from syndication.flows.lock import hold
from syndication.flows.secrets import open_keyring, rotate
from syndication.flows.signing import KeyFile, NewKey, Signing, make_key
from syndication.logs import child_options, logger
from syndication.publish.folder import Folder
from syndication.render.theme import search_path, shipped_folder
from syndication.settings import Settings, load_settings_here
from syndication.store.database import Store, open_store
from syndication.wiring.mail import bounce_policy, delivery_policy, header_facts, open_pool, signing_domain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractContextManager

    from syndication.collect.access_log.reading import AccessLog
    from syndication.collect.collector import Collector
    from syndication.collect.http.fetch import Fetcher
    from syndication.deliver.dkim import KeyType
    from syndication.domain.hotlist import HotList
    from syndication.domain.publication import Publication
    from syndication.domain.tokens import Keyring
    from syndication.flows.progress import Progress
    from syndication.render.renderer import Renderer

log = logger(__name__)


def now() -> datetime:
    """Return the real time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place for it


def new_id() -> str:
    """Return 16 random lowercase base32 characters (80 bits)."""
    return new_ids(1)[0]


def new_ids(number: int) -> list[str]:
    """Return `number` ids: each character is 5 bits of a random byte."""
    letters = secrets.token_bytes(16 * number).translate(_LETTERS).decode()
    return [letters[start : start + 16] for start in range(0, len(letters), 16)]


_LETTERS = 8 * b"abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 §6 in lowercase, for the 256 values of a byte


@dataclass(frozen=True, slots=True)
class Moment:
    """What differs from run to run. Tests choose their own."""

    clock: Callable[[], datetime] = now
    new_id: Callable[[], str] = new_id
    new_ids: Callable[[int], list[str]] = new_ids
    jitter: Callable[[], float] = random.random


REAL = Moment()


@dataclass(frozen=True, slots=True)
class _Opening:
    """The input for building an App."""

    config: str
    settings: Settings
    progress: Progress
    moment: Moment
    outbox: str = ""  # HOST:PORT of a running outbox
    rehearsal: Path | None = None  # the folder that a rehearsal writes into
    published: Path | None = None  # the published folder, read where the rehearsal's own has no file


@asynccontextmanager
async def open_app(
    config: str, *, progress: Progress, moment: Moment = REAL, outbox: str = ""
) -> AsyncIterator[App]:
    """Open the App of the site that `config` describes. `outbox` is the HOST:PORT of a running outbox.

    Raises SettingsError, StoreError, TemplateError.
    """
    settings = load_settings_here(Path(config))
    async with _opened(_Opening(config, settings, progress, moment, outbox)) as app:
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
    """Open an App that works on a copy of the store and writes only into the folder KEY below `below` (default: `var/dry-run`).

    Yields the App, the key and that folder. Raises UsageError for a week that has not ended, unless both `week` and `below` are given.
    """
    from syndication.flows.weekly import which_week

    settings = load_settings_here(Path(config))
    cut_off, zone = settings.cut_off, settings.publication.timezone
    key = week if week and below else which_week(cut_off, zone, moment.clock(), week)
    folder = (below or settings.site / "var/dry-run") / str(key)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written ({error.strerror}).", "Make room, or make var/ writable."
        ) from error
    published = settings.feeds.directory
    shown = published if below is None and published.is_dir() else None  # a proof publishes nothing
    opening = _Opening(config, settings, progress, moment, rehearsal=folder, published=shown)
    async with _opened(opening) as app:
        yield app, key, folder


@asynccontextmanager
async def _opened(opening: _Opening) -> AsyncIterator[App]:
    settings = opening.settings
    search_path(_theme_folders(settings), settings.email.theme)  # a missing theme is reported before any work
    async with AsyncExitStack() as stack:
        keyring = open_keyring(settings.secrets.file, secrets.token_bytes, keep=opening.rehearsal is None)
        store = await _store(opening)
        stack.push_async_callback(store.close)
        app = _app(opening, keyring, store, cache(partial(open_fetcher, settings, stack)))
        dialect = settings.store.url.get_secret_value().partition(":")[0]
        log.debug("site opened", site=str(app.site), store=dialect, owner=app.delivery.owner)
        yield app


def _app(opening: _Opening, keyring: Keyring, store: Store, fetcher: Callable[[], Fetcher]) -> App:
    settings, moment, rehearsal = opening.settings, opening.moment, opening.rehearsal
    publication, signing = settings.facts(), _signing(settings)
    feeds, upload = settings.feeds, () if rehearsal else settings.publish.after
    edition, media = settings.edition, (rehearsal or settings.site / "var") / "media"
    return App(
        site=settings.site,
        publication=publication,
        edition=EditionPolicy(
            settings.cut_off, edition.first_number, edition.approve and not rehearsal, edition.copy_images
        ),
        sources=settings.article_sources(),
        hot=_hot_policy(settings, fetcher),
        feeds=FeedsPolicy(feeds.limit, feeds.content, upload, feeds.hubs, announce=rehearsal is None),
        mail=header_facts(settings, publication, signing.names),
        delivery=delivery_policy(settings, moment.new_id()),
        bounces=bounce_policy(settings),
        confirmations_per_hour=settings.web.confirmations_per_hour,
        keyring=keyring,
        secrets=settings.secrets.file,
        passwords=settings.password_files,
        store=store,
        build_collector=cache(partial(_collector, publication, media, fetcher)),
        build_renderer=partial(_renderer, settings, publication),
        folder=_folder(opening),
        media=media,
        outbox=settings.outbox,
        open_pool=partial(open_pool, settings, opening.outbox),
        sender=partial(_sender, opening.config),
        signing=signing,
        locks=_no_lock if rehearsal else partial(hold, settings.site / "var/locks"),
        progress=opening.progress,
        clock=moment.clock,
        new_id=moment.new_id,
        new_ids=moment.new_ids,
        jitter=moment.jitter,
    )


def _folder(opening: _Opening) -> Folder:
    if opening.rehearsal:
        return Folder(opening.rehearsal / "feeds", opening.published)
    return Folder(opening.settings.feeds.directory)


async def _store(opening: _Opening) -> Store:
    settings, folder = opening.settings, opening.rehearsal
    if not folder:
        return await open_store(settings.store.url.get_secret_value(), synchronous=settings.store.synchronous)
    from syndication.store.rehearsal import open_rehearsal_store

    edition, publishes = WeekKey.parse(folder.name), opening.published is not None
    return await open_rehearsal_store(
        settings.store.url.get_secret_value(), folder / "store.db", edition=edition, publishes=publishes
    )


def _sender(config: str, share: Share) -> tuple[str, ...]:
    """Return the command that starts a sender process, which reads the same configuration."""
    # -P: no module is looked up in the current folder, which may be anyone's.
    start = (sys.executable, "-P", "-m", "syndication", "--config", config, *child_options(), "sender")
    words = (*start, share.mailing, share.owner, str(share.lock), str(share.connections))
    return (*words, share.outbox) if share.outbox else words


def _no_lock(name: str, inherited: int | None = None) -> AbstractContextManager[int]:  # noqa: ARG001 - as `hold`
    """Lock nothing: a rehearsal works on a copy."""
    return nullcontext(-1)


def open_fetcher(settings: Settings, stack: AsyncExitStack) -> Fetcher:
    """Build the HTTP client with the site's limits; `stack` closes it."""
    from syndication.collect.http.fetch import Fetcher
    from syndication.collect.http.limits import FetchLimits

    limits = FetchLimits(**dict(settings.collect))
    fetcher = Fetcher(contact=settings.publication.url, limits=limits)
    stack.push_async_exit(fetcher)
    return fetcher


def _hot_policy(settings: Settings, fetcher: Callable[[], Fetcher]) -> HotPolicy:
    """Return where the site's ranking comes from."""
    hot = settings.hot

    async def page(at: datetime) -> HotList:
        from syndication.collect.hot.page import fetch_hot_page

        return await fetch_hot_page(fetcher(), hot.url, hot.selector, now=at, allow_private=hot.allow_private)

    return HotPolicy(hot.kind, hot.limit, settings.hot_path, page, hot.url, hot.fields, cache(_access_log))


def _access_log() -> AccessLog:
    from syndication.collect.access_log.reading import AccessLog

    return AccessLog()


def _collector(publication: Publication, media: Path, fetcher: Callable[[], Fetcher]) -> Collector:
    from syndication.collect.collector import Collector

    return Collector(publication=publication, media=media, fetcher=fetcher())


def _renderer(settings: Settings, publication: Publication) -> Renderer:
    from syndication.render.renderer import Renderer

    return Renderer(
        publication=publication,
        folders=_theme_folders(settings),
        theme=settings.email.theme,
        subject=settings.email.subject,
    )


def _theme_folders(settings: Settings) -> tuple[Path, Path]:
    return settings.site / "templates", shipped_folder()


def _signing(settings: Settings) -> Signing:
    dkim, files = settings.dkim, []
    if dkim.key_file:
        files.append(KeyFile(signing_domain(settings), dkim.selector, dkim.key_file, "dkim.key_file"))
    if dkim.ed25519_key_file:
        file, name = dkim.ed25519_key_file, "dkim.ed25519_key_file"
        files.append(KeyFile(signing_domain(settings), dkim.ed25519_selector, file, name, "ed25519"))
    return Signing(tuple(files))


def new_dkim_key(
    config: str, kind: KeyType, *, selector: str, out: Path | None, moment: Moment = REAL
) -> NewKey:
    """Make a DKIM key for the site. The default `selector` is the type and the month, the default file `var/dkim/SELECTOR.pem`.

    Raises UsageError when the file exists, StoreError when it cannot be written.
    """
    settings = load_settings_here(Path(config))
    selector = selector or f"{kind}-{moment.clock():%Y%m}"
    file = out.absolute() if out else settings.site / "var/dkim" / f"{selector}.pem"
    return make_key(file, kind, domain=signing_domain(settings), selector=selector, site=settings.site)


def rotate_secrets(config: str) -> tuple[Path, str]:
    """Add a key to the site's secrets and return their file and the key's id. Raises StoreError, SettingsError."""
    settings = load_settings_here(Path(config))
    file = settings.secrets.file
    return file, rotate(file, secrets.token_bytes)


def watched(config: str) -> tuple[Path, tuple[Path, ...]]:
    """Return the files whose changes a preview follows: the configuration, which may be broken, and the folders of themes."""
    file = Path(config).resolve()
    return file, (file.parent.parent / "templates", shipped_folder())
