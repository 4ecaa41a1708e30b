"""Logs as servers write them, read from real files: who counts, who does not, and for which reason."""

import bz2
import gzip
import json
import lzma
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syndication.collect.access_log.json_lines import JsonKeys
from syndication.collect.access_log.reading import AccessLog, LogReading, Question
from syndication.domain.article import Article, ResolvedArticle
from syndication.domain.audience import Audience, LeftOut
from syndication.errors import CollectError

BEGINS, ENDS = datetime(2026, 11, 15, 15, tzinfo=UTC), datetime(2026, 11, 22, 15, tzinfo=UTC)
SALT = b"0123456789abcdef"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"


def article(name: str, url: str) -> ResolvedArticle:
    return ResolvedArticle(
        Article(
            title=name,
            keys=(name,),
            id=name,
            source="desk",
            url=url,
            published=BEGINS,
            first_seen=BEGINS,
            changed=BEGINS,
        )
    )


ARTICLES = (
    article("tram", "https://news.example/city/tram"),
    article("fog", "https://news.example/view.html?id=12"),
)


def combined(
    address: str = "192.0.2.7",
    at: str = "18/Nov/2026:10:00:00 +0900",
    request: str = "GET /city/tram HTTP/2.0",
    status: int = 200,
    agent: str = DESK,
) -> str:
    return f'{address} - - [{at}] "{request}" {status} 5120 "https://search.example/" "{agent}"'


def read(folder: Path, lines: Iterable[str], **question: Any) -> Audience:
    (folder / "access.log").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return asked(folder / "access.log", **question)


def asked(pattern: Path, salt: bytes = SALT, **question: Any) -> Audience:
    facts: dict[str, Any] = {"begins": BEGINS, "ends": ENDS, "articles": ARTICLES} | question
    reading = LogReading(Question(pattern=pattern, **facts), salt)
    for _ in reading.steps():
        pass
    return reading.audience()


def why(folder: Path, line: str) -> Mapping[LeftOut, int]:
    """Why a single line counts for nobody."""
    found = read(folder, [line])
    assert (found.visitors, found.lines) == ({}, 1)
    return found.left_out


def test_a_reader_is_an_address_with_a_user_agent_and_counts_once(tmp_path: Path) -> None:
    lines = [combined(), combined(), combined(agent=PHONE), combined(address="2001:db8::7"), combined()]
    found = read(tmp_path, lines)
    assert (found.visitors, found.views, found.left_out) == ({"tram": 3}, {"tram": 5}, {})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("garbage", LeftOut.BROKEN),
        (combined().rpartition("Linux")[0], LeftOut.BROKEN),
        (combined(at="18/Nov/2026"), LeftOut.BROKEN),
        (combined(at="18/Nox/2026:10:00:00 +0900"), LeftOut.BROKEN),
        (combined().replace(" 200 ", " - "), LeftOut.BROKEN),
        (combined(request="GET /static/site.css?v=3 HTTP/1.1"), LeftOut.ASSET),
        (combined(request="GET /city/tram.jpg HTTP/1.1"), LeftOut.ASSET),
        (combined(request="GET / HTTP/1.1"), LeftOut.NO_ARTICLE),
        (combined(request="GET /view.html?id=13 HTTP/1.1"), LeftOut.NO_ARTICLE),
        (combined(request="GET /view.html HTTP/1.1"), LeftOut.NO_ARTICLE),
        (combined(request="-", status=408), LeftOut.NO_ARTICLE),
        (combined(request="\\x16\\x03\\x01"), LeftOut.NO_ARTICLE),
        (f"other.example:443 {combined()}", LeftOut.HOST),
        (combined(request="HEAD /city/tram HTTP/1.1"), LeftOut.METHOD),
        (combined(request="POST /city/tram HTTP/1.1"), LeftOut.METHOD),
        (combined(status=404), LeftOut.STATUS),
        (combined(status=206), LeftOut.STATUS),
        (combined(at="16/Nov/2026:00:00:00 +0900"), LeftOut.WINDOW),
        (combined(at="23/Nov/2026:00:00:01 +0900"), LeftOut.WINDOW),
        (
            combined(agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
            LeftOut.ROBOT,
        ),
        (combined(agent="curl/8.5.0"), LeftOut.ROBOT),
        (combined(agent="Wanderlust crawler of nobody"), LeftOut.ROBOT),
        (combined(agent="-"), LeftOut.ROBOT),
        (combined(agent=""), LeftOut.ROBOT),
    ],
)
def test_what_is_no_reader_is_left_out_with_its_reason(tmp_path: Path, line: str, reason: LeftOut) -> None:
    assert why(tmp_path, line) == {reason: 1}


