"""The edition that a preview shows: made on a copy of the store, and again when the configuration or a template is saved."""

import asyncio
import hashlib
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from syndication.domain.week import WeekKey
from syndication.flows.app import App
from syndication.flows.desk.proof import Proof, gather, proof_of, with_theme_of_now
from syndication.flows.progress import Progress
from syndication.wiring.app import REAL, Moment, open_rehearsal, watched


@dataclass(slots=True)
class LiveEdition:
    """Use `proof` to read the edition, `stamp` to learn when to read it again, `close` at the end. The copy is in the caller's `folder`."""

    config: str
    folder: Path
    progress: Progress
    moment: Moment = REAL
    _open: AsyncExitStack | None = None
    _app: App | None = None
    _key: WeekKey | None = None
    _stamps: tuple[str, str] = ("", "")  # of the configuration and the templates that were used
    _collections: int = 0  # how often everything was collected again
    _warnings: tuple[str, ...] = ()  # of collecting for a draft
    _proofs: dict[bool, Proof] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def app(self, key: WeekKey | None = None) -> App:
        """Return the app of the edition `key`, else of the open edition, else of the latest. Raises what opening a site raises."""
        async with self._lock:
            return await self._ready(key)

    async def proof(self, key: WeekKey | None, *, current_templates: bool = False) -> tuple[App, Proof]:
        """Return the edition as the files are now; a frozen one is made with the `current_templates` if asked.

        Raises SettingsError, TemplateError, UsageError and StoreError; the next call tries again.
        """
        async with self._lock:
            app = await self._ready(key)
            assert self._key
            if current_templates not in self._proofs:
                self._proofs[current_templates] = await proof_of(
                    app, self._key, current_templates=current_templates
                )
            return app, self._proofs[current_templates]

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of collecting for a draft."""
        return self._warnings

    @property
    def key(self) -> WeekKey | None:
        """The key of the open edition."""
        return self._key

    def stamp(self) -> str:
        """Return a text that changes when the configuration or a template is saved, and after `collect_again`."""
        return "-".join((*_stamps(self.config), str(self._collections)))

    async def collect_again(self) -> None:
        """Make the next call copy the store and collect again."""
        async with self._lock:
            self._collections += 1
            await self._close_site()

    async def close(self) -> None:
        """Close the site."""
        async with self._lock:
            await self._close_site()

    async def _ready(self, key: WeekKey | None) -> App:
        stamps = _stamps(self.config)
        wanted_key = key or self._key
        if self._app is None or stamps[0] != self._stamps[0] or wanted_key != self._key:
            await self._close_site()
            self._app = await self._opened(wanted_key)
        elif stamps[1] != self._stamps[1]:
            self._proofs.clear()
            self._app = with_theme_of_now(self._app)
        self._stamps = stamps
        return self._app

    async def _opened(self, key: WeekKey | None) -> App:
        async with AsyncExitStack() as stack:
            rehearsal = open_rehearsal(
                self.config, key, progress=self.progress, moment=self.moment, below=self.folder
            )
            app, opened, _ = await stack.enter_async_context(rehearsal)
            frozen = await app.store.editions.get(opened)  # nothing is collected for a frozen edition
            self._warnings = () if frozen else await gather(app)
            self._key, self._open = opened, stack.pop_all()
        return app

    async def _close_site(self) -> None:
        stack, self._open, self._app = self._open, None, None
        self._proofs.clear()
        if stack:
            await stack.aclose()


def _stamps(config: str) -> tuple[str, str]:
    file, folders = watched(config)
    return _stamp([file]), _stamp(path for folder in folders for path in sorted(folder.rglob("*")))


def _stamp(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        try:
            facts = file.stat()
        except OSError:  # some editors save by renaming
            continue
        digest.update(f"{file}\0{facts.st_mtime_ns}\0{facts.st_size}\0{facts.st_ino}\n".encode())
    return digest.hexdigest()[:12]
