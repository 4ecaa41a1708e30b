"""The first words of an article, without what stands above and below its text."""

import re

from syndication.domain.hotlist import normalise_title
from syndication.domain.text import plain

_HEADING = re.compile(r"\s*<h([1-3])\b[^>]*>(.*?)</h\1>\s*", re.DOTALL)
_FIGURE = re.compile(r"<(figure|figcaption|caption)\b[^>]*>.*?</\1>", re.DOTALL)
_BLOCK = re.compile(
    r"<(?:p|li|div|h[1-6]|blockquote|td|dd|br|hr)\b[^>]*>|</(?:p|li|div|h[1-6]|blockquote|td|dd)>"
)
_ABOVE = re.compile(  # a credit or buttons
    r"(?:photo|photograph|image|picture|illustration|video|credit|foto|fotos|bild|crédit|photos?|사진|이미지)s?(?:\s+(?:by|credit|courtesy(?:\s+of)?|von|de|di)\b|\s*[:=©])"
    r".{0,150}|©.{1,100}"
    r"|(?:(?:share|tweet|print|e-?mail|pin|post|like|save|copy link|facebook|twitter|x|linkedin|whatsapp|telegram|reddit|this|article|story|on|via|to|with|friends?|follow us|teilen)\W*){1,12}",
    re.IGNORECASE,
)
_BELOW = re.compile(  # what WordPress adds to each entry of a feed
    r"the post .{1,300} (?:first appeared|appeared first) on .{1,200}|der beitrag .{1,300} erschien zuerst auf .{1,200}"
    r"|l.(?:article|actu) .{1,300} est apparu en premier sur .{1,200}|la entrada .{1,300} (?:se publicó primero|aparece primero) en .{1,200}"
    r"|o post .{1,300} apareceu primeiro em .{1,200}|l.articolo .{1,300} (?:proviene da|sembra essere il primo su) .{1,200}"
    r"|het bericht .{1,300} verscheen eerst op .{1,200}|сообщение .{1,300} появились сначала на .{1,200}",
    re.IGNORECASE,
)
_LONGEST = 600  # characters of such a line
_MOST = 3  # of such lines above the text


def without_heading(content: str, title: str) -> str:
    """Return cleaned HTML without the first heading that only repeats the title."""
    whole = normalise_title(title)
    for heading in _HEADING.finditer(content) if whole else ():
        if normalise_title(plain(heading[2])) == whole:
            return content[: heading.start()] + content[heading.end() :]
    return content


def teaser(content: str) -> str:
    """Return the text of cleaned HTML without captions, credits, buttons, and the line that WordPress adds; all of it if nothing is left."""
    lines = [line for part in _BLOCK.split(_FIGURE.sub(" ", content)) if (line := plain(part))]
    for _ in range(_MOST):
        if lines and len(lines[0]) <= _LONGEST and _ABOVE.fullmatch(lines[0]):
            del lines[0]
    if lines and len(lines[-1]) <= _LONGEST and _BELOW.fullmatch(lines[-1]):
        del lines[-1]
    return " ".join(lines) or plain(content)
