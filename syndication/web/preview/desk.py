"""What lies on the editor's desk: one edition on a copy of the store, made anew when the configuration or a template is saved."""

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

__all__ = ["PreviewDesk"]


@dataclass(slots=True)
class PreviewDesk:
    """Use `proof` for the edition; `stamp` tells when to ask again. `folder` is the caller's, for the copy; `close` at the end."""

    config: str
    folder: Path
    progress: Progress
    moment: Moment = REAL
    _open: AsyncExitStack | None = None
    _app: App | None = None
    _key: WeekKey | None = None
    _stamps: tuple[str, str] = ("", "")  # configuration and templates, as they were used
    _times: int = 0  # that all was collected again
    _gathered: tuple[str, ...] = ()
    _proofs: dict[bool, Proof] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def app(self, key: WeekKey | None = None) -> App:
        """The app of the edition `key`, of the one that is open, or of the latest. Raises what opening the site raises."""
        async with self._lock:
            return await self._ready(key)

    async def proof(self, key: WeekKey | None, *, anew: bool = False) -> tuple[App, Proof]:
        """The edition as the files are now. Raises SettingsError, TemplateError, UsageError and StoreError: mend it and ask again."""
        async with self._lock:
            app = await self._ready(key)
            assert self._key
            if anew not in self._proofs:
                self._proofs[anew] = await proof_of(app, self._key, anew=anew)
            return app, self._proofs[anew]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What collecting for the draft said."""
        return self._gathered

    @property
    def key(self) -> WeekKey | None:
        """The edition that is open."""
        return self._key

    def stamp(self) -> str:
        """Changes when the configuration or a template is saved, and when all was collected again."""
        return "-".join((*_stamps(self.config), str(self._times)))

    async def collect_again(self) -> None:
        """Copy the store and collect anew at the next question."""
        async with self._lock:
            self._times += 1
            await self._put_away()

    async def close(self) -> None:
        """Put everything away."""
        async with self._lock:
            await self._put_away()

    async def _ready(self, key: WeekKey | None) -> App:
        stamps = _stamps(self.config)
        wanted = key or self._key
        if self._app is None or stamps[0] != self._stamps[0] or wanted != self._key:
            await self._put_away()
            self._app = await self._opened(wanted)
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
            # A frozen edition is what it is: nothing is collected for it.
            frozen = await app.store.editions.get(opened)
            self._gathered = () if frozen else await gather(app)
            self._key, self._open = opened, stack.pop_all()
        return app

    async def _put_away(self) -> None:
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
        except OSError:  # an editor that saves by renaming
            continue
        digest.update(f"{file}\0{facts.st_mtime_ns}\0{facts.st_size}\0{facts.st_ino}\n".encode())
    return digest.hexdigest()[:12]
