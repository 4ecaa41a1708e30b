"""The digest: one compile a language beside what Jinja takes, and one merge a subscriber beside the standard library.

    python benchmarks/digest.py [--stories 32] [--rounds 5] [--subscribers 20000]

Prints CPU time, medians. A compile is what comes after Jinja: lint, repair, MJML to HTML, and the checks of the result. A merge is
all that is done for one subscriber between the row and the bytes to send, unsigned: values, flags, headers, both parts encoded.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from html import escape
from zoneinfo import ZoneInfo

from syndication.deliver.message import compile_letter
from syndication.domain.article import Article, Image
from syndication.domain.delivery import MailingKind, Recipient
from syndication.domain.edition import Edition, Section
from syndication.domain.frozen import HeaderFacts, Mailing
from syndication.domain.hotlist import HotEntry, Movement, Trend
from syndication.domain.publication import Publication
from syndication.domain.variant import Variant, merge, split
from syndication.domain.week import WeekKey
from syndication.render.budget import BUDGETS
from syndication.render.compiler import compiled
from syndication.render.renderer import Renderer
from syndication.render.theme import shipped_folder

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SITE = "https://news.bell.example/"
LINK = f"{SITE}unsubscribe/aaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkkkll"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--subscribers", type=int, default=20_000)
    asked = parser.parse_args()
    publication = Publication(
        "The Harbour Bell",
        SITE,
        "en",
        ZoneInfo("Europe/Lisbon"),
        "3 Rope Walk, Lisbon",
        f"{SITE}feeds/",
        SITE,
    )
    renderer = Renderer(
        publication=publication,
        folders=[shipped_folder()],
        theme="default",
        subject="{{ edition.lead.title }}",
    )
    shown = edition(asked.stories)
    variant = renderer.digest(shown, "en")
    print(f"{asked.stories + 1} stories, {len(variant.html.encode()) / 1000:.0f} KB of HTML")
    compiling(renderer, shown, variant, asked.rounds)
    merging(renderer, variant, asked.rounds, asked.subscribers)


def compiling(renderer: Renderer, shown: Edition, variant: Variant, rounds: int) -> None:
    """Both halves of a compile, which only the renderer's own parts tell apart."""
    templates, labels = renderer._templates, renderer._in("en")  # noqa: SLF001
    context = renderer._digest_context(shown, variant, labels, BUDGETS[0])  # noqa: SLF001
    source, lines = templates.mjml("digest.mjml", context)
    ours, jinja = in_turns(
        lambda: compiled(source, lines, "digest.mjml", templates.shown),
        lambda: templates.mjml("digest.mjml", context),
        rounds,
        20,
    )
    print(
        f"compile   {1000 * ours:>8.1f} ms   Jinja alone          {1000 * jinja:>8.1f} ms   {ours / jinja:.1f}"
    )


def merging(renderer: Renderer, variant: Variant, rounds: int, subscribers: int) -> None:
    mailing = Mailing(
        id="2026-W47.bell.example",
        kind=MailingKind.DIGEST,
        edition=None,
        date=NOW,
        headers=HeaderFacts(
            sender="The Harbour Bell <weekly@bell.example>",
            list_id="weekly.bell.example",
            web_url="https://news.bell.example/",
            timezone="Europe/London",
            domain="bell.example",
        ),
        variants=(variant,),
    )
    draft = compile_letter(mailing, variant).draft
    html, text = split(variant.html), split(variant.text)
    people = [
        Recipient(
            subscriber=number,
            serial=1,
            email=f"ann{number}@list.example",
            name="Zoë",
            language="en",
            topics=(),
            key="k" * 16,
            token_key="a",
            since=NOW,
        )
        for number in range(subscribers)
    ]

    def prepared(subscriber: Recipient) -> tuple[dict[str, str], frozenset[str]]:
        flags = renderer.flags(subscriber, variant)
        values = renderer.values(subscriber, since=NOW.date(), unsubscribe=LINK, preferences=LINK)
        return values, flags or frozenset()

    def merged(subscriber: Recipient) -> None:
        draft(subscriber, *prepared(subscriber), LINK).message()

    def by_the_library(subscriber: Recipient) -> None:
        values, flags = prepared(subscriber)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = mailing.headers.sender, subscriber.email, variant.subject
        mail.set_content(merge(text, values, flags))
        mail.add_alternative(merge(html, values, flags, escape), subtype="html")
        mail.as_bytes()

    ours, theirs = in_turns(
        lambda: [merged(subscriber) for subscriber in people],
        lambda: [by_the_library(subscriber) for subscriber in people[:20]],
        rounds,
        1,
    )
    ours, theirs = ours / subscribers, theirs / 20
    print(
        f"merge     {1e6 * ours:>8.1f} µs   email.message        {1e6 * theirs:>8.0f} µs   1/{theirs / ours:,.0f}"
    )


def in_turns(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int, times: int
) -> tuple[float, float]:
    """Return the median CPU seconds of one call of each."""
    measured = [(cpu(ours, times), cpu(theirs, times)) for _ in range(rounds)]
    return statistics.median(a for a, _ in measured), statistics.median(b for _, b in measured)


def cpu(call: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - start) / times


def edition(stories: int) -> Edition:
    """Sections of eight, the first of each with an image, and six places."""
    all_ = [article(number) for number in range(1, stories + 1)]
    sections = tuple(
        Section(f"Part {at // 8}", f"part-{at // 8}", tuple(all_[at : at + 8])) for at in range(0, stories, 8)
    )
    hot = tuple(
        HotEntry(rank, f"Place {rank}", url=f"{SITE}h{rank}", movement=Movement(Trend.UP, rank))
        for rank in range(1, 7)
    )
    return Edition(
        WeekKey(2026, 47), 12, date(2026, 11, 20), article(0), sections, hot, "What the tide brought in"
    )


def article(number: int) -> Article:
    return Article(
        id=f"tag:bell.example,2026:{number}",
        source="desk",
        first_seen=NOW,
        changed=NOW,
        title=f"Story {number} of the things that happen at night in a harbour",
        url=f"{SITE}{number}",
        authors=("Ada Quill",),
        published=NOW,
        section="Part 0",
        summary="Salt and rope, and a good deal of waiting for a ferry that is late. " * 3,
        content="water " * 700,
        image=Image(f"{SITE}{number}.png", "A boat", 1200, 750),
        language="en",
    )


if __name__ == "__main__":
    main()
