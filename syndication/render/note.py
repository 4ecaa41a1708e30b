"""The editor's note: paragraphs with links written as in Markdown, `[the tides](https://…)`, and nothing else of it."""

import re
from dataclasses import dataclass
from html import escape

from syndication.render.characters import clean, line, web_url

__all__ = ["Paragraph", "paragraphs"]

_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Prints itself: as HTML where a template escapes (Jinja asks for `__html__`), elsewhere as plain text with its addresses in angle
    brackets (RFC 3986 appendix C).
    """

    text: str  # on one line, its links as they were written

    def __html__(self) -> str:
        """Escaped, its links in the colour of the text and underlined as any link is."""
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
    """Those of a note: an empty line is between two of them."""
    found = (line(each) for each in re.split(r"\n[ \t]*\n", clean(note)))
    return [Paragraph(each) for each in found if each]
