"""What the page's address asks for. What it does not know is as if it were not there: an address never ends in an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from syndication.domain.week import WeekKey
from syndication.web.preview.frame import Look, Wear

__all__ = ["TABS", "WIDTHS", "View"]

WIDTHS = (320, 375, 700)  # pixels: a small phone, a phone, a mail program's pane
TABS = ("mail", "text", "html", "headers", "source", "links")
FIRST_SUBSCRIBER = "no-name"


@dataclass(frozen=True, slots=True)
class View:
    """`subscriber` is an address or the id of a sample, `anew` asks for a frozen edition by the templates of now."""

    edition: WeekKey | None
    anew: bool
    subscriber: str
    search: str
    width: int
    wear: Wear
    tab: str

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "View":
        """From the parameters of an address."""
        look, width = query.get("look", ""), query.get("width", "")
        return cls(
            edition=_week(query.get("edition", "")),
            anew=query.get("templates") == "now",
            subscriber=query.get("subscriber") or FIRST_SUBSCRIBER,
            search=query.get("search", "").strip(),
            width=next((each for each in WIDTHS if str(each) == width), WIDTHS[-1]),
            wear=Wear(
                Look(look) if look in {*Look} else Look.LIGHT,
                images=query.get("images") != "off",
                styles=query.get("styles") != "off",
            ),
            tab=next((each for each in TABS if each == query.get("tab")), TABS[0]),
        )

    def frame(self, key: WeekKey, stamp: str) -> str:
        """The address of the mail itself; another `stamp` makes the browser load it again."""
        return "/mail?" + urlencode(
            {
                "edition": key,
                "templates": "now" if self.anew else "frozen",
                "subscriber": self.subscriber,
                "look": self.wear.look,
                "images": "on" if self.wear.images else "off",
                "styles": "on" if self.wear.styles else "off",
                "stamp": stamp,
            }
        )


def _week(text: str) -> WeekKey | None:
    try:
        return WeekKey.parse(text)
    except ValueError:
        return None
