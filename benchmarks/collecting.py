"""A cold collect of article pages from ten hosts that take their time, beside the same pages asked one after the other.

    python benchmarks/collecting.py [--pages 1000] [--hosts 10] [--latency 0.3] [--one-by-one 100]

Each host is an address of this machine (127.0.0.1, 127.0.0.2, …) with a sitemap and its share of the pages, which a process of their
own serves, each answer `--latency` seconds late. Ours is the collector itself, from the sitemaps to the articles, with its default
limits: four requests a host at a time. One by one is the simplest program: fetch a page, read it, then the next; it is measured on
fewer pages, and its time for all of them worked out. Prints seconds on the clock and of CPU, and the ratio.
"""

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2

from syndication.collect.article.article_page import PageParser
from syndication.collect.collector import Collector
from syndication.collect.http.fetch import Fetcher
from syndication.domain.article import Source, SourceKind, Validators
from syndication.domain.publication import Publication

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PUBLICATION = Publication(
    "The Benchmark",
    "https://benchmark.example/",
    "en",
    ZoneInfo("UTC"),
    "",
    "https://f.example/",
    "https://w.example/",
)
SENTENCE = "The boats of the night line leave the pier at ten past every hour, and nobody who works late has to walk any more. "
TEASER = "<li><a href='/{0}'>A teaser of another piece, number {0}</a><img src='/{0}.jpg' alt=''></li>"


def page(number: int) -> bytes:
    """Return an article of some 20 KB: head, menu, thirty paragraphs, teasers."""
    head = (
        f"<title>Piece {number} | Harbour Paper</title><meta property='og:type' content='article'>"
        f"<script type='application/ld+json'>"
        f'{{"@type":"NewsArticle","headline":"Piece {number}","datePublished":"2026-11-18T09:30:00Z","author":{{"name":"Mina Han"}}}}</script>'
    )
    text = "".join(f"<p>{index}. {SENTENCE * 3}<a href='/{index}'>More</a></p>" for index in range(30))
    teasers = "".join(TEASER.format(index) for index in range(60))
    return f"<html><head>{head}</head><body><nav><ul>{teasers}</ul></nav><article><h1>Piece {number}</h1>{text}</article></body></html>".encode()


def serve(hosts: int, pages: int, latency: float, ready: Connection) -> None:
    """Answer for every host, until the process is ended."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            path = line.split(b" ")[1].decode()
            address = ""
            while (field := await reader.readline()).strip():
                if field.lower().startswith(b"host:"):
                    address = field.split(b":", 1)[1].strip().decode()
            await asyncio.sleep(latency)
            number = path.strip("/")
            if path == "/sitemap.xml":
                rows = "".join(
                    f"<url><loc>http://{address}/{each}</loc></url>" for each in range(pages // hosts)
                )
                status, body = "200 OK", f"<urlset>{rows}</urlset>".encode()
            else:
                status, body = ("200 OK", page(int(number))) if number.isdigit() else ("404 Not Found", b"")
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
        writer.close()

    async def run() -> None:
        ports = []
        for host in range(1, hosts + 1):
            server = await asyncio.start_server(answer, f"127.0.0.{host}", 0)
            ports.append(f"127.0.0.{host}:{server.sockets[0].getsockname()[1]}")
        ready.send(ports)
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def servers(hosts: int, pages: int, latency: float) -> Iterator[list[str]]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(hosts, pages, latency, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


async def ours(addresses: list[str], limit: int) -> int:
    """How many articles all sources gave."""
    sources = [
        Source(address, SourceKind.SITEMAP, f"http://{address}/sitemap.xml", allow_private=True, limit=limit)
        for address in addresses
    ]
    with tempfile.TemporaryDirectory() as folder:
        async with Fetcher(contact=PUBLICATION.url) as fetcher:
            collector = Collector(publication=PUBLICATION, media=Path(folder), fetcher=fetcher)
            results = await asyncio.gather(
                *(collector.collect(each, Validators(), now=NOW) for each in sources)
            )
    for warning in (warning for result in results for warning in result.warnings):
        print(f"            {warning}")
    return sum(len(result.articles) for result in results)


def one_by_one(addresses: list[str], number: int) -> int:
    """How many articles so many pages gave."""
    found = 0
    with httpx2.Client() as client:
        for index in range(number):
            url = f"http://{addresses[index % len(addresses)]}/{index // len(addresses)}"
            parser = PageParser(Source("x", SourceKind.PAGE, url), PUBLICATION, now=NOW)
            found += parser.read(client.get(url).content, "text/html", url).article is not None
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--hosts", type=int, default=10)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--one-by-one", type=int, default=100)
    asked = parser.parse_args()
    with servers(asked.hosts, asked.pages, asked.latency) as addresses:
        one_by_one(addresses, 1)  # what is imported once is neither's cost
        began, cpu = time.perf_counter(), time.process_time()
        single = one_by_one(addresses, asked.one_by_one)
        scale = asked.pages / asked.one_by_one
        alone = (time.perf_counter() - began) * scale
        print(
            f"one by one  {alone:7.1f} s, {(time.process_time() - cpu) * scale:6.1f} s CPU (of {single} articles, times {scale:g})"
        )
        began, cpu = time.perf_counter(), time.process_time()
        articles = asyncio.run(ours(addresses, asked.pages))
        together = time.perf_counter() - began
        print(f"ours        {together:7.1f} s, {time.process_time() - cpu:6.1f} s CPU, {articles} articles")
        print(f"ratio       {alone / together:7.1f}")


if __name__ == "__main__":
    main()
