"""Which user agents are programs and not people."""

import re

__all__ = ["RobotAgents"]

_BOUND = 50_000  # remembered answers
_LONGEST = 500  # bytes of a user agent that are looked at
# What names itself so is none of the browsers: also for those that no list knows yet. A phone is called Cubot.
_PLAIN = re.compile(
    rb"(?<!cu)bot\b|bot[/;)]|crawl|spider|scrap|https?://|headless|preview|monitor|validator|archiv|^-?$|^mozilla/\d\.0$",
    re.IGNORECASE,
)
_NUMBERS = re.compile(rb"[\d._]+")


class RobotAgents:
    """Knows programs by their user agents. The list of names is kept by the project crawler-user-agents and comes with its package."""

    def __init__(self) -> None:
        from crawleruseragents import is_crawler  # noqa: PLC0415 - its list takes 50 ms

        self._listed = is_crawler
        self._alike: dict[bytes, bool] = {}

    def is_robot(self, agent: bytes) -> bool:
        """Whether `agent`, as it stands in the log, is a program's. No user agent at all is a program's too."""
        agent = agent[:_LONGEST]
        if _PLAIN.search(agent):
            return True
        # Fifteen hundred expressions take 0.3 ms: user agents that differ in their versions alone are asked about once.
        alike = _NUMBERS.sub(b"0", agent)
        found = self._alike.get(alike)
        if found is None:
            if len(self._alike) >= _BOUND:
                self._alike.clear()
            found = self._alike[alike] = bool(self._listed(agent.decode("latin-1")))
        return found