@pytest.mark.parametrize(
    "line",
    [
        combined(status=304),
        combined(at="16/Nov/2026:00:00:01 +0900"),
        combined(at="23/Nov/2026:00:00:00 +0900"),
        combined(at="15/Nov/2026:15:00:01 +0000"),
        combined(at="15/Nov/2026:10:30:01 -0430"),
        combined(request="GET /city/tram/?utm_source=mail&fbclid=1 HTTP/1.1"),
        combined(request="GET /city/index.html HTTP/1.1").replace("/city/", "/city/tram/"),
        combined(request="GET //city/%74ram HTTP/1.1"),
        combined(request="GET https://www.news.example/city/tram HTTP/1.1"),
        f"www.news.example:443 {combined()}",
        f'{combined()} "203.0.113.9" 0.004',
        combined(agent=DESK + ' \\"quoted\\"'),
        "192.0.2.7 - jo van dam [" + combined().partition("[")[2],
        "192.0.2.7 - - " + combined().partition("- - ")[2].partition(' "https')[0],
    ],
)
def test_a_reader_counts_however_the_line_is_written(tmp_path: Path, line: str) -> None:
    found = read(tmp_path, [line])
    assert (found.visitors, found.left_out) == ({"tram": 1}, {})


@pytest.mark.parametrize(
    "prefix",
    [
        "web-1  | ",
        "\x1b[36mnginx_1 |\x1b[0m ",
        "2026-11-18T01:00:00.123456789Z ",
        "2026-11-18T01:00:00.1Z stdout F ",
        "Nov  8 10:00:00 web nginx: ",
        "Nov 18 10:00:00 web /usr/sbin/httpd[812]: ",
        "<190>Nov 18 10:00:00 web nginx: ",
        "<190>1 2026-11-18T10:00:00Z web nginx 812 - - ",
        "2026-11-18T10:00:00+09:00 web nginx[812]: ",
    ],
)
@pytest.mark.parametrize("json_lines", [False, True])
def test_what_another_program_put_before_a_line_is_passed_over(
    tmp_path: Path, prefix: str, *, json_lines: bool
) -> None:
    lines = [json.dumps(NGINX | {"remote_addr": f"192.0.2.{n}"}) for n in range(3)]
    if not json_lines:
        lines = [combined(f"192.0.2.{n}") for n in range(3)]
    found = read(tmp_path, [f"{prefix}{each}" for each in lines])
    assert (found.visitors, found.left_out) == ({"tram": 3}, {})


@pytest.mark.parametrize("name", ["log", "MESSAGE"])
def test_a_line_inside_json_is_taken_out(tmp_path: Path, name: str) -> None:
    inside = [combined("192.0.2.1"), combined("192.0.2.2")]
    found = read(tmp_path, [json.dumps({name: f"{each}\n", "stream": "stdout"}) for each in inside])
    assert (found.visitors, found.left_out) == ({"tram": 2}, {})


