"""How many different visitors each article had: counted exactly as long as that is affordable."""

from array import array
from collections.abc import Sequence

from syndication.collect.access_log.sketch import Sketch

__all__ = ["MANY", "Visitors", "fold"]

MANY = 5_000_000  # pairs of visitor and article that are kept one by one, 8 bytes each
_FRESH = 2**16  # bytes of views that are not looked at yet
_WORTH = 2048  # visitors, from which on a sketch is smaller than the numbers


class Visitors:
    """The visitors of one article. `fresh` takes a hash of 8 bytes for every view, as they come."""

    __slots__ = ("_known", "_sketch", "fresh", "views")

    def __init__(self) -> None:
        self.fresh = bytearray()
        self.views = 0
        self._known: array[int] = array("Q")
        self._sketch: Sketch | None = None

    @property
    def estimated(self) -> bool:
        """Whether `count` is an estimate."""
        return self._sketch is not None

    @property
    def pairs(self) -> int:
        """How many visitors are kept one by one."""
        return len(self._known)

    def settle(self, *, at_once: bool = False) -> None:
        """Take in what is fresh, when there is enough of it that the work is small for each."""
        size = len(self.fresh)
        if not size or (size < max(_FRESH, 8 * len(self._known)) and not at_once):
            return
        fresh = array("Q", bytes(self.fresh))
        self.fresh.clear()
        self.views += len(fresh)
        if self._sketch:
            self._sketch.add(set(fresh))
        else:
            self._known = array("Q", {*self._known, *fresh})

    def count(self) -> int:
        """How many different visitors there were."""
        self.settle(at_once=True)
        return self._sketch.count() if self._sketch else len(self._known)

    def estimate(self) -> None:
        """From now on keep a sketch instead of the visitors, if it is the smaller of the two."""
        if self._sketch is None and len(self._known) > _WORTH:
            self._sketch = Sketch()
            self._sketch.add(self._known)
            self._known = array("Q")


def fold(articles: Sequence[Visitors], many: int) -> None:
    """Settle all; with more than `many` pairs in all, estimate where that makes it smaller."""
    for visitors in articles:
        visitors.settle()
    if sum(visitors.pairs for visitors in articles) > many:
        for visitors in articles:
            visitors.estimate()
