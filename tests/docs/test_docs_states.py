"""The diagrams of the states page have exactly the arrows of the tables in the code."""

import re
from collections.abc import Iterator

from syndication.deliver import session
from syndication.deliver.envelope import STEPS
from syndication.domain.delivery import Outcome, Stage, State
from tests.docs.pages import blocks

PAGE = "docs/explanation/states.md"
DELIVERY, TRANSACTION = (block.body for block in blocks(PAGE) if block.language == "mermaid")
NONE_FITS = "no reply that fits"


def drawn(diagram: str) -> list[str]:
    return sorted(re.findall(r"^    (\S+ --> .+)$", diagram, re.MULTILINE))


def legal() -> Iterator[str]:
    yield f"[*] --> {State.QUEUED}"
    for state in State:
        after = [str(other) for other in State if state.may_become(other)]
        yield from (f"{state} --> {other}" for other in after or ["[*]"])


def replies() -> Iterator[str]:
    stages = [stage for stage, _ in STEPS]
    yield f"[*] --> {stages[0]}"
    for (stage, wanted), following in zip(STEPS, [*stages[1:], Stage.DOT], strict=True):
        yield f"{stage} --> {following}: {wanted}yz"
        yield from (f"{stage} --> {outcome}: {digit}yz" for digit, outcome in session._REFUSALS.items())
        yield f"{stage} --> {Outcome.NOT_SENT}: {NONE_FITS}"
    yield from (f"{Stage.DOT} --> {outcome}: {digit}yz" for digit, outcome in session._AFTER_DOT.items())
    yield f"{Stage.DOT} --> {Outcome.UNKNOWN}: {NONE_FITS}"


def test_the_diagram_of_a_delivery_has_every_legal_change_and_no_other() -> None:
    assert drawn(DELIVERY) == sorted(legal())


def test_the_diagram_of_a_transaction_has_every_reply_and_no_other() -> None:
    assert drawn(TRANSACTION) == sorted(replies())