TRAEFIK: dict[str, Any] = {
    "ClientHost": "192.0.2.7",
    "DownstreamStatus": 200,
    "RequestMethod": "GET",
    "RequestPath": "/city/tram",
    "RequestHost": "news.example",
    "StartUTC": "2026-11-18T01:00:00.5Z",
    "request_User-Agent": DESK,
}
CLOUDFRONT: dict[str, Any] = {
    "date": "2026-11-18",
    "time": "01:00:00",
    "c-ip": "192.0.2.7",
    "cs-method": "GET",
    "cs(Host)": "d1.cloudfront.example",
    "x-host-header": "news.example",
    "cs-uri-stem": "/city/tram",
    "sc-status": "200",
    "cs(User-Agent)": DESK.replace(" ", "%20"),
}
BALANCER: dict[str, Any] = {
    "time": "2026-11-18T01:00:00.186641Z",
    "client:port": "192.0.2.7:2817",
    "request": "GET https://news.example:443/city/tram HTTP/2.0",
    "elb_status_code": 200,
    "user_agent": DESK,
}


@pytest.mark.parametrize("record", [TRAEFIK, CLOUDFRONT, BALANCER])
def test_the_names_of_traefik_cloudfront_and_load_balancers_are_known(
    tmp_path: Path, record: Mapping[str, Any]
) -> None:
    found = read(tmp_path, [json.dumps(record)])
    assert (found.visitors, found.left_out, found.addressless) == ({"tram": 1}, {}, False)


def test_views_from_one_address_or_none_are_told(tmp_path: Path) -> None:
    proxy = [combined("10.0.0.1", agent=f"{DESK} {n}") for n in range(19)]
    assert read(tmp_path, [*proxy, combined("192.0.2.9")]).alike
    assert not read(tmp_path, proxy[:9]).alike
    assert not read(tmp_path, [*proxy, *(combined(f"192.0.2.{n}") for n in range(9))]).alike
    nobody = [json.dumps(NGINX | {"remote_addr": "-"})]
    assert read(tmp_path, nobody).addressless
    assert read(tmp_path, [combined("-")]).addressless


def test_an_article_with_parameters_is_found_by_them_among_others(tmp_path: Path) -> None:
    found = read(tmp_path, [combined(request="GET /view.html?from=mail&id=12 HTTP/1.1")])
    assert found.visitors == {"fog": 1}


def test_a_path_outside_of_ascii_is_one_however_it_is_encoded(tmp_path: Path) -> None:
    articles = (article("tram", "https://news.example/%ED%95%9C%EC%98%A5"),)
    requests = [
        "GET /%ED%95%9C%EC%98%A5 HTTP/1.1",
        "GET /%ed%95%9c%ec%98%a5/ HTTP/1.1",
        r"GET /\xED\x95\x9C\xEC\x98\xA5 HTTP/1.1",
    ]
    found = read(tmp_path, [combined(request=request) for request in requests], articles=articles)
    assert found.views == {"tram": 3}


def test_without_user_agents_the_views_are_told_apart(tmp_path: Path) -> None:
    common = combined().partition(' "https')[0]
    found = read(tmp_path, [common, common.replace("192.0.2.7", "192.0.2.8")])
    assert (found.visitors, found.nameless) == ({"tram": 2}, 2)


def test_a_front_page_is_nobodys_article(tmp_path: Path) -> None:
    found = read(
        tmp_path, [combined(request="GET / HTTP/1.1")], articles=(article("home", "https://news.example/"),)
    )
    assert (found.visitors, found.left_out) == ({}, {LeftOut.NO_ARTICLE: 1})


NGINX: dict[str, Any] = {
    "time_iso8601": "2026-11-18T10:00:00+09:00",
    "remote_addr": "192.0.2.7",
    "request": "GET /city/tram HTTP/2.0",
    "status": "200",
    "http_user_agent": DESK,
    "host": "news.example",
}
CADDY: dict[str, Any] = {
    "level": "info",
    "ts": 1795050000.25,
    "request": {
        "remote_ip": "10.0.0.1",
        "client_ip": "192.0.2.7",
        "method": "GET",
        "host": "news.example",
        "uri": "/city/tram?utm_source=x",
        "headers": {"User-Agent": [DESK]},
    },
    "status": 200,
}


