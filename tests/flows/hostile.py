"""Articles as nobody would write them, but somebody will: every code point, endless titles, no dates, future dates, broken HTML."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from syndication.collect.text.clean import clean
from syndication.domain.article import Image, ParsedArticle

START = datetime(2020, 1, 1, tzinfo=UTC)
TITLES = (
    "{n} <b>bold</b> & &amp; <script>alert(1)</script>",
    "{n} ]]> <![CDATA[ <!-- --> <?xml?>",
    "{n} 👩‍👩‍👧‍👦 🏳️‍🌈 🇰🇷 👍🏽",
    "{n} שלום עולם \u202eabc\u202c العربية",
    "{n} " + "endless " * 60,
    "{n} 부두의 안개 汉字 かな",
    "{n} \x00\x01\x0b\x1f\ud800\udfff\ufffe\uffff",
    "{n} ../../etc/passwd",
    "",
)
BODIES = (
    "<p>Plain {n}",
    "<table><tr><td>open <b>and <i>crossed</b></i> {n}",
    '<p onclick="x()">a<script>alert(1)</script><a href="javascript:x">b</a><img src="/r.png"></p>{n}',
    '<iframe src="https://v.example/{n}"></iframe><svg/onload=x>',
    "&lt;not a tag&gt; &amp;amp; &#0; &#xD800; {n}",
    "\x00\x0b\ufffe<p>controls \ud83d {n}</p>",
    "",
)
NAMES = (
    "../..",
    ".",
    "CON",
    "a/b",
    "\x00",
    "C++",
    "C#",
    "c",
    "<x>",
    "👍",
    "ㅎ",
    "x@y.example",
    "a\u202eb",
    " ",
    "x" * 5000,
)


def hostile(count: int, *, seed: int, heaviest: int) -> Iterator[ParsedArticle]:
    """So many, together with every code point there is; one body has `heaviest` bytes."""
    chance = random.Random(seed)
    step = -(-0x110000 // count)
    for number in range(count):
        points = "".join(map(chr, range(number * step, min((number + 1) * step, 0x110000))))
        body = chance.choice(BODIES).format(n=number) + (points if number % 2 else "")
        if number == count // 2:
            body = "<p>heavy</p>" * (heaviest // 12)
        # Two in twenty have the address of another.
        url = f"https://harbour.example/{number - 1 if number % 10 == 9 else number}?a=1&b=<\u00e9>"
        yield ParsedArticle(
            title=chance.choice(TITLES).format(n=number) + ("" if number % 2 else points[:200]),
            keys=(f"guid:{number}",),
            url="" if number % 7 == 0 else url,
            authors=tuple(chance.sample(NAMES, 2)),
            published=chance.choice((None, START + timedelta(hours=number), START + timedelta(days=40_000))),
            section=chance.choice(NAMES),
            summary=chance.choice(TITLES).format(n=number),
            content=clean(body, "https://harbour.example/"),
            image=chance.choice(
                (
                    None,
                    Image("https://harbour.example/\u00e9 .jpg", "]]>\x00", 0, 9, "", 0),
                    Image("javascript:x"),
                )
            ),
            tags=tuple(chance.sample(NAMES, 3)),
            language=chance.choice(("", "ko", "ar", "not a language")),
        )
