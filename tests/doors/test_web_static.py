"""The published folder as nginx and Caddy serve it with the configurations of the documentation."""

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from syndication.domain.published import TTL
from tests.doors.published_site import BROWSER, Answer, ask
from tests.doors.static_servers import static_server

pytestmark = pytest.mark.slow

FEEDS = {
    "rss.xml": "application/rss+xml",
    "atom.xml": "application/atom+xml",
    "feed.json": "application/feed+json",
}
URL = "https://news.tidewater.example/feeds/"
CITY = "sections/%EB%8F%84%EC%8B%9C/rss.xml"


@dataclass(frozen=True, slots=True)
class Site:
    folder: Path
    port: int

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.port, f"/feeds/{path}", method, named)


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, scratch = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("scratch")
    names = [*FEEDS, "sections/도시/rss.xml", "older/1/atom.xml", "feeds.html", "feed.css", "articles/x.html"]
    for name in names:
        file = folder / "feeds" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"<p>{name}</p>".encode() * 9)
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes()))
    (folder / "feeds/articles/x.html.gone").touch()
    (folder / "feeds/media").mkdir()
    for suffix in ("avif", "gif", "jpg", "png", "webp"):
        (folder / f"feeds/media/1f.{suffix}").write_bytes(b"image")
    (folder / "secret.txt").write_text("secret")
    for each in (folder, scratch):
        each.parent.chmod(0o755)
        each.chmod(0o777)  # nginx as root reads as nobody
    with static_server(request.param, folder, scratch) as port:
        yield Site(folder, port)


def test_feeds_have_their_types_hubs_and_times(site: Site) -> None:
    for path, media_type in FEEDS.items():
        found = site.get(path)
        assert (found.status, found.body) == (200, (site.folder / "feeds" / path).read_bytes())
        assert found.headers["Content-Type"] == media_type
        assert found.headers["Cache-Control"] == f"public, max-age={TTL * 60}"
        assert f'<{URL}{path}>; rel="self"' in found.headers["Link"]
        assert 'rel="hub"' in found.headers["Link"]
        assert found.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in found.headers["Access-Control-Expose-Headers"]
        assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert f"<{URL}{CITY}>" in site.get(CITY).headers["Link"]


def test_a_browser_gets_plain_xml_and_a_cache_keeps_the_two_apart(site: Site) -> None:
    for path in ("rss.xml", "atom.xml"):
        shown = site.get(path, Accept=BROWSER)
        assert shown.headers["Content-Type"] == "application/xml"
        assert varies(shown) == varies(site.get(path)) == {"Accept", "Accept-Encoding"}


def varies(answer: Answer) -> set[str]:
    lines = answer.headers.get_all("Vary") or []
    return {name.strip() for line in lines for name in line.split(",")}


def test_a_reader_that_has_it_gets_304_with_the_headers_that_matter(site: Site) -> None:
    for coding in ("identity", "gzip"):
        full = site.get("rss.xml", Accept_Encoding=coding)
        tag = full.headers["ETag"]
        for asked in (tag, f'W/{tag}, "other"', "*"):
            for method in ("GET", "HEAD"):
                answer = site.get("rss.xml", method, Accept_Encoding=coding, If_None_Match=asked)
                assert (answer.status, answer.body) == (304, b""), asked
                for name in ("ETag", "Cache-Control", "Link", "Access-Control-Allow-Origin"):
                    assert answer.headers[name] == full.headers[name]
                assert varies(answer) == varies(full)
        date = full.headers["Last-Modified"]
        both = site.get("rss.xml", Accept_Encoding=coding, If_None_Match='"other"', If_Modified_Since=date)
        assert both.status == 200
        assert site.get("rss.xml", Accept_Encoding=coding, If_Modified_Since=date).status == 304


def test_the_compressed_file_is_sent_with_a_tag_of_its_own(site: Site) -> None:
    plain, packed = site.get("feeds.html"), site.get("feeds.html", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body == (site.folder / "feeds/feeds.html.gz").read_bytes()
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert varies(plain) == varies(packed) == {"Accept-Encoding"}
    assert packed.headers["Content-Type"].replace("; charset=utf-8", "") == "text/html"


def test_a_changed_file_has_another_tag(site: Site) -> None:
    file = site.folder / "feeds/feed.css"
    before = site.get("feed.css").headers["ETag"]
    new = file.with_name(".feed.css.new")
    new.write_bytes(b"other")
    os.utime(new, (1_000_000_000, 1_000_000_000))
    new.replace(file)
    assert site.get("feed.css", If_None_Match=before).status == 200


def test_images_and_sealed_documents_may_be_kept_for_a_week(site: Site) -> None:
    for path in ("media/1f.png", "older/1/atom.xml"):
        assert site.get(path).headers["Cache-Control"] == "public, max-age=604800, immutable"
    assert "hub" not in site.get("older/1/atom.xml").headers.get("Link", "")
    types = {
        suffix: site.get(f"media/1f.{suffix}").headers["Content-Type"] for suffix in ("avif", "jpg", "webp")
    }
    assert types == {"avif": "image/avif", "jpg": "image/jpeg", "webp": "image/webp"}


def test_a_page_that_was_taken_back_is_gone(site: Site) -> None:
    for headers in ({}, {"Accept_Encoding": "gzip"}, {"If_None_Match": "*"}):
        gone = site.get("articles/x.html", **headers)
        body = gzip.decompress(gone.body) if gone.headers["Content-Encoding"] else gone.body
        assert (gone.status, b"articles/x.html" in body) == (410, True)
        assert gone.headers["Content-Type"].startswith("text/html")


def test_the_folder_itself_leads_to_the_archive(site: Site) -> None:
    for method in ("GET", "HEAD"):
        front = site.get("", method)
        assert (front.status, front.headers["Location"]) == (302, "archive/index.html")


def test_nothing_else_is_there_and_nobody_writes(site: Site) -> None:
    for path in ("../secret.txt", "%2e%2e/secret.txt", "media/", "media", "nothing", "..%2fsecret.txt"):
        answer = site.get(path)
        assert b"secret" not in answer.body
        assert b"1f.png" not in answer.body, path
        assert not answer.body or answer.status >= 300, path
    assert site.get("nothing.xml").status == 404
    for method in ("POST", "PUT", "DELETE"):
        assert site.get("rss.xml", method).status == 405, method
