"""An article page: every field from the best origin that has it, and which origin that was."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from syndication.collect.article.choice import FactOrigin, Facts, OriginatedValue, PageFacts, day_in
from syndication.collect.article.json_ld import read_json_ld
from syndication.collect.article.meta_tags import read_elements
from syndication.collect.identity import keys
from syndication.collect.text.charset import broken_bytes, decoded
from syndication.collect.text.clean import clean, first_image
from syndication.collect.text.links import without_tracking
from syndication.collect.text.page_tree import base_address, page_tree
from syndication.collect.text.shallow import shallow
from syndication.collect.text.teaser import teaser, without_heading
from syndication.collect.text.words import SUMMARY, fold, printable, without_addresses
from syndication.domain.article import Image, ParsedArticle, Source
from syndication.domain.publication import Publication
from syndication.domain.text import cut, plain

_SCRIPT = re.compile(r"<script\b[^>]{0,500}?application/ld\+json[^>]{0,500}>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_MAX_SCRIPTS = 100
_EMPTY = re.compile(r"<(a|b|div|em|h[1-6]|i|li|p|span|strong|ul)\b[^<>]*>\s*</\1>")
_ENOUGH = 250  # characters: a dated text of this length is an article, even if nothing says so


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """What a page gave. `fields` are those of an article, by name, each with its origin.

    `article` is None when there is no headline or no text; `refusal` is that reason, as a clause. `doubt` is a clause
    on why the page may not be an article, when only the operator's configuration makes it one. `remarks` say what of it was
    left out or damaged, as in "2 pages …".
    """

    fields: Mapping[str, OriginatedValue[Any]]
    article: ParsedArticle | None = None
    refusal: str = ""
    doubt: str = ""
    remarks: tuple[str, ...] = ()


class PageParser:
    """Reads pages for one source. A date more than a year after `now` is taken for an error of the page."""

    def __init__(self, source: Source, publication: Publication, *, now: datetime) -> None:
        self._source = source
        self._zone = publication.timezone
        self._latest = now + timedelta(days=366)

    def read(self, data: bytes, content_type: str, url: str, listed: Facts | None = None) -> ArticlePage:
        """Read the article in `data`, which came from `url`. `listed` are the facts of a news sitemap.

        Never raises, whatever the page. Takes 10 to 200 ms of CPU, holding the GIL.
        """
        text = printable(decoded(data, content_type))
        root = page_tree(text)
        if root is None:
            return ArticlePage({}, refusal="holds no text")
        base = base_address(root, url)
        facts = {FactOrigin.JSON_LD: read_json_ld(_scripts(text), base), **read_elements(root, base)}
        facts[FactOrigin.SITEMAP] = listed or Facts()
        facts[FactOrigin.ADDRESS] = Facts(published=day_in(url))
        from syndication.collect.article.article_text import read_body, read_guesses  # noqa: PLC0415 - it loads trafilatura

        bare = shallow(text, drawings=False)
        html, origin = read_body(bare, base, facts[FactOrigin.JSON_LD].text)
        choice = self._choice(facts, url)
        if not (choice.title() and choice.authors() and choice.published()):
            facts[FactOrigin.TRAFILATURA] = read_guesses(bare, url)
            choice = self._choice(facts, url)
        fields = self._fields(choice, url, OriginatedValue(html, origin), base)
        return replace(self._judged(fields, facts), remarks=_remarks(broken_bytes(data, text), facts))

    def _choice(self, facts: Mapping[FactOrigin, Facts], url: str) -> PageFacts:
        return PageFacts(facts, url, zone=self._zone, latest=self._latest)

    def _fields(
        self, choice: PageFacts, url: str, body: OriginatedValue[str], base: str
    ) -> dict[str, OriginatedValue[Any]]:
        title, published, updated = choice.title(), choice.published(), choice.updated()
        content = _text_alone(clean(body.value, base), title.value if title else "")
        src, alt = first_image(content)
        own = self._source
        if updated and published and updated.value <= published.value:
            updated = None
        found: dict[str, OriginatedValue[Any] | None] = {
            "url": choice.address() or OriginatedValue(without_tracking(url), FactOrigin.SOURCE),
            "title": title,
            "authors": choice.authors(),
            "published": published,
            "updated": updated,
            "section": choice.section() or OriginatedValue(own.section, FactOrigin.SOURCE),
            "image": choice.image()
            or (OriginatedValue(Image(src, alt), FactOrigin.BODY) if src else choice.image(small=True)),
            "credit": choice.credit(),
            "tags": choice.tags(),
            "language": choice.language() or OriginatedValue(own.language, FactOrigin.SOURCE),
            "summary": choice.summary() or OriginatedValue(teaser(content), FactOrigin.BODY),
            "content": replace(body, value=content),
        }
        return {name: each for name, each in found.items() if each and each.value}

    def _judged(
        self, fields: dict[str, OriginatedValue[Any]], facts: Mapping[FactOrigin, Facts]
    ) -> ArticlePage:
        for name, what in (("title", "has no headline"), ("content", "has no text")):
            if name not in fields:
                return ArticlePage(fields, refusal=what)
        value = {name: found.value for name, found in fields.items()}
        published = value.get("published")
        article = ParsedArticle(
            title=value["title"],
            keys=keys(
                url=value["url"],
                guid="",
                title=value["title"],
                day=published.astimezone(self._zone).date() if published else None,
                source=self._source.name,
            ),
            url=value["url"],
            authors=value.get("authors", ()),
            published=published,
            updated=value.get("updated"),
            section=value.get("section", ""),
            summary=cut(value.get("summary", ""), SUMMARY),
            content=value["content"],
            image=value.get("image"),
            credit=fold(without_addresses(value.get("credit", ""))),
            tags=value.get("tags", ()),
            language=value.get("language", ""),
        )
        return ArticlePage(fields, article, doubt=_doubt(fields, facts))


def _remarks(broken: int, facts: Mapping[FactOrigin, Facts]) -> tuple[str, ...]:
    paid = facts[FactOrigin.JSON_LD].is_paid
    return (
        *(["with broken characters, shown as \ufffd"] if broken else []),
        *(["for paying visitors; only the text shown to everybody was taken"] if paid else []),
    )


def _doubt(fields: Mapping[str, OriginatedValue[Any]], facts: Mapping[FactOrigin, Facts]) -> str:
    """Return why the page may not be an article. OpenGraph is no proof: many systems call every page an `article`."""
    if facts[FactOrigin.JSON_LD].kind or facts[FactOrigin.MICRODATA].kind or facts[FactOrigin.SITEMAP].title:
        return ""
    dated = "published" in fields and fields["published"].origin is not FactOrigin.TRAFILATURA
    if not dated:
        return "says nowhere that it is an article, nor when it was published"
    if facts[FactOrigin.OPEN_GRAPH].kind == "article" or len(plain(fields["content"].value)) >= _ENOUGH:
        return ""
    return "has hardly any text"


def _text_alone(content: str, title: str) -> str:
    """Remove a heading that only repeats the title, and elements that a removed picture left empty."""
    content = without_heading(content, title)
    for _ in range(3):  # nested ones
        content = _EMPTY.sub("", content)
    return content.strip()


def _scripts(text: str) -> list[str]:
    """Return the JSON-LD scripts from the text of the page: its tree loses what is nested too deep."""
    found: list[str] = []
    position = 0
    while len(found) < _MAX_SCRIPTS and (start := _SCRIPT.search(text, position)):
        end = _SCRIPT_END.search(text, start.end())
        if end is None:
            break
        found.append(text[start.end() : end.start()])
        position = end.end()
    return found
