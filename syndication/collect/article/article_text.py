"""Extract the text of an article from its page.

Import this module only where a page is read: trafilatura takes 0.3 s.
"""

import re
import warnings
from collections import Counter
from contextlib import suppress
from html import escape

with warnings.catch_warnings():  # urllib3, loaded for its own downloads, misses a module for SOCKS
    warnings.simplefilter("ignore")
    import trafilatura
    from trafilatura.metadata import extract_metadata
    from trafilatura.settings import Document

from syndication.collect.article.choice import FactOrigin, Facts
from syndication.collect.article.json_ld import is_markup
from syndication.collect.text.page_tree import page_body, page_tree
from syndication.domain.text import plain

_MAX_PAGE = 2_000_000  # characters of markup, without scripts
_MAX_TAGS = 25_000  # trafilatura takes 2 s for these, four times as long for twice as many
_MAX_GUESSED = 200_000  # characters that are searched for a date or a name
_FEW = 250  # characters of text: a shorter one is seldom a whole article
_BLOCK = re.compile(r"<(?:br|div|h[1-6]|li|p)[\s/>]", re.IGNORECASE)
_ALIKE = 0.97  # F1 of the words of two texts
_SHARE = 0.6  # of the length of the JSON-LD text that the extracted one must have


def read_body(html: str, url: str, json_ld: str) -> tuple[str, FactOrigin]:
    """Return the article in `html` (the result of `shallow`) as HTML that is not sanitised yet, and its origin.

    `json_ld` is the text in JSON-LD, or empty. It seldom has links, so it is used only if the page shows much less.
    """
    stated = _paragraphs(json_ld)
    whole = len(plain(stated))
    html = "<".join(html[:_MAX_PAGE].split("<", _MAX_TAGS)[:_MAX_TAGS])
    found = _found(html, url)
    length = len(plain(found))
    # Trafilatura ran the paragraphs together.
    blocks = stated.count("<p") - 1 if is_markup(json_ld) else json_ld.count("\n")
    if stated and blocks >= found.count("<p"):
        return stated, FactOrigin.JSON_LD
    if stated and length < _SHARE * whole:
        recalled = _found(html, url, recall=True)
        if len(plain(recalled)) >= _SHARE * whole:
            return recalled, FactOrigin.TRAFILATURA
        return stated, FactOrigin.JSON_LD
    if length < _FEW:
        own = page_body(html)
        if own is not html and length < len(plain(own)) < 20 * _FEW and "<p" in own and not found:
            return own, FactOrigin.BODY
    return found, FactOrigin.TRAFILATURA


def _found(html: str, url: str, *, recall: bool = False) -> str:
    """Return the text with images, links and formatting, as far as they do not change the words.

    With images or links enabled, trafilatura sometimes chooses other parts of the page: it breaks a paragraph at a
    link, or takes a list of teasers with their pictures. Its choice without them is the better text.
    """
    # An exception of trafilatura costs this page, not the run.
    with suppress(Exception):
        bare = trafilatura.bare_extraction(html, url=url, include_comments=False, favor_recall=recall)
        words = _words(bare.text or "" if isinstance(bare, Document) else "")
        best = ""
        for images, links in ((True, True), (False, True), (True, False), (False, False)):
            best = _extracted(html, url, recall=recall, images=images, links=links)
            if _are_alike(words, _words(plain(best))):
                break
        return best
    return ""


def _are_alike(words: Counter[str], rich: Counter[str]) -> bool:
    """Return whether nearly all words are the same, and no other word is two words run together."""
    if (words & rich).total() * 2 < _ALIKE * (words.total() + rich.total()):
        return False
    cuts = ((word[:cut], word[cut:]) for word in rich - words for cut in range(1, len(word)))
    return not any(words[first] and words[second] for first, second in cuts)


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def _extracted(html: str, url: str, *, recall: bool, images: bool, links: bool) -> str:
    text = trafilatura.extract(
        html,
        url=url,
        output_format="html",
        include_comments=False,
        include_images=images,
        include_links=links,
        include_formatting=True,
        favor_recall=recall,
    )
    return _inside(text or "")


def _inside(html: str) -> str:
    """Return the content of the body of a document."""
    return re.sub(
        r"\A\s*<html>\s*(?:<head>.*?</head>\s*)?<body>|</body>\s*</html>\s*\Z", "", html, flags=re.DOTALL
    )


def _paragraphs(text: str) -> str:
    """Return the text of JSON-LD as HTML: its blocks, else a paragraph a line."""
    markup = is_markup(text)
    if markup and _BLOCK.search(text):
        return text
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"<p>{line if markup else escape(line, quote=False)}</p>" for line in lines if line)


def read_guesses(html: str, url: str) -> Facts:
    """Return trafilatura's guesses for a page (the result of `shallow`). Its times are days."""
    root = page_tree(html[:_MAX_GUESSED])
    if root is None:
        return Facts()
    with suppress(Exception):  # as above
        return _guessed(extract_metadata(root, default_url=url))
    return Facts()


def _guessed(found: Document) -> Facts:
    return Facts(
        title=found.title or "",
        authors=tuple((found.author or "").split("; ")),
        published=found.date or "",
        language=found.language or "",
        site=found.sitename or "",
        summary=found.description or "",
    )
