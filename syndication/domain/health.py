"""What a source's counts and failures mean: when somebody should look."""

from datetime import datetime, timedelta

__all__ = ["lasts", "remembered", "shrunk"]

_LASTING = timedelta(
    days=1
)  # a failure is said with its beginning from then on; a site may be down for a night
_ENOUGH = 8  # articles; smaller numbers move by themselves
_FEW = 4


def shrunk(count: int, usual: int) -> bool:
    """Whether a source that gave `usual` articles now gives so few that it looks broken: none, or under a quarter."""
    return (count == 0 and usual > 0) or (usual >= _ENOUGH and count * _FEW < usual)


def remembered(count: int, usual: int) -> int:
    """What counts as usual from now on. Few become usual, so that they are said once; none never does: it is said until it is over."""
    return count or usual


def lasts(since: datetime | None, now: datetime) -> bool:
    """Whether a source has failed so long that its beginning is worth a word."""
    return since is not None and now - since >= _LASTING
