"""What only names a type or holds a small value loads no parser and no HTTP client."""

import subprocess
import sys

HEAVY = {"courlan", "feedparser", "httpcore2", "httpx2", "lxml", "nh3", "protego", "trafilatura"}


def test_types_and_values_of_collect_and_bounces_load_no_parser() -> None:
    code = (
        "import sys, syndication.bounces.box, syndication.collect.access_log.reading,"
        " syndication.collect.http.limits, syndication.collect.offers, syndication.collect.source_result,"
        " syndication.collect.text.links; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(loaded.stdout.split()) == set()
