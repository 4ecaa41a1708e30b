"""The pages that a mail's links lead to: leaving, choosing, pausing, being erased."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndication.domain.tokens import Purpose
from syndication.errors import UsageError
from syndication.flows.subscribers.importing import import_file
from syndication.flows.subscribers.operator import (
    SubscriberHistory,
    add_subscriber,
    erase_subscriber,
    subscriber_history,
)
from syndication.wiring.app import rotate_secrets
from tests.doors.subscribers_site import Served, link, serve
from tests.flows.newsroom import PAGE, Newsroom, article

ANN = "ann@readers.example"
W41 = "2023-W41"
PURPOSES = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.CONFIRM)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    room.write("articles/film.md", article("A film about salt", "2023-10-12", section="Film"))
    await room.subscribe(ANN, "bo@readers.example", name="Subscriber")
    return room


@pytest.fixture
async def served(newsroom: Newsroom) -> AsyncIterator[Served]:
    async with serve(newsroom) as site:
        yield site


async def mail_to(room: Newsroom, email: str = ANN) -> bytes:
    await room.run(W41)
    return next(mail for mail in room.mails() if f"<{email}>".encode() in mail)


async def token(served: Served, purpose: str, email: str = ANN) -> str:
    subscriber = await served.app.store.subscribers.get(email)
    assert subscriber
    return f"{served.base}/{purpose}/{served.app.keyring.sign(purpose, subscriber.key)}"


async def test_one_click_unsubscribes_at_once_and_for_ever_without_cookie_or_redirect(served: Served) -> None:
    url = served.here(link(await mail_to(served.newsroom), "unsubscribe"))
    for _ in range(3):
        answer = await served.client.post(url, data=ONE_CLICK)
        assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)
        assert await served.consent(ANN) == "unsubscribed"
    await erase_subscriber(served.app, ANN)
    assert (await served.client.post(url, data=ONE_CLICK)).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", ""),
        (
            b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--",
            "multipart/form-data; boundary=x",
        ),
        (b"\xff" * 100_000, "application/octet-stream"),
    ],
    ids=["empty", "multipart", "large"],
)
async def test_one_click_works_whatever_the_body_is(served: Served, content: bytes, kind: str) -> None:
    url = await token(served, Purpose.UNSUBSCRIBE)
    answer = await served.client.post(url, content=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 200
    assert await served.consent(ANN) == "unsubscribed"


async def test_a_scanner_that_opens_every_link_of_a_mail_changes_nothing(served: Served) -> None:
    mail = await mail_to(served.newsroom)
    before = await served.app.store.subscribers.get(ANN)
    for purpose in ("unsubscribe", "preferences"):
        url = served.here(link(mail, purpose))
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            answer = await served.client.request(method, url)
            assert answer.status_code == (200 if method in {"GET", "HEAD"} else 405)
    await served.client.get(served.here(link(mail, "preferences")) + "/data")
    await served.client.get(served.here(link(mail, "preferences")) + "/erase")
    assert await served.app.store.subscribers.get(ANN) == before


async def test_a_reader_who_leaves_gets_nothing_of_an_edition_that_is_queued(served: Served) -> None:
    await served.newsroom.run(W41, send=False)
    await served.client.post(await token(served, Purpose.UNSUBSCRIBE), data=ONE_CLICK)
    (report,) = await served.newsroom.deliver()
    assert (report.sent, report.failed, report.incomplete) == (1, 1, False)


async def test_a_pause_takes_back_what_is_queued_and_ends_by_itself(served: Served) -> None:
    room = served.newsroom
    await room.run(W41, send=False)
    until = {"until": "2023-10-24"}
    answer = await served.client.post(await token(served, Purpose.PREFERENCES), data=until)
    assert answer.status_code == 200
    assert 'value="2023-10-24"' in answer.text
    (report,) = await room.deliver()
    assert (report.sent, report.failed, report.incomplete) == (1, 1, False)
    for week, day, subscribers in (("2023-W42", 23, 1), ("2023-W43", 30, 2)):
        room.now = datetime(2023, 10, day, 8, 0, tzinfo=UTC)
        room.write(f"articles/{week}.md", article(f"News of {week}", f"2023-10-{day - 2}"))
        report = await room.run(week)
        assert report.sent == subscribers


@pytest.mark.parametrize(
    "until", ["2023-10-16", "2020-01-01", "2025-01-01", "soon", "9999-99-99", "0001-01-01"]
)
async def test_a_pause_that_makes_no_sense_is_refused_and_keeps_nothing(served: Served, until: str) -> None:
    form = {"until": until, "topic": "film"}
    answer = await served.client.post(await token(served, Purpose.PREFERENCES), data=form)
    assert answer.status_code == 422
    ann = await served.app.store.subscribers.get(ANN)
    assert ann
    assert (ann.topics, ann.paused) == ((), None)


async def test_topics_and_language_are_kept_and_the_next_digest_has_them(served: Served) -> None:
    room = served.newsroom
    await room.run(W41)
    form = {"topic": ["film", "nonsense"], "language": "ko"}
    answer = await served.client.post(await token(served, Purpose.PREFERENCES), data=form)
    assert 'lang="ko"' in answer.text
    assert "저장했습니다" in answer.text
    ann = await served.app.store.subscribers.get(ANN)
    assert ann
    assert (ann.topics, ann.language) == (("film",), "ko")
    everything = {"topic": ["film", "town"], "language": "ko"}
    await served.client.post(await token(served, Purpose.PREFERENCES), data=everything)
    ann = await served.app.store.subscribers.get(ANN)
    assert ann
    assert ann.topics == ()


async def test_another_sites_form_cannot_choose_or_erase(served: Served) -> None:
    url = await token(served, Purpose.PREFERENCES)
    for path in (url, f"{url}/erase"):
        foreign = {"Sec-Fetch-Site": "cross-site"}
        answer = await served.client.post(path, data={"sure": "yes", "topic": "film"}, headers=foreign)
        assert answer.status_code == 403
    assert await served.consent(ANN) == "confirmed"


async def test_a_token_opens_nothing_but_its_own_page(served: Served) -> None:
    ann = await served.app.store.subscribers.get(ANN)
    assert ann
    sign = served.app.keyring.sign
    for purpose, page in ((Purpose.UNSUBSCRIBE, "preferences"), (Purpose.PREFERENCES, "unsubscribe")):
        for method in ("GET", "POST"):
            answer = await served.client.request(method, f"{served.base}/{page}/{sign(purpose, ann.key)}")
            assert answer.status_code == 404
    assert await served.consent(ANN) == "confirmed"


async def test_the_readers_data_comes_as_a_file(served: Served) -> None:
    answer = await served.client.get(await token(served, Purpose.PREFERENCES) + "/data")
    assert answer.headers["content-disposition"].startswith("attachment")
    data = json.loads(answer.text)
    assert (data["email"], data["name"], data["consent"]) == (ANN, "Subscriber", "confirmed")
    assert data["proof"].startswith("import subscribers.csv")


async def test_the_operator_sees_a_pause(served: Served) -> None:
    await served.client.post(await token(served, Purpose.PREFERENCES), data={"until": "2023-10-24"})
    shown = await subscriber_history(served.app, ANN)
    assert isinstance(shown, SubscriberHistory)
    assert shown.document()["paused_until"] == "2023-10-23T15:00:00Z"  # midnight in Seoul


async def test_an_erased_reader_is_nowhere_and_no_import_brings_the_address_back(served: Served) -> None:
    room = served.newsroom
    mail = await mail_to(room)
    url = served.here(link(mail, "preferences"))
    assert (await served.client.post(f"{url}/erase", data={})).status_code == 422
    assert (await served.client.post(f"{url}/erase", data={"sure": "yes"})).status_code == 200
    assert (await served.client.get(url)).status_code == 404
    async for line in served.app.store.ledger.rows(f"{W41}.weekly.harbour.example"):
        assert ANN not in line.email
    done = await import_file(
        served.app, room.write("again.csv", f"email\n{ANN.upper()}\nnew@readers.example\n")
    )
    assert (done.added, [refused.line for refused in done.refused]) == (1, [2])
    with pytest.raises(UsageError, match="its owner had it erased"):
        await add_subscriber(served.app, ANN)


async def test_erasing_stops_what_is_queued(served: Served) -> None:
    await served.newsroom.run(W41, send=False)
    await erase_subscriber(served.app, ANN)
    (report,) = await served.newsroom.deliver()
    assert (report.sent, report.failed, report.recipients) == (1, 1, 2)
    assert all(ANN.encode() not in mail for mail in served.newsroom.mails())


async def test_a_link_of_the_first_mail_works_after_rotations_and_so_do_new_ones(served: Served) -> None:
    room = served.newsroom
    first = served.here(link(await mail_to(room), "unsubscribe"))
    assert room.syndicate("secrets", "rotate").returncode == 0
    rotate_secrets(str(room.config))
    async with room.app() as later:
        bo = await later.store.subscribers.get("bo@readers.example")
        assert bo
        assert later.keyring.signer != served.app.keyring.signer
        newest = f"{served.base}/unsubscribe/{later.keyring.sign(Purpose.UNSUBSCRIBE, bo.key)}"
    for url in (first, newest):  # the server still runs with the keys of its start
        assert (await served.client.post(url, data=ONE_CLICK)).status_code == 200
    assert [await served.consent(each) for each in (ANN, bo.email)] == ["unsubscribed", "unsubscribed"]
    assert (room.folder / "var/secret.keys").stat().st_mode & 0o777 == 0o600


async def test_every_page_has_the_headers_that_keep_it_safe(served: Served) -> None:
    answer = await served.client.get(await token(served, Purpose.PREFERENCES))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_an_address_with_nothing_behind_it_is_a_page_as_well(served: Served) -> None:
    answer = await served.client.get(f"{served.base}/nothing?lang=ko")
    assert answer.status_code == 404
    assert "There is no such page" not in answer.text
    assert 'lang="ko"' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_form_that_is_too_large_is_refused(served: Served) -> None:
    url = await token(served, Purpose.PREFERENCES)
    assert (await served.client.post(url, content=b"topic=" + b"a" * 20_000)).status_code == 413


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    data=st.data(),
    form=st.dictionaries(
        st.sampled_from(["topic", "language", "until"]), st.lists(st.text(max_size=20), max_size=3)
    ),
)
async def test_no_form_and_no_token_is_answered_with_a_fault(
    served: Served, data: st.DataObject, form: dict[str, list[str]]
) -> None:
    page, below = data.draw(
        st.sampled_from(
            [*((page, "") for page in PURPOSES), ("preferences", "/erase"), ("preferences", "/data")]
        )
    )
    right = (await token(served, page)).rpartition("/")[2]
    word = data.draw(st.one_of(st.just(right), st.text("abcz27=._~%", min_size=1, max_size=60)))
    method = data.draw(st.sampled_from(["GET", "POST", "HEAD"]))
    answer = await served.client.request(
        method, f"{served.base}/{page}/{word}{below}", data=form if method == "POST" else None
    )
    assert answer.status_code in {200, 404, 405, 422}


@pytest.mark.parametrize(
    "glued", ["/", ".", ">", "%3E", "%3e.", ",", ")", "%22", "/.", "%C2%A0", "*", "%E2%80%9D."]
)
@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_link_with_what_followed_it_in_a_mail_still_opens(
    served: Served, purpose: str, glued: str
) -> None:
    url = await token(served, purpose) + glued
    answer = await served.client.get(url)
    assert answer.status_code == 200
    if purpose == Purpose.UNSUBSCRIBE:
        assert (await served.client.post(url, data=ONE_CLICK)).status_code == 200


@pytest.mark.parametrize("glued", ["x", "/data/more", "/../../archive", "?"])
async def test_what_is_more_than_punctuation_is_not_taken_off(served: Served, glued: str) -> None:
    answer = await served.client.get(f"{served.base}/confirm/{'a' * 46}{glued}")
    assert answer.status_code == 404