@pytest.mark.parametrize(
    "record",
    [
        NGINX,
        NGINX | {"time_iso8601": "", "msec": "1795050000.250"},
        NGINX | {"time_iso8601": "-", "time_local": "18/Nov/2026:10:00:00 +0900"},
        {key: value for key, value in NGINX.items() if key != "request"}
        | {"request_method": "GET", "request_uri": "/city/tram"},
        NGINX | {"host": "_"},
        CADDY,
        CADDY | {"ts": "2026-11-18T01:00:00Z"},
        CADDY | {"ts": 1795050000250},
    ],
)
def test_json_lines_of_nginx_and_caddy_are_read(tmp_path: Path, record: Mapping[str, Any]) -> None:
    found = read(tmp_path, ["", json.dumps(record)])
    assert (found.visitors, found.lines, found.left_out) == ({"tram": 1}, 1, {})


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (NGINX | {"host": "other.example"}, LeftOut.HOST),
        (NGINX | {"status": 404}, LeftOut.STATUS),
        (NGINX | {"time_iso8601": "2026-11-30T10:00:00+09:00"}, LeftOut.WINDOW),
        (NGINX | {"time_iso8601": "yesterday"}, LeftOut.BROKEN),
        (NGINX | {"request": ""}, LeftOut.BROKEN),
        (NGINX | {"http_user_agent": "-"}, LeftOut.ROBOT),
        (NGINX | {"http_sec_purpose": "prefetch;prerender"}, LeftOut.PREFETCH),
        (
            CADDY
            | {"request": CADDY["request"] | {"headers": {"User-Agent": [DESK], "Purpose": ["prefetch"]}}},
            LeftOut.PREFETCH,
        ),
    ],
)
def test_a_json_line_that_is_no_reader_has_its_reason(
    tmp_path: Path, record: Mapping[str, Any], reason: LeftOut
) -> None:
    assert why(tmp_path, json.dumps(record)) == {reason: 1}


def test_a_site_may_name_the_keys_of_its_own_format(tmp_path: Path) -> None:
    own = {
        "who": {"ip": "192.0.2.7"},
        "when": "2026-11-18 10:00:00",
        "what": "GET /city/tram",
        "code": 200,
        "ua": DESK,
    }
    keys = JsonKeys(address="who.ip", time="when", request="what", status="code", agent="ua")
    found = read(tmp_path, [json.dumps(own)], keys=keys, zone=ZoneInfo("Asia/Seoul"))
    assert found.visitors == {"tram": 1}


def test_a_json_log_with_broken_lines_counts_the_others(tmp_path: Path) -> None:
    found = read(tmp_path, [json.dumps(NGINX), '{"time_iso8601"', "[1]", "[" * 9999, json.dumps(NGINX)])
    assert (found.views, found.left_out) == ({"tram": 2}, {LeftOut.BROKEN: 3})


def test_a_pattern_reads_every_file_packed_or_not_and_a_reader_of_two_is_one(tmp_path: Path) -> None:
    line = f"{combined()}\n".encode()
    (tmp_path / "access.log").write_bytes(line + combined(address="192.0.2.8").encode())
    (tmp_path / "access.log.1").write_bytes(line)
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(line) + gzip.compress(line))
    (tmp_path / "access.log.3.bz2").write_bytes(bz2.compress(line))
    (tmp_path / "access.log.4.xz").write_bytes(lzma.compress(line))
    (tmp_path / "error.log").write_bytes(line)
    found = asked(tmp_path / "access.log*")
    assert (found.visitors, found.views, len(found.files)) == ({"tram": 2}, {"tram": 7}, 5)


