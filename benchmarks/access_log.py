"""A week's visitors out of an access log of a million lines, beside GoAccess and a plain loop on the same file.

    python benchmarks/access_log.py [--lines 1000000] [--rounds 3]

CPU seconds and peak memory of each as a process of its own, the median of interleaved rounds. GoAccess (Debian's package `goaccess`)
counts more: every page, referrer and browser of the whole file, with its own list of crawlers (`--ignore-crawlers`). The plain loop
is what one writes first: a regular expression for each line, a set of addresses with user agents for each article, no list of robots.
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGINS = datetime(2026, 11, 15, 15, tzinfo=UTC)
ARTICLES = [
    f"/2026/11/{section}/{number:04}-a-headline-of-usual-length"
    for number in range(300)
    for section in ("city", "sea")
]
OURS = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from syndication.collect.access_log.reading import LogReading, Question
from syndication.domain.article import Article
begins = datetime(2026, 11, 15, 15, tzinfo=UTC)
articles = tuple(
    Article(title=path, keys=(path,), id=path, source="", url="https://harbour.example" + path, first_seen=begins, changed=begins)
    for path in Path(sys.argv[2]).read_text().split()
)
reading = LogReading(
    Question(pattern=Path(sys.argv[1]), begins=begins, ends=begins + timedelta(days=7), articles=articles), b"0123456789abcdef"
)
for _ in reading.steps():
    pass
found = reading.audience()
print(found.lines, sum(found.visitors.values()), dict(found.left_out))
"""
PLAIN = """
import re, sys
from collections import defaultdict
from datetime import datetime
line_of = re.compile(r'^(\\S+) \\S+ \\S+ \\[([^\\]]+)\\] "(\\S+) (\\S+)[^"]*" (\\d{3}) \\S+ "[^"]*" "([^"]*)"')
begins, ends = datetime.fromisoformat("2026-11-15T15:00Z"), datetime.fromisoformat("2026-11-22T15:00Z")
articles, visitors = set(open(sys.argv[2]).read().split()), defaultdict(set)
for line in open(sys.argv[1]):
    match = line_of.match(line)
    if match and match[3] == "GET" and match[5] in ("200", "304"):
        path = match[4].partition("?")[0].rstrip("/")
        if path in articles and begins < datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z") <= ends:
            visitors[path].add((match[1], match[6]))
print(sum(map(len, visitors.values())))
"""
# A small process that starts the measured one: a child's peak memory counts from what its parent had.
WATCH = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
said = child.stdout.read()
_, status, usage = os.wait4(child.pid, 0)
print(json.dumps([status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said[-2000:].decode("utf-8", "replace")]))
"""
GOACCESS = ["--log-format=COMBINED", "--ignore-crawlers", "--no-global-config", "--no-progress", "-o"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, paths = folder / "access.log", folder / "articles"
        with log.open("w", encoding="ascii") as file:
            file.writelines(lines(arguments.lines))
        paths.write_text("\n".join(ARTICLES), encoding="ascii")
        programs = {
            "ours": [sys.executable, "-c", OURS, str(log), str(paths)],
            "a plain loop": [sys.executable, "-c", PLAIN, str(log), str(paths)],
        }
        if goaccess := shutil.which("goaccess"):
            programs["GoAccess"] = [goaccess, str(log), *GOACCESS, str(folder / "report.json")]
        print(f"{arguments.lines:,} lines, {log.stat().st_size / 2**20:.0f} MB")
        compare(programs, arguments.rounds)


def compare(programs: dict[str, list[str]], rounds: int) -> None:
    results: dict[str, list[tuple[float, float]]] = {what: [] for what in programs}
    for number in range(rounds):
        for what, line in programs.items():
            cpu, memory, said = measured(what, line)
            results[what].append((cpu, memory))
            if number == 0 and said:
                print(f"{what}: {said.strip()}", flush=True)
    ours = statistics.median(cpu for cpu, _ in results["ours"])
    for what, found in results.items():
        cpu, memory = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{what}: {cpu:.2f} s CPU, {memory:.0f} MB; {cpu / ours:.2f} times ours")


def measured(what: str, line: list[str]) -> tuple[float, float, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", WATCH, *line], stdout=subprocess.PIPE, check=True, cwd=ROOT
    )
    status, cpu, memory, said = json.loads(done.stdout)
    if status:
        sys.exit(f"{what} failed with status {status}")
    return cpu, memory, said


def lines(number: int) -> Iterator[str]:
    """Yield a week and a day of a small newsroom's log, as nginx writes it: half of it styles, scripts and images, a tenth of it robots."""
    chance = random.Random(1)
    visitors = [(address(chance), chance.choice(BROWSERS)) for _ in range(max(number // 15, 1))]
    robots = [(address(chance), agent) for agent in ROBOTS for _ in range(20)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(ARTICLES))))
    for index in range(number):
        at = BEGINS + timedelta(hours=9 - 12, seconds=index * 8 * 86_400 // number)
        who, agent = chance.choice(robots) if chance.random() < 0.1 else chance.choice(visitors)
        kind = chance.random()
        method, status = ("GET", chance.choices((200, 304, 404, 206), (92, 5, 2, 1))[0])
        if kind < 0.5:
            path = f"/static/{chance.choice(('site', 'story', 'ads', 'map'))}.{chance.choice(('css', 'js', 'png', 'woff2'))}?v={chance.randint(1, 40)}"
        elif kind < 0.85:
            path = chance.choices(ARTICLES, cum_weights=weights)[0]
            path += f"?utm_source=mail&fbclid={chance.getrandbits(60):x}" if chance.random() < 0.25 else ""
        elif kind < 0.97:
            path = chance.choice(
                ("/", "/city/", "/sea/", "/feeds/rss.xml", f"/search?q={chance.randint(1, 5_000)}")
            )
        else:
            path, method, status = chance.choice(("/wp-login.php", "/xmlrpc.php", "/.env")), "POST", 404
        size, referrer = (
            chance.randint(300, 90_000),
            chance.choice(("-", "https://search.example/", "https://harbour.example/")),
        )
        yield f'{who} - - [{at:%d/%b/%Y:%H:%M:%S} +0900] "{method} {path} HTTP/2.0" {status} {size} "{referrer}" "{agent}"\n'


def address(chance: random.Random) -> str:
    return ".".join(str(chance.randint(1, 254)) for _ in range(4))


def browsers() -> list[str]:
    chance = random.Random(2)
    web = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"
    found = [
        web.format("Windows NT 10.0; Win64; x64", f"Chrome/{version}.0.0.0") for version in range(100, 131)
    ] * 20
    found += [
        f"Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{major}.{minor} Mobile/15E148 Safari/604.1"
        for major in range(14, 19)
        for minor in range(7)
    ] * 20
    phones = [
        f"SM-{chance.choice('AGNS')}{chance.randint(100, 999)}{chance.choice('BFN')}" for _ in range(600)
    ]
    found += [
        web.format(
            f"Linux; Android {chance.randint(9, 15)}; {phone}",
            f"Chrome/{chance.randint(90, 130)}.0.{chance.randint(4000, 6700)}.{chance.randint(1, 200)} Mobile",
        )
        for phone in phones
        for _ in range(3)
    ]
    return found


BROWSERS = browsers()
ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
    "facebookexternalhit/1.1",
    "curl/8.5.0",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 30 subscribers)",
)

if __name__ == "__main__":
    main()
