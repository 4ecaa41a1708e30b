"""A whole publish, and one more article, beside Django's feedgenerator and Hugo on the same articles.

    python benchmarks/feeds.py [--articles 20000] [--django PYTHON] [--hugo hugo]

`--django` is a Python that has Django (a virtual environment of its own: it is no dependency). CPU seconds, seconds and peak memory of
each, as processes. They do not do the same work: Django writes one RSS feed of all articles, Hugo a page for each article and an RSS feed
for each section, author and tag; ours is three formats, full and as summaries, compressed, with every article in `older/`.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from syndication.domain.article import ParsedArticle
from tests.flows.newsroom import Newsroom
from tests.flows.test_older import DESK

START = datetime(2010, 1, 1, tzinfo=UTC)
DJANGO = """
import json, sys
from datetime import datetime
from django.conf import settings
settings.configure(USE_TZ=True)
from django.utils.feedgenerator import Rss201rev2Feed
feed = Rss201rev2Feed(title="Benchmark", link="https://harbour.example/", description="All")
for line in open(sys.argv[1]):
    one = json.loads(line)
    feed.add_item(title=one["title"], link=one["url"], description=one["content"], unique_id=one["url"],
                  author_name=one["author"], categories=one["tags"], pubdate=datetime.fromisoformat(one["date"]))
with open(sys.argv[2], "w") as out:
    feed.write(out, "utf-8")
"""
# A small process that starts the measured one: a child's peak memory counts from what its parent had.
WATCH = """
import json, os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(json.dumps([status, usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss]))
"""
PUBLISH = """
from syndication.cli import main
main()
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--django", default="")
    parser.add_argument("--hugo", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pieces = articles(arguments.articles + 1)
        newsroom = Newsroom(folder / "site")
        asyncio.run(collected(newsroom, pieces[:-1]))
        publish = [sys.executable, "-c", PUBLISH, "--config", str(newsroom.config), "publish"]
        full = shown("ours, everything", publish)
        shown("ours, nothing new", publish)
        asyncio.run(collected(newsroom, pieces[-1:]))
        one = shown("ours, one new article", publish)
        print(f"one new article costs 1/{full / one:.0f} of everything")
        if arguments.django:
            (folder / "articles.jsonl").write_text("\n".join(json.dumps(plain(piece)) for piece in pieces))
            peer = [
                arguments.django,
                "-c",
                DJANGO,
                str(folder / "articles.jsonl"),
                str(folder / "django.xml"),
            ]
            shown("Django, one RSS feed of all", peer)
        if arguments.hugo:
            hugo_site(folder / "hugo", pieces)
            shown("Hugo, its whole site", [arguments.hugo, "--quiet", "--source", str(folder / "hugo")])


def articles(count: int) -> list[ParsedArticle]:
    """Of 4 KB each, an hour apart."""
    chance = random.Random(1)
    words = [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(5_000)
    ]
    return [
        ParsedArticle(
            title=" ".join(chance.choices(words, k=8)),
            keys=(f"url:https://harbour.example/{number}",),
            url=f"https://harbour.example/{number}",
            published=START + timedelta(hours=number),
            content="".join(f"<p>{' '.join(chance.choices(words, k=100))}</p>" for _ in range(6)),
            summary=" ".join(chance.choices(words, k=30)),
            section=f"Section {number % 8}",
            authors=(f"Author {number % 150}",),
            tags=tuple(f"Tag {chance.randint(0, 400)}" for _ in range(4)),
        )
        for number in range(count)
    ]


async def collected(newsroom: Newsroom, pieces: list[ParsedArticle]) -> None:
    newsroom.now = datetime.now(UTC)
    async with newsroom.app() as app:
        for start in range(0, len(pieces), 2_000):
            await app.store.articles.merge(
                DESK,
                pieces[start : start + 2_000],
                others=(),
                now=newsroom.now,
                mint=lambda: f"tag:harbour.example,2023:{newsroom.moment.new_id()}",
                backlog=lambda _: "",
            )


def plain(piece: ParsedArticle) -> dict[str, object]:
    assert piece.published is not None
    return {
        "title": piece.title,
        "url": piece.url,
        "content": piece.content,
        "author": piece.authors[0],
        "section": piece.section,
        "tags": list(piece.tags),
        "date": piece.published.isoformat(),
    }


def hugo_site(folder: Path, pieces: list[ParsedArticle]) -> None:
    (folder / "content/posts").mkdir(parents=True)
    (folder / "layouts/_default").mkdir(parents=True)
    (folder / "config.toml").write_text(
        'baseURL = "https://harbour.example/"\ntitle = "Benchmark"\nrssLimit = 100\n'
        '[taxonomies]\ntag = "tags"\nauthor = "authors"\nsection = "sections"\n'
    )
    for name in ("single.html", "list.html"):
        (folder / "layouts/_default" / name).write_text("<h1>{{ .Title }}</h1>{{ .Content }}")
    for number, piece in enumerate(pieces):
        one = plain(piece)
        front = {"title": one["title"], "date": one["date"], "tags": one["tags"], "authors": [one["author"]]}
        front["sections"] = [one["section"]]
        (folder / f"content/posts/{number}.html").write_text(f"{json.dumps(front)}\n\n{piece.content}\n")


def shown(what: str, line: list[str]) -> float:
    """Run it, print what it took, and return its CPU seconds."""
    watched = [sys.executable, "-I", "-c", WATCH, *line]
    done = subprocess.run(watched, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parents[1])
    status, used, seconds, memory = json.loads(done.stdout)
    if status:
        sys.exit(f"{what} failed with status {status}")
    print(f"{what}: {used:.2f} s CPU, {seconds:.1f} s, {memory / 1024:.0f} MB", flush=True)
    return float(used)


if __name__ == "__main__":
    main()
