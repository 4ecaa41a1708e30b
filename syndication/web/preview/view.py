"""The parameters of the page's address. Unknown ones and wrong values are ignored: no address is an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from syndication.domain.week import WeekKey
from syndication.web.preview.frame import ClientOptions, Look

WIDTHS = (320, 375, 700)  # pixels: a small phone, a phone, a mail program's pane
TABS = ("mail", "text", "html", "headers", "source", "links")
FIRST_SUBSCRIBER = "no-name"


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows. `subscriber` is an address or the id of a sample; `current_templates` makes a frozen edition with them."""

    edition: WeekKey | None
    current_templates: bool
    subscriber: str
    search: str
    width: int
    client: ClientOptions
    tab: str

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "View":
        """Read the parameters of an address."""
        look, width = query.get("look", ""), query.get("width", "")
        return cls(
            edition=_week(query.get("edition", "")),
            current_templates=query.get("templates") == "now",
            subscriber=query.get("subscriber") or FIRST_SUBSCRIBER,
            search=query.get("search", "").strip(),
            width=next((each for each in WIDTHS if str(each) == width), WIDTHS[-1]),
            client=ClientOptions(
                Look(look) if look in {*Look} else Look.LIGHT,
                images=query.get("images") != "off",
                styles=query.get("styles") != "off",
            ),
            tab=next((each for each in TABS if each == query.get("tab")), TABS[0]),
        )

    def frame(self, key: WeekKey, stamp: str) -> str:
        """Return the address of the mail itself; a new `stamp` makes the browser load it again."""
        return "/mail?" + urlencode(
            {
                "edition": key,
                "templates": "now" if self.current_templates else "frozen",
                "subscriber": self.subscriber,
                "look": self.client.look,
                "images": "on" if self.client.images else "off",
                "styles": "on" if self.client.styles else "off",
                "stamp": stamp,
            }
        )


def _week(text: str) -> WeekKey | None:
    try:
        return WeekKey.parse(text)
    except ValueError:
        return None
