"""Thousands of hostile articles published, and every feed read by parsers that know nothing of each other: feedparser, lxml with the Atom
grammar, our JSON Feed rules, Ruby's own RSS library with its validation, and sfeed, a subscriber in C.

    python benchmarks/hostile.py [--articles 5000] [--heaviest 10000000]

Prints how many feeds and entries each judged, and ends with 1 at the first that one refuses.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from syndication.flows.publishing.publish import run_publish
from tests.flows.hostile import hostile
from tests.flows.judges import judged, judged_by_sfeed
from tests.flows.newsroom import Newsroom
from tests.flows.test_older import DESK

RUBY = """
require 'rss'
entries = 0
ARGF.each_line(chomp: true) do |path|
  feed = RSS::Parser.parse(File.read(path, encoding: 'UTF-8'), true)
  raise "#{path} is no feed" if feed.nil?
  entries += feed.items.size
end
puts entries
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--heaviest", type=int, default=10_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        newsroom = Newsroom(Path(name))
        began = time.perf_counter()
        asyncio.run(published(newsroom, arguments.articles, arguments.heaviest))
        folders = sorted(file.parent for file in (newsroom.folder / "feeds").rglob("rss.xml"))
        print(
            f"{arguments.articles:,} articles, {len(folders):,} feeds in {time.perf_counter() - began:.0f} s"
        )
        entries = sum(judged(folder, now=newsroom.now) for folder in folders)
        print(f"feedparser, the Atom grammar and JSON Feed 1.1 agree on {entries:,} entries")
        files = [folder / kind for folder in folders for kind in ("rss.xml", "atom.xml")]
        print(f"Ruby reads {by_ruby(files)} entries in {len(files):,} files")
        found = shutil.which("sfeed") or sys.exit("sfeed is missing: install Debian's package sfeed.")
        print(f"{found} finds what JSON says in {sum(map(judged_by_sfeed, folders)):,} entries")


async def published(newsroom: Newsroom, articles: int, heaviest: int) -> None:
    async with newsroom.app() as app:
        await app.store.articles.merge(
            DESK,
            list(hostile(articles, seed=1, heaviest=heaviest)),
            others=(),
            now=newsroom.now,
            mint=lambda: f"tag:harbour.example,2023:{newsroom.moment.new_id()}",
            backlog=lambda _: "",
        )
        await run_publish(app)


def by_ruby(files: list[Path]) -> str:
    ruby = shutil.which("ruby") or sys.exit("ruby is missing: install Debian's packages ruby and ruby-rss.")
    done = subprocess.run(
        [ruby, "-e", RUBY], input="\n".join(map(str, files)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"Ruby refuses a feed: {done.stderr.strip()}")
    return f"{int(done.stdout):,}"


if __name__ == "__main__":
    main()
