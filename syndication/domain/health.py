"""What a source's counts and failures mean: when an operator should look at it."""

from datetime import datetime, timedelta

_LASTING = timedelta(days=1)  # a site may be down for a night
_ENOUGH = 8  # articles; smaller numbers vary anyway
_FEW = 4


def has_shrunk(count: int, usual: int) -> bool:
    """Return whether a source that usually shows `usual` articles now shows so few that it looks broken: none, or under a quarter."""
    return (count == 0 and usual > 0) or (usual >= _ENOUGH and count * _FEW < usual)


def new_usual(count: int, usual: int) -> int:
    """Return what counts as usual from now on. Fewer articles become usual, so that they are reported once; none is reported every time."""
    return count or usual


def is_lasting(since: datetime | None, now: datetime) -> bool:
    """Return whether a source has failed for so long that a report names the date since when."""
    return since is not None and now - since >= _LASTING
