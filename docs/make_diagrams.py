"""Draw the diagrams of `docs/explanation/states.md` from the tables in the code. Run `python docs/make_diagrams.py` and commit the page.

`tests/docs/test_docs_states.py` fails when the page and the tables differ.
"""

# ruff: noqa: INP001 - a script, not a package

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from syndication.deliver.retry import settle
from syndication.deliver.transaction import CLOSING, NEXT, Transaction, ended
from syndication.domain.delivery import TRANSITIONS, Outcome, Recipient, Reply, Stage, State

PAGE = Path(__file__).parent / "explanation/states.md"
_BLOCK = re.compile(r"(<!-- drawn: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def drawn(page: str) -> str:
    """Return the page with its three drawn blocks replaced."""
    blocks = {"deliveries": _deliveries, "session": _session, "rows": _rows}
    return _BLOCK.sub(lambda block: f"{block[1]}\n{blocks[block[2]]()}\n\n{block[3]}", page)


def _deliveries() -> str:
    arrows = [(state, after, why) for state, follows in TRANSITIONS.items() for after, why in follows.items()]
    ends = [state for state, follows in TRANSITIONS.items() if not follows]
    return _diagram(
        [("[*]", State.QUEUED, "planned at the freeze"), *arrows, *((end, "[*]", "") for end in ends)]
    )


def _session() -> str:
    connected = (
        ("[*]", Stage.CONNECT, ""),
        (Stage.CONNECT, Stage.MAIL, "secured and logged in"),
        (Stage.CONNECT, ended(Stage.CONNECT, None).outcome, "no connection"),
    )
    replies = (
        (stage, after, f"{digit}yz") for stage, follows in NEXT.items() for digit, after in follows.items()
    )
    losses = ((stage, ended(stage, None).outcome, "connection lost") for stage in NEXT)
    return _diagram([*connected, *replies, *losses])


def _diagram(arrows: list[tuple[str, str, str]]) -> str:
    lines = (f"    {start} --> {end}" + (f": {why}" if why else "") for start, end, why in arrows)
    return "\n".join(("```mermaid", "stateDiagram-v2", *lines, "```"))


def _rows() -> str:
    """Draw every way in which a first transaction can end as a table, with what `settle` makes of it."""
    row = Recipient(1, 1, "ann@example.com", "", "en", (), "", "", None)
    head = "| stage | reply | outcome | the row becomes | counts as an attempt |\n|---|---|---|---|---|"
    lines = [head]
    for transaction, reply in _ends():
        settled = settle(row, transaction, now=datetime(2026, 1, 1, tzinfo=UTC), jitter=0.0)
        cells = f"`{transaction.stage}`", reply, f"`{transaction.outcome}`", f"`{settled.state}`"
        lines.append(f"| {' | '.join(cells)} | {'yes' if settled.counted else 'no'} |")
    return "\n".join(lines)


def _ends() -> Iterator[tuple[Transaction, str]]:
    yield ended(Stage.CONNECT, None), "no connection"
    for stage, follows in NEXT.items():
        for digit, after in follows.items():
            if isinstance(after, Outcome):
                yield Transaction(after, stage, Reply(digit * 100, "")), f"{digit}yz"
        yield ended(stage, None), "connection lost"
    yield Transaction(Outcome.REFUSED, Stage.RCPT, Reply(550, "5.7.1")), "5yz with 5.7.x"
    yield Transaction(Outcome.TRY_LATER, Stage.MAIL, Reply(CLOSING, "")), str(CLOSING)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
