"""What a stranger tries on the subscribers' pages, as bytes on a socket where a client would be too polite to send them."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from syndication.domain.tokens import Purpose
from syndication.flows.site.doctor import Check, check_site
from syndication.flows.subscribers.double_opt_in import Visitor
from tests.doors.subscribers_site import Served, serve
from tests.flows.newsroom import PAGE, Newsroom

ANN, BO = "ann@readers.example", "bo@readers.example"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(BO)
    async with serve(room) as site:
        yield site


async def path_of(served: Served, purpose: str, email: str = BO) -> str:
    subscriber = await served.app.store.subscribers.get(email)
    assert subscriber
    return f"/{purpose}/{served.app.keyring.sign(purpose, subscriber.key)}"


async def raw(served: Served, request: bytes, *, more: bool = False) -> bytes:
    """All that the server says to these bytes until it closes; with `more` it could wait for others after them."""
    place = urlsplit(served.base)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(request)
    if not more:
        writer.write_eof()
    async with asyncio.timeout(300):
        answer = await reader.read()
    writer.close()
    return answer


async def ask(served: Served, email: str, headers: dict[str, str] | None = None) -> int:
    page = await served.client.get(f"{served.base}/subscribe")
    stamp = re.search(r'name="stamp" value="(\w+)"', page.text)
    assert stamp
    served.newsroom.later(minutes=6)
    form = {"email": email, "stamp": stamp[1]}
    return (await served.client.post(f"{served.base}/subscribe", data=form, headers=headers)).status_code


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 0\r\nContent-Length: 60",
        b"Content-Length: 0\r\nTransfer-Encoding: chunked, identity",
        b"Transfer-Encoding: xchunked",
        b"Content-Length : 0",
        b"Content-Length: +0",
        b"Content-Length: 0\r\nX: a\x00b",
        b"Content-Length: 0\r\nX-\xff: b",
    ],
)
async def test_a_request_that_two_servers_could_read_differently_is_refused_whole(
    served: Served, head: bytes
) -> None:
    hidden = (await path_of(served, Purpose.UNSUBSCRIBE)).encode()
    answer = await raw(
        served,
        b"POST /subscribe HTTP/1.1\r\nHost: a.example\r\n" + head + b"\r\n\r\n"
        b"POST " + hidden + b" HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 400 ") or answer == b""
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert await served.consent(BO) == "confirmed"


async def test_a_length_that_is_not_the_bodys_own_hides_no_second_request(served: Served) -> None:
    hidden = (await path_of(served, Purpose.UNSUBSCRIBE)).encode()
    body = b"0\r\n\r\nPOST " + hidden + b" HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n"
    head = f"POST /subscribe HTTP/1.1\r\nHost: a.example\r\nContent-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await raw(served, head.encode() + body, more=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert await served.consent(BO) == "confirmed"


@pytest.mark.parametrize(
    "target", ["//evil.example/subscribe", "/subscribe/", "/%2f%2fevil.example", "/\\evil.example"]
)
async def test_no_address_leads_to_another_site(served: Served, target: str) -> None:
    answer = await raw(
        served, f"GET {target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))
    assert b"location:" not in answer.lower()
    assert b"evil.example" not in answer


async def test_a_page_never_takes_its_links_from_the_host_header(served: Served) -> None:
    for path in ("/subscribe", await path_of(served, Purpose.PREFERENCES)):
        headers = {
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "Forwarded": "host=evil.example",
        }
        answer = await served.client.get(served.base + path, headers=headers)
        assert answer.status_code == 200
        assert "evil.example" not in answer.text


async def test_no_header_makes_a_get_into_a_post(served: Served) -> None:
    path = await path_of(served, Purpose.UNSUBSCRIBE)
    headers = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST", "X-Method-Override": "POST"}
    assert (await served.client.get(f"{served.base}{path}?_method=POST", headers=headers)).status_code == 200
    assert await served.consent(BO) == "confirmed"


async def test_a_page_of_another_site_subscribes_nobody(served: Served) -> None:
    assert await ask(served, ANN, {"Sec-Fetch-Site": "cross-site"}) == 403
    assert await served.consent(ANN) == "none"
    assert await ask(served, ANN, {"Sec-Fetch-Site": "same-origin"}) == 200


async def test_tags_behind_a_plus_are_no_way_to_flood_a_mailbox(served: Served) -> None:
    for number in range(5):
        assert await ask(served, f"ann+{number}@readers.example") == 200
    known = [await served.consent(f"ann+{number}@readers.example") for number in range(5)]
    assert known == ["pending"] * 3 + ["none"] * 2


async def test_the_dots_of_gmail_are_no_way_to_flood_a_mailbox(served: Served) -> None:
    spellings = ["ann.lee@gmail.com", "a.nnlee@gmail.com", "annlee@googlemail.com", "a.n.nlee@gmail.com"]
    for email in spellings:
        assert await ask(served, email) == 200
    assert [await served.consent(email) for email in spellings] == [*["pending"] * 3, "none"]
    assert await ask(served, "an.nlee@readers.example") == 200
    assert await ask(served, "annlee@readers.example") == 200
    assert await served.consent("annlee@readers.example") == "pending"


@pytest.mark.parametrize(
    ("address", "block"),
    [("2001:db8:1:2:3::4", "2001:db8:1::/48"), ("203.0.113.7", ""), ("::ffff:203.0.113.7", ""), ("evil", "")],
)
def test_a_block_is_what_a_provider_gives_to_one_customer(address: str, block: str) -> None:
    assert Visitor(address).block == block


async def test_what_a_client_says_of_itself_before_the_proxy_does_not_count(served: Served) -> None:
    for number, said in enumerate(["203.0.113.9", "9.9.9.9, 203.0.113.7", "a, 9.8.7.6, ::ffff:203.0.113.8"]):
        await ask(served, f"subscriber{number}@readers.example", {"X-Forwarded-For": said})
    networks = await served.app.store.database.read(
        lambda connection: set(connection.exec_driver_sql("SELECT network FROM requests").scalars())
    )
    assert networks == {served.app.keyring.keyed_hash("network 203.0.113.0/24")}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("evil", "unknown"),
    ],
)
def test_a_network_is_what_a_household_shares(address: str, network: str) -> None:
    assert Visitor(address).network == network


async def test_the_answer_comes_as_late_for_one_who_is_known_as_for_one_who_is_not(served: Served) -> None:
    loop = asyncio.get_running_loop()
    for email in (ANN, BO):
        began = loop.time()
        assert await ask(served, email) == 200
        assert loop.time() - began >= 0.15


async def test_the_doctor_opens_a_link_as_a_mail_has_it(served: Served) -> None:
    async def web(url: str) -> Check:
        app = replace(served.app, outbox=None, publication=replace(served.app.publication, web_url=url))
        return next(check for check in await check_site(app) if check.name == "web")

    assert (await web(f"{served.base}/")).ok
    elsewhere = await web(f"{served.base}/elsewhere/")
    assert (elsewhere.ok, elsewhere.exit_code) == (False, 2)
    assert "status 404" in elsewhere.said
    assert "cannot be reached" in (await web("http://127.0.0.1:1/")).said
    assert "web" not in [check.name for check in await check_site(served.app, offline=True)]