def test_a_file_that_was_last_written_before_the_week_is_passed_over(tmp_path: Path) -> None:
    for name, at in (("old", BEGINS - timedelta(days=1)), ("new", ENDS)):
        (tmp_path / name).write_text(combined(), "utf-8")
        os.utime(tmp_path / name, (at.timestamp(), at.timestamp()))
    found = asked(tmp_path / "*")
    assert (found.views, found.passed_over) == ({"tram": 1}, 1)


def test_a_line_is_whole_across_two_blocks_and_one_without_an_end_is_cut(tmp_path: Path) -> None:
    filler = combined(request="GET /a.css HTTP/1.1")
    number = 2**20 // len(filler)
    lines = [filler] * number + [combined()] + [filler] * number
    (tmp_path / "access.log").write_text(
        "\n".join(lines) + "\n" + "x" * 2**20 + "\n" + combined(address="a"), "utf-8"
    )
    found = asked(tmp_path / "access.log")
    assert (found.visitors, found.left_out[LeftOut.ASSET]) == ({"tram": 2}, 2 * number)
    assert LeftOut.BROKEN in found.left_out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("access.log.gz", gzip.compress(b"x" * 9999, mtime=0)[:-9], "is truncated"),
        ("access.log.gz", gzip.compress(b"x" * 9999, mtime=0)[:-8] + bytes(8), "cannot be read"),
        ("access.log.xz", lzma.compress(b"x" * 9999)[:-20], "is truncated"),
        ("access.log.zst", b"\x28\xb5\x2f\xfd1234", "packed with zstd"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_an_error(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CollectError, match=message):
        asked(tmp_path / "access.log*")


def test_a_log_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "access.log").mkdir()
    with pytest.raises(CollectError, match=r"There is no access log "):
        asked(tmp_path / "access.log*")


def test_above_the_bound_the_most_read_are_estimated_and_the_others_stay_exact(tmp_path: Path) -> None:
    many = [combined(address=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in range(20_000)]
    few = [combined(address=f"10.0.0.{n}", request="GET /view.html?id=12 HTTP/1.1") for n in range(30)]
    exact = read(tmp_path, few + many + few)
    assert (exact.visitors, exact.estimated) == ({"tram": 20_000, "fog": 30}, False)
    estimate = read(tmp_path, few + many + few, many=5_000)
    assert estimate.estimated
    assert (estimate.visitors["fog"], estimate.views) == (30, exact.views)
    assert abs(estimate.visitors["tram"] - 20_000) < 600


def test_what_is_kept_of_a_visitor_depends_on_the_salt(tmp_path: Path) -> None:
    read(tmp_path, [combined(address=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in range(20_000)])
    salts = [bytes([number]) * 16 for number in range(3)]
    estimates = {asked(tmp_path / "access.log", salt, many=5_000).visitors["tram"] for salt in salts}
    assert len(estimates) > 1  # which visitors seem to be the same is a matter of their hashes
    assert all(abs(estimate - 20_000) < 600 for estimate in estimates)


async def test_the_same_question_is_answered_from_memory_until_a_file_changes(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(f"{combined()}\n", "utf-8")
    question = Question(pattern=tmp_path / "access.log", begins=BEGINS, ends=ENDS, articles=ARTICLES)
    log, told = AccessLog(), list[int]()
    first = await log.audience(question, salt=SALT, progress=lambda done, total: told.append(total - done))
    assert first.visitors == {"tram": 1}
    assert told == [0]
    assert await log.audience(question, salt=SALT, progress=lambda done, total: told.append(-1)) is first
    (tmp_path / "access.log").write_text(f"{combined()}\n{combined(agent=PHONE)}\n", "utf-8")
    again = await log.audience(question, salt=SALT, progress=lambda done, total: None)
    assert again.visitors == {"tram": 2}


def test_nothing_of_a_reader_is_in_what_is_counted(tmp_path: Path) -> None:
    found = read(tmp_path, [combined(), "garbage of 192.0.2.7"])
    assert "192.0.2" not in repr(found)
    assert "Mozilla" not in repr(found)
