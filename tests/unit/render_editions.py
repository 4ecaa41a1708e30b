"""A made-up newsroom for the tests of rendering."""

from datetime import UTC, date, datetime
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

from syndication.domain.article import Article, Image, ResolvedArticle
from syndication.domain.delivery import Recipient
from syndication.domain.edition import Edition, Section
from syndication.domain.hotlist import HotEntry, Movement, Trend
from syndication.domain.publication import Publication
from syndication.domain.variant import Variant, merge, split
from syndication.domain.week import WeekKey
from syndication.render.renderer import Renderer
from syndication.render.theme import shipped_folder

WHEN = datetime(2026, 11, 18, 9, tzinfo=UTC)
PUBLICATION = Publication(
    title="The Harbour Bell",
    url="https://bell.example/",
    language="en",
    timezone=ZoneInfo("Europe/Lisbon"),
    address="3 Rope Walk, Lisbon",
    feeds_url="https://news.bell.example/feeds/",
    web_url="https://news.bell.example/",
    domain="bell.example",
)


def article(name: str, **changes: object) -> ResolvedArticle:
    """An article called `name`, with what `changes` says otherwise."""
    values: dict[str, object] = {
        "id": f"tag:bell.example,2026:{name}",
        "source": "desk",
        "first_seen": WHEN,
        "changed": WHEN,
        "title": f"Notes on {name}",
        "url": f"https://bell.example/{name}",
        "authors": ("Ada Quill",),
        "published": WHEN,
        "section": "City",
        "summary": f"What {name} has to do with the tide, and who keeps count of it.",
        "content": "<p>" + "water " * 700 + "</p>",
        "language": "en",
        "keys": (),
    }
    return ResolvedArticle(Article(**{**values, **changes}))  # type: ignore[arg-type]


def picture(name: str, alt: str = "A boat") -> Image:
    return Image(f"https://img.example/{name}.png", alt=alt, width=1200, height=750)


def section(name: str, *stories: ResolvedArticle) -> Section:
    return Section(name, name.lower(), stories)


def entry(rank: int, title: str, trend: Trend | None = None, places: int = 0, **more: str) -> HotEntry:
    return HotEntry(rank, title, movement=Movement(trend, places) if trend else None, **more)  # type: ignore[arg-type]


HOT = (
    entry(1, "Notes on gulls", Trend.UP, 2, url="https://bell.example/gulls", section="Sea"),
    entry(2, "Notes on rain", Trend.DOWN, 1, url="https://bell.example/rain"),
    entry(3, "Notes on rope", Trend.NEW),
    entry(4, "Notes on salt", Trend.SAME),
)


def edition(**changes: object) -> Edition:
    values: dict[str, object] = {
        "key": WeekKey(2026, 47),
        "number": 12,
        "day": date(2026, 11, 20),
        "lead": article("bells", section="Culture", image=picture("bells", "A bronze bell")),
        "sections": (
            section("City", article("trams", image=picture("trams", "A tram")), article("kerbs")),
            section("Sea", article("gulls", section="Sea")),
        ),
        "hot": HOT,
        "preheader": "Trams, kerbs and gulls, and how a bronze bell came back to its tower",
    }
    return Edition(**{**values, **changes})  # type: ignore[arg-type]


def renderer(
    *folders: Path, theme: str = "default", subject: str = "{{ edition.lead.title }}", **changes: str
) -> Renderer:
    publication = Publication(
        **{**{name: getattr(PUBLICATION, name) for name in PUBLICATION.__slots__}, **changes}
    )
    return Renderer(
        publication=publication, folders=[*folders, shipped_folder()], theme=theme, subject=subject
    )


def subscriber(**changes: object) -> Recipient:
    values: dict[str, object] = {
        "subscriber": 1,
        "serial": 1,
        "email": "zoe@example.org",
        "name": "Zoë & Co",
        "language": "en",
        "topics": (),
        "key": "k" * 16,
        "token_key": "aaaa",
        "since": datetime(2024, 3, 3, 12, tzinfo=UTC),
    }
    return Recipient(**{**values, **changes})  # type: ignore[arg-type]


def merged(
    variant: Variant, recipient: Recipient | None = None, using: Renderer | None = None
) -> tuple[str, str]:
    """The HTML and the text as `recipient` gets them."""
    using, recipient = using or renderer(), recipient or subscriber()
    links = {
        "unsubscribe": "https://news.bell.example/u/t?a=1&b=2",
        "preferences": "https://news.bell.example/p/t",
    }
    since = recipient.since.date() if recipient.since else None
    values = using.values(recipient, since=since, **links)
    flags = using.flags(recipient, variant)
    assert flags is not None
    return merge(split(variant.html), values, flags, escape), merge(split(variant.text), values, flags)


class Page(HTMLParser):
    """What a page holds: tags with their attributes, the text of headings, all visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"h1", "h2", "h3", "style", "title"}:
            self._inside.append(tag)
        if tag in {"h1", "h2", "h3"}:
            self.headings.append((int(tag[1]), ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if any(tag.startswith("h") for tag in self._inside):
            level, text = self.headings[-1]
            self.headings[-1] = (level, (text + data).strip())
        if not {"style", "title"} & set(self._inside):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]
