"""The editor's note: paragraphs with links as in Markdown, `[the tides](https://…)`, and no other markup."""

import re
from dataclasses import dataclass
from html import escape

from syndication.render.characters import clean, line, web_url

_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph that prints itself: as HTML in a template that escapes (Jinja calls `__html__`), otherwise as plain text with its
    addresses in angle brackets (RFC 3986 appendix C).
    """

    text: str  # on one line, its links as written

    def __html__(self) -> str:
        """Return escaped HTML; links have the colour of the text and are underlined."""
        parts: list[str] = []
        end = 0
        for found in _LINK.finditer(self.text):
            if url := web_url(found[2]):
                link = f'<a href="{escape(url)}" style="color:inherit">{escape(found[1])}</a>'
                parts += (escape(self.text[end : found.start()]), link)
                end = found.end()
        return "".join(parts) + escape(self.text[end:])

    def __str__(self) -> str:
        return _LINK.sub(
            lambda found: f"{found[1]} <{found[2]}>" if web_url(found[2]) else found[0], self.text
        )


def paragraphs(note: str) -> list[Paragraph]:
    """Split a note into its paragraphs, at empty lines."""
    found = (line(each) for each in re.split(r"\n[ \t]*\n", clean(note)))
    return [Paragraph(each) for each in found if each]
