"""The `App` that every flow takes: the site's policies as plain values, and its adapters. Only `syndication.wiring.app` builds one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from datetime import datetime, timedelta
    from pathlib import Path

    from syndication.bounces.box import Box
    from syndication.collect.access_log.json_lines import JsonKeys
    from syndication.collect.access_log.reading import AccessLog
    from syndication.collect.collector import Collector
    from syndication.deliver.lanes import Lane
    from syndication.deliver.pool import Pool
    from syndication.deliver.throttle import Throttle
    from syndication.domain.article import Source
    from syndication.domain.bounce import Rule
    from syndication.domain.frozen import HeaderFacts
    from syndication.domain.hot_account import HotKind
    from syndication.domain.hotlist import HotList
    from syndication.domain.publication import Publication
    from syndication.domain.tokens import Keyring
    from syndication.domain.week import CutOff, WeekKey
    from syndication.flows.letters import Letters
    from syndication.flows.progress import Progress
    from syndication.flows.signing import Signing
    from syndication.publish.folder import Folder
    from syndication.render.renderer import Renderer
    from syndication.store.database import Store


class Locks(Protocol):
    """Locks a piece of work, so that no other run does it at the same time."""

    def __call__(self, name: str, inherited: int | None = None) -> AbstractContextManager[int]:
        """Hold the lock `name` and give its descriptor; `inherited` is that of the run that already holds it. Raises LockedError."""


@dataclass(frozen=True, slots=True)
class EditionPolicy:
    """When a week ends, how editions are counted, whether an editor has to approve them, and whether other sites' images are copied."""

    cutoff: CutOff
    first_number: int
    approve: bool
    copy_images: bool


@dataclass(frozen=True, slots=True)
class HotPolicy:
    """Where the ranking comes from.

    `path` returns a week's file, or the pattern of the log's files; `page` fetches the list on the page at `url` at a given time and
    raises CollectError.
    """

    kind: HotKind
    limit: int
    path: Callable[[WeekKey], Path | None]
    page: Callable[[datetime], Awaitable[HotList]]
    url: str
    keys: JsonKeys  # of a log of JSON lines
    log: Callable[[], AccessLog]  # the same one at every call


@dataclass(frozen=True, slots=True)
class FeedsPolicy:
    """What the feeds contain, and the command that uploads them."""

    limit: int  # entries in a feed
    content: Literal["full", "excerpt"]
    after: tuple[str, ...]  # the upload command
    hubs: tuple[str, ...] = ()  # WebSub
    announce: bool = True  # changed feeds to the hubs; False in a rehearsal


@dataclass(frozen=True, slots=True)
class BouncePolicy:
    """When soft bounces suppress an address, the boxes that are polled, and the secret of the hook (empty: no hook)."""

    rule: Rule
    boxes: tuple[Callable[[], Box], ...] = ()
    hook: Callable[[], str] = str


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How long a run stays, what happens with rows of unknown outcome, and what this process is called."""

    wait: timedelta
    keep: timedelta  # after which settled rows are folded into counts
    resend_unknown: bool
    processes: int  # at most
    lanes: tuple[Lane, ...]
    throttle: Throttle  # the site's limits
    share: int  # this process's part of the site's connections
    owner: str  # HOST/RUN, of this process
    host: str
    grace: float = 60.0  # seconds that a stopped run waits for outstanding answers


@dataclass(frozen=True, slots=True)
class Share:
    """The task of a sender process."""

    mailing: str
    owner: str  # HOST/RUN/NUMBER
    connections: int
    lock: int  # descriptor of the mailing's lock, which it inherits
    outbox: str  # HOST:PORT of the run's outbox, or empty


@dataclass(frozen=True)
class App:
    """Everything that a flow needs. Adapters with heavy libraries are built when a flow first uses them."""

    site: Path
    publication: Publication
    edition: EditionPolicy
    sources: tuple[Source, ...]
    hot: HotPolicy
    feeds: FeedsPolicy
    mail: HeaderFacts  # what a mailing freezes
    delivery: DeliveryPolicy
    bounces: BouncePolicy
    confirmations_per_hour: int  # that the sign-up form may cause; 0: no limit
    keyring: Keyring
    secrets: Path  # the file of the keyring
    passwords: tuple[Path, ...]  # the files that hold passwords and the hook's secret
    store: Store
    build_collector: Callable[[], Collector]  # the same one at every call
    build_renderer: Callable[[], Renderer]
    folder: Folder
    media: Path  # local images as collected
    outbox: Path | None  # the Maildir of `outbox:`
    open_pool: Callable[[], AbstractAsyncContextManager[Pool]]  # connections to the mail server
    sender: Callable[[Share], Sequence[str]]  # the command that starts a sender process
    signing: Signing  # the DKIM keys
    locks: Locks
    progress: Progress
    clock: Callable[[], datetime]
    new_id: Callable[[], str]  # 16 random lowercase base32 characters
    new_ids: Callable[[int], list[str]]  # that many at once
    jitter: Callable[[], float]  # uniform in [0, 1)

    @cached_property
    def collector(self) -> Collector:
        """What reads the sources (lxml, httpx2, feedparser)."""
        return self.build_collector()

    @cached_property
    def renderer(self) -> Renderer:
        """What renders mails and pages (Jinja2, MJML, Babel)."""
        return self.build_renderer()

    @cached_property
    def letters(self) -> Letters:
        """The compiled letters of each mailing."""
        from syndication.flows.letters import Letters

        return Letters(self.store, self.renderer, self.keyring, self.signing)
