"""How much of an edition goes into a mail: from everything down to a single story, until it fits."""

from dataclasses import dataclass

from syndication.domain.edition import Edition


@dataclass(frozen=True, slots=True)
class Budget:
    """The most characters of the lead's excerpt and of the others, stories in each section, and sections. None means all."""

    lead: int = 320
    excerpt: int = 240
    stories: int | None = None
    sections: int | None = None


WEB = Budget(lead=1000, excerpt=1000)  # a page has room

BUDGETS = (
    Budget(),
    Budget(lead=200, excerpt=120),
    Budget(lead=200, excerpt=0),
    *(Budget(lead=200, excerpt=0, stories=stories) for stories in (15, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)),
    *(Budget(lead=120, excerpt=0, stories=1, sections=sections) for sections in (40, 20, 10, 5, 1)),
)


def trimmed(edition: Edition, budget: Budget) -> str:
    """Return what a budget left out, in words for the operator; empty for the first budget, which leaves out nothing."""
    if budget == BUDGETS[0]:
        return ""
    kept = sum(len(section.stories[: budget.stories]) for section in edition.sections[: budget.sections])
    left = len(edition.articles) - 1 - kept
    excerpts = f"excerpts cut to {budget.excerpt} characters" if budget.excerpt else "excerpts left out"
    return f"{excerpts}, {left} {'story' if left == 1 else 'stories'} left to the web" if left else excerpts
