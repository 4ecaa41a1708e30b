"""How many different visitors each article had: counted exactly as long as that is affordable, then from a sample."""

from array import array
from collections.abc import Iterable, Sequence

MANY = 5_000_000  # pairs of visitor and article that are kept one by one, 8 bytes each
_FRESH = 2**16  # bytes of hashes that may wait to be sorted out
_SAMPLED_FROM = 2**14  # kept visitors: halved, they still estimate within 1/√8192, about one per cent


class Visitors:
    """The visitors of one article. `fresh` takes the 8-byte hash of the visitor of every view.

    Every visitor is kept until `halve` is called; from then on only those whose hash ends in 1, 2, 3, … zero bits, so that
    each kept one represents 2, 4, 8, … (adaptive sampling: Flajolet, "On adaptive sampling", 1990).
    """

    __slots__ = ("_bits", "_kept", "fresh", "views")

    def __init__(self) -> None:
        self.fresh = bytearray()
        self.views = 0
        self._kept: array[int] = array("Q")
        self._bits = 0

    @property
    def estimated(self) -> bool:
        """Return whether `count` is an estimate."""
        return self._bits > 0

    @property
    def kept(self) -> int:
        """Return how many visitors are in memory."""
        return len(self._kept)

    def settle(self, *, at_once: bool = False) -> None:
        """Merge the fresh hashes in, once there are about as many as kept ones, so that each is copied only a few times."""
        size = len(self.fresh)
        if not size or (size < max(_FRESH, 8 * len(self._kept)) and not at_once):
            return
        fresh = array("Q", bytes(self.fresh))
        self.fresh.clear()
        self.views += len(fresh)
        self._kept = array("Q", {*self._kept, *self._sample(fresh)})

    def count(self) -> int:
        """Return how many different visitors there were."""
        self.settle(at_once=True)
        return len(self._kept) << self._bits

    def halve(self) -> None:
        """Keep only every other visitor, if there are enough for a good estimate."""
        if len(self._kept) > _SAMPLED_FROM:
            self._bits += 1
            self._kept = array("Q", self._sample(self._kept))

    def _sample(self, hashes: Iterable[int]) -> Iterable[int]:
        mask = (1 << self._bits) - 1
        return [each for each in hashes if not each & mask] if mask else hashes


def settle_all(articles: Sequence[Visitors], many: int) -> None:
    """Settle every article; with more than `many` pairs in all, halve those that can be estimated."""
    for visitors in articles:
        visitors.settle()
    if sum(visitors.kept for visitors in articles) > many:
        for visitors in articles:
            visitors.halve()
