"""Findings about a mail that compiles, for a person to check: its line in the inbox, its size, its links."""

import re
from dataclasses import dataclass
from html import unescape

from syndication.domain.text import counted
from syndication.domain.tokens import Purpose
from syndication.flows.desk.proof import Copy, Proof

ROOMY, CLIPPED = 90_000, 102_000  # bytes of HTML: our own limit, and where Gmail clips
SUBJECT = 78  # characters, RFC 5322 §2.1.1
PREHEADER = range(40, 91)  # characters
_LINK = re.compile(r'<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ALT = re.compile(r'<img\s[^>]*?alt="([^"]*)"[^>]*>')
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class ProofFinding:
    """A fault and its remedy."""

    fault: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the mail. A `personal` one acts for this subscriber, whatever person opens it."""

    text: str
    url: str
    personal: bool


def links(proof: Proof, copy: Copy) -> tuple[Link, ...]:
    """Return the links in the order of the mail."""
    own = tuple(f"{proof.letters.web_url}{each}/" for each in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES))
    found = ((_words(match[2]), unescape(match[1])) for match in _LINK.finditer(copy.html))
    return tuple(Link(words, url, url.startswith(own)) for words, url in found)


def findings(proof: Proof, copy: Copy) -> tuple[ProofFinding, ...]:
    """Return the findings about a copy; an empty list means that nothing is wrong."""
    return (
        *(ProofFinding(warning, "") for warning in proof.warnings),
        *_inbox(copy),
        *_size(copy),
        *_links(links(proof, copy)),
    )


def _inbox(copy: Copy) -> list[ProofFinding]:
    found = []
    if len(copy.subject) > SUBJECT:
        found.append(
            ProofFinding(
                f"The subject has {len(copy.subject)} characters.", f"Inboxes show {SUBJECT}: shorten it."
            )
        )
    if copy.preheader == copy.subject:
        found.append(ProofFinding("The preheader repeats the subject.", "Give the lead a summary."))
    elif len(copy.preheader) not in PREHEADER:
        found.append(
            ProofFinding(
                f"The preheader has {counted(len(copy.preheader), 'character')}.",
                f"{PREHEADER.start} to {PREHEADER.stop - 1} fill an inbox row: look at the lead's summary.",
            )
        )
    return found


def _size(copy: Copy) -> list[ProofFinding]:
    size = len(copy.html.encode())
    if size <= ROOMY:
        return []
    return [
        ProofFinding(
            f"The HTML is {size / 1000:.1f} KB.", "Gmail clips at about 102 KB: shorten the template."
        )
    ]


def _links(found: tuple[Link, ...]) -> list[ProofFinding]:
    where: dict[str, set[str]] = {}
    for link in found:
        where.setdefault(link.text, set()).add(link.url)
    return [
        *(
            ProofFinding(f"{len(urls)} links to different pages say “{text}”.", "Say where each one leads.")
            for text, urls in where.items()
            if text and len(urls) > 1
        ),
        *(
            ProofFinding(f"A link to {urls} has no words.", "Give it a text, or its image an alt.")
            for urls in sorted(where.get("", ()))
        ),
        *(
            ProofFinding(
                f"“{link.text}” leads to {link.url or 'nowhere'}.", "A mail needs a whole http address."
            )
            for link in found
            if not re.match(r"(https?://|mailto:)", link.url)
        ),
    ]


def _words(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", _ALT.sub(r" \1 ", html))).split())
