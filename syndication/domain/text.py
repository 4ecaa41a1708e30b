"""Plain text for people: cut it where a person would, and estimate how long it takes to read."""

import re
from html import unescape

WORDS_A_MINUTE = 220
CHARACTERS_A_MINUTE = 500

# Not the no-break spaces, which keep words together.
_BLANKS = re.compile("[ \t\n\r\f\v\u2028\u2029]+")
_TAG = re.compile(r"<[/!a-zA-Z][^<>]*>")
_INLINE = re.compile(
    r"</?(?:a|abbr|b|cite|code|em|i|mark|q|s|small|span|strong|sub|sup|time|u)\b[^<>]*>", re.IGNORECASE
)
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
_UNSPACED_LANGUAGES = frozenset({"ja", "km", "ko", "lo", "my", "th", "yue", "zh"})
_DANGLING = " ,;:.-–—(·‘“«'\"/"  # noqa: RUF001 - these very characters are meant

# The end of a sentence with its quotation marks. In Latin script a space follows, then no lower-case letter.
_SENTENCE = re.compile(r"(?:[.!?…][\"'”’»)\]]*(?= [^a-z])|[。！？][」』”）]*)")  # noqa: RUF001 - these very characters are meant
_NO_SENTENCE = re.compile(r"(?:\b(?:[A-Za-z]|Dr|Jr|Mr|Mrs|Ms|No|Prof|Sr|St|vs)|\.[A-Za-z]+)\.$")


def boundaries(text: str) -> list[int]:
    """Return the offsets after each grapheme cluster (UAX #29): the places where `text` may be cut without splitting what a person
    sees as one character.
    """
    import regex

    return [cluster.end() for cluster in regex.finditer(r"\X", text)]


def cut(text: str, limit: int) -> str:
    """Return `text` on one line in at most `limit` code points, with an ellipsis if something was left out.

    It is cut after a word if that costs no more than a third of the room, else at one of the `boundaries`. Raises ValueError for a limit
    below 1.
    """
    if limit < 1:
        raise ValueError("a text cannot be cut to nothing")
    line = _BLANKS.sub(" ", text).strip()
    if len(line) <= limit:
        return line
    ends = {0, *(offset for offset in boundaries(line[: limit + 1]) if offset < limit)}
    end = max(ends)
    space = line.rfind(" ", 0, end + 1)
    if space >= end * 2 // 3:
        end = space
    while line[end - 1 : end] in _DANGLING and end - 1 in ends:
        end -= 1
    return line[:end] + "…"


def excerpt(text: str, limit: int) -> str:
    """Return `text` on one line in at most `limit` code points: whole sentences if they fill a third of it, else as `cut` does.

    Raises ValueError for a limit below 1.
    """
    line = _BLANKS.sub(" ", text).strip()
    if len(line) > limit:
        ends = (found.end() for found in _SENTENCE.finditer(line, 0, limit + 2))
        whole = [end for end in ends if limit / 3 <= end <= limit and not _NO_SENTENCE.search(line[:end])]
        if whole:
            return line[: whole[-1]]
    return cut(line, limit)


def plain(content: str) -> str:
    """Return the text of sanitised HTML on one line, without tags and entities. Plain text stays as it is, except for entities."""
    return _BLANKS.sub(" ", unescape(_TAG.sub(" ", _INLINE.sub("", content)))).strip()


def reading_minutes(content: str, language: str) -> int:
    """Return how long `content` (HTML or plain text) takes to read, in whole minutes; 0 only for no text at all.

    220 words a minute; 500 characters in scripts without spaces between words. Korean, which has spaces, is counted by characters too.
    """
    text = plain(content)
    if language.lower().partition("-")[0] in _UNSPACED_LANGUAGES:
        minutes = len("".join(text.split())) / CHARACTERS_A_MINUTE
    else:
        characters = len(_UNSPACED.findall(text))
        minutes = characters / CHARACTERS_A_MINUTE + len(_UNSPACED.sub(" ", text).split()) / WORDS_A_MINUTE
    return max(1, round(minutes)) if minutes else 0


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its English noun, `1 article` or `1,234 articles`; `many` is needed only if it is not `one` and an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
