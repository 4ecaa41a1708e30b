"""Decode a page or a feed, whatever it says about its encoding."""

import codecs
import re

# UTF-32 begins like UTF-16, so it comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What "<" looks like without a byte order mark (XML 1.0, appendix F).
_UNMARKED = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,400}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_LANGUAGE = re.compile(
    rb"""<(?:\w+:)?language>\s*([a-z]{2})|\blang\s*=\s*["']?([a-z]{2})(?![a-z])""", re.IGNORECASE
)
_REPLACED = "\ufffd"
_SPOILT = 20  # one broken character per 20 beyond ASCII may be damage, and does not mean another encoding
_STRAY = 2  # broken characters that are damage even if nothing else is beyond ASCII
_HEAD = 4096  # bytes that are searched for a declaration
# What the web means by these encodings (Python's names; WHATWG Encoding §4.2): the superset of each.
_LARGER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
# Encodings that no page is written in, or that would have been recognised before.
_NOT_MEANT = ("utf", "idna", "punycode")
_WESTERN = "cp1252"  # decodes almost anything, so declaring only this says nothing
# The encodings of a language before Unicode, the strictest first.
_OLD = {
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "zh": ("gb18030", "big5"),
    "th": ("cp874",),
    "el": ("cp1253",),
    "tr": ("cp1254",),
    **dict.fromkeys(("be", "bg", "mk", "ru", "sr", "uk"), ("cp1251",)),
    **dict.fromkeys(("cs", "hr", "hu", "pl", "ro", "sk", "sl"), ("cp1250",)),
}


def decoded(data: bytes, content_type: str = "") -> str:
    """Return `data` as text. What decodes as UTF-8 is UTF-8, whatever is declared: others hardly ever do by chance.

    Declared UTF-8 stays UTF-8 unless most of its characters are broken. Otherwise the header's charset decides, else the
    page's own, its language, or the look of the bytes. Broken characters become U+FFFD: `broken_bytes` counts them.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, errors="replace")
    for start, name in _UNMARKED:
        if data.lstrip(b" \t\r\n").startswith(start):
            return data.decode(name, errors="replace")
    unicode = data.decode("utf-8", errors="replace")
    broken = unicode.count(_REPLACED)
    beyond = sum(character > "\x7f" for character in unicode)
    if broken * _SPOILT <= beyond:
        return unicode
    if _declares_utf8(data, content_type) and (
        broken * 2 <= beyond or (broken <= _STRAY and not _by_language(data))
    ):
        return unicode
    declared = _declared(data, content_type)
    hinted = [name for name in declared if name != _WESTERN] + list(_by_language(data))
    for name in (*hinted, *declared):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return data.decode(declared[0] if declared else _guessed(data), errors="replace")


def broken_bytes(data: bytes, text: str) -> int:
    """Return how many places of `text`, decoded from `data`, were no characters of its encoding."""
    return max(0, text.count(_REPLACED) - data.count(_REPLACED.encode()))


def _declares_utf8(data: bytes, content_type: str) -> bool:
    header, inside = _HEADER.search(content_type), _DECLARED.search(data[:_HEAD])
    names = {header[1] if header else "", inside[1].decode("ascii") if inside else ""} - {""}
    return {name.lower().replace("_", "-") for name in names} <= {"utf-8", "utf8"} and bool(names)


def _declared(data: bytes, content_type: str) -> list[str]:
    """Return the encodings that header and page declare. UTF-8 is left out: the data is known not to be UTF-8."""
    header = _HEADER.search(content_type)
    inside = _DECLARED.search(data[:_HEAD])
    names = (header[1] if header else "", inside[1].decode("ascii") if inside else "")
    return [name for each in names if (name := _known(each))]


def _by_language(data: bytes) -> tuple[str, ...]:
    found = _LANGUAGE.search(data[:_HEAD])
    return _OLD.get((found[1] or found[2]).decode("ascii").lower(), ()) if found else ()


def _known(name: str) -> str:
    """Return Python's codec for `name`, empty unless it is a text encoding: Python also has `hex`, `zip` and the like."""
    try:
        "".encode(name)
        plain = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return "" if plain.startswith(_NOT_MEANT) else _LARGER.get(plain, plain)


def _guessed(data: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 (0.1 s, and hardly ever needed)

    best = from_bytes(data[: 2**16]).best()
    return (_known(best.encoding) if best else "") or _WESTERN
