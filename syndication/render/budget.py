"""How much of an edition goes into a mail: from everything down to a single story, until it fits."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from syndication.domain.edition import Edition


@dataclass(frozen=True, slots=True)
class Budget:
    """The most characters of the lead's excerpt and of the others, places of the hot list, stories in each section, and sections. None
    means all.
    """

    lead: int = 320
    excerpt: int = 240
    hot: int | None = None
    stories: int | None = None
    sections: int | None = None


WEB = Budget(lead=1000, excerpt=1000)  # a page has room

_ALL = Budget()
BUDGETS = (  # a long hot list, which is whole on the web, gives way before any story does
    _ALL,
    *(Budget(hot=hot) for hot in (60, 40, 30, 20, 15, 10)),
    Budget(lead=200, excerpt=120, hot=10),
    Budget(lead=200, excerpt=0, hot=10),
    *(
        Budget(lead=200, excerpt=0, hot=5, stories=stories)
        for stories in (None, 15, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
    ),
    *(Budget(lead=120, excerpt=0, hot=5, stories=1, sections=sections) for sections in (40, 20, 10, 5, 1)),
    Budget(lead=120, excerpt=0, hot=0, stories=1, sections=1),
)


def budgets(edition: Edition) -> Iterator[Budget]:
    """Yield the budgets to try, the most generous first, without those that would give `edition` the same mail again."""
    last = None
    for each in BUDGETS:
        budget = replace(each, hot=None) if each.hot and each.hot >= len(edition.hot) else each
        if budget != last:
            yield budget
        last = budget


def trimmed(edition: Edition, budget: Budget) -> str:
    """Return what a budget left out, in words for the operator; empty for the first budget, which leaves out nothing."""
    left = []
    if budget.excerpt < _ALL.excerpt:
        left.append(f"excerpts cut to {budget.excerpt} characters" if budget.excerpt else "excerpts left out")
    if budget.hot is not None and budget.hot < len(edition.hot):
        left.append(f"hot list cut to {budget.hot} of {len(edition.hot)} places")
    kept = sum(len(section.stories[: budget.stories]) for section in edition.sections[: budget.sections])
    if hidden := len(edition.articles) - 1 - kept:
        left.append(f"{hidden} {'story' if hidden == 1 else 'stories'} left to the web")
    return ", ".join(left)
