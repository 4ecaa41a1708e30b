"""Joining the list on the web: the form, the mail that asks back, the yes; and everything that must not happen on the way."""

import asyncio
import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndication.flows.lock import hold
from syndication.flows.sending.confirmations import send_confirmations
from syndication.flows.subscribers.importing import import_file
from syndication.flows.subscribers.operator import erase_subscriber
from tests.doors.smtp_server import comes
from tests.doors.subscribers_site import Served, link, serve, text_of
from tests.flows.newsroom import PAGE, Newsroom

ANN, BO = "ann@readers.example", "bo@readers.example"


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(BO)
    return room


@pytest.fixture
async def served(newsroom: Newsroom) -> AsyncIterator[Served]:
    async with serve(newsroom) as site:
        yield site


async def fill(
    served: Served, email: str, *, seconds: float = 5, headers: dict[str, str] | None = None, **more: str
) -> str:
    """Open the form, wait, send it; the answer's page."""
    page = await served.client.get(f"{served.base}/subscribe", headers=headers)
    stamp = re.search(r'name="stamp" value="(\w+)"', page.text)
    assert stamp
    served.newsroom.later(seconds=seconds)
    form = {"email": email, "stamp": stamp[1], "website": "", **more}
    answer = await served.client.post(f"{served.base}/subscribe", data=form, headers=headers)
    return answer.text


async def mails(served: Served, number: int) -> list[bytes]:
    """What is in the outbox, as soon as there are so many."""
    await comes(lambda: len(served.newsroom.mails()) >= number)
    return served.newsroom.mails()


async def test_whoever_confirms_is_on_the_list_with_a_proof_and_gets_the_next_digest(served: Served) -> None:
    assert "Look into your mailbox" in await fill(served, ANN)
    (mail,) = await mails(served, 1)
    assert await served.consent(ANN) == "pending"
    opened = message_from_bytes(mail, policy=default)
    assert opened["Subject"] == "Confirm your subscription to The Harbour Review"
    assert opened["List-Unsubscribe"] is None
    url = served.here(link(mail, "confirm"))
    for method in ("GET", "HEAD"):
        assert (await served.client.request(method, url)).status_code == 200
    assert await served.consent(ANN) == "pending"
    for _ in range(2):
        answer = await served.client.post(url)
        assert "You are on the list" in answer.text
    ann = await served.app.store.subscribers.get(ANN)
    assert ann
    assert (ann.consent, ann.confirmed) == ("confirmed", served.newsroom.now)
    assert "web form: asked 2023-10-16T08:00:05Z, confirmed 2023-10-16T08:00:05Z from " in ann.proof
    assert "Yes, send me The Harbour Review by mail every week." in ann.proof
    assert "127.0.0.1" not in ann.proof
    report = await served.newsroom.run("2023-W41")
    assert report.sent == 2


async def test_the_answer_is_the_same_whether_the_address_is_known_or_not(served: Served) -> None:
    answers = [await fill(served, email) for email in (ANN, BO)]
    assert answers[0] == answers[1]
    await mails(served, 1)
    assert await send_confirmations(served.app) == 0
    assert [b"To: ann@" in mail for mail in served.newsroom.mails()] == [True]


async def test_the_mail_shows_nothing_that_the_form_supplied(served: Served) -> None:
    await fill(served, ANN, name="http://evil.example", topic="http://evil.example", lang="ko")
    (mail,) = await mails(served, 1)
    assert "구독 확인" in text_of(mail)
    assert b"evil" not in mail
    assert ANN not in text_of(mail)


async def test_two_languages_in_one_minute_are_both_served(served: Served) -> None:
    await fill(served, ANN)
    await mails(served, 1)
    await fill(served, "haneul@readers.example", lang="ko")
    assert sorted("구독 확인" in text_of(mail) for mail in await mails(served, 2)) == [False, True]


async def test_who_had_left_can_come_back_by_the_mail_alone(served: Served) -> None:
    await served.app.store.subscribers.remove(BO, at=served.newsroom.now)
    await fill(served, BO)
    (mail,) = await mails(served, 1)
    assert await served.consent(BO) == "unsubscribed"
    await served.client.post(served.here(link(mail, "confirm")))
    assert await served.consent(BO) == "confirmed"


async def test_who_was_erased_can_come_back_and_only_then_an_import_may_name_them(served: Served) -> None:
    room = served.newsroom
    file = room.write("again.csv", f"email\n{BO}\n")
    await erase_subscriber(served.app, BO)
    await fill(served, BO)
    (mail,) = await mails(served, 1)
    assert (await import_file(served.app, file)).refused
    assert await served.consent(BO) == "pending"
    await served.client.post(served.here(link(mail, "confirm")))
    assert not (await import_file(served.app, file)).refused


async def test_a_link_that_nobody_followed_dies_after_seven_days_with_all_that_was_kept(
    served: Served,
) -> None:
    await fill(served, ANN)
    (mail,) = await mails(served, 1)
    served.newsroom.later(days=7, seconds=1)
    async with asyncio.timeout(300):
        while await served.consent(ANN) != "none":  # the server may still hold the lock
            await send_confirmations(served.app)
            await asyncio.sleep(0.02)
    assert (await served.client.post(served.here(link(mail, "confirm")))).status_code == 404
    assert await served.app.store.confirmations.asked_at(served.app.keyring.keyed_hashes(ANN)) is None


async def test_a_robot_that_fills_the_trap_is_thanked_and_nothing_happens(served: Served) -> None:
    assert "Look into your mailbox" in await fill(served, ANN, website="http://spam.example")
    assert await served.consent(ANN) == "none"


@pytest.mark.parametrize("seconds", [0.5, 90_000])
async def test_a_form_that_was_filled_too_fast_or_kept_too_long_is_asked_for_again(
    served: Served, seconds: float
) -> None:
    page = await fill(served, ANN, seconds=seconds)
    assert "press the button once more" in page
    assert f'value="{ANN}"' in page
    assert await served.consent(ANN) == "none"


async def test_a_stamp_of_ones_own_making_is_none(served: Served) -> None:
    form = {"email": ANN, "stamp": "a" * 46}
    answer = await served.client.post(f"{served.base}/subscribe", data=form)
    assert answer.status_code == 422
    assert await served.consent(ANN) == "none"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("ann@gmial.com", "Did you mean ann@gmail.com?"), ("ann@yopmail.com", "soon disappear")],
)
async def test_a_likely_mistake_gets_a_hint_and_a_second_press_is_believed(
    served: Served, typed: str, hint: str
) -> None:
    assert hint in await fill(served, typed)
    assert await served.consent(typed) == "none"
    assert "Look into your mailbox" in await fill(served, typed, sure=typed)
    assert await served.consent(typed) == "pending"


async def test_who_presses_again_at_once_is_believed_all_the_same(served: Served) -> None:
    page = await fill(served, "ann@gmial.com", seconds=5)
    for _ in range(2):
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        answer = await served.client.post(
            f"{served.base}/subscribe", data={"email": "ann@gmial.com", **hidden}
        )
        page = answer.text
        if answer.status_code == 200:
            break
    assert "Look into your mailbox" in page
    assert await served.consent("ann@gmial.com") == "pending"
    page = await fill(served, "bo@gmial.com", seconds=0.5, sure="bo@gmial.com")
    assert 'name="sure" value="bo@gmial.com"' in page


@pytest.mark.parametrize(
    "typed", ["", "ann", "ann@", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"]
)
async def test_what_is_no_address_is_asked_for_again(served: Served, typed: str) -> None:
    assert "This is not a mail address" in await fill(served, typed)


async def test_nobody_can_have_an_address_mailed_again_and_again(served: Served) -> None:
    for _ in range(6):
        await fill(served, ANN, seconds=200)
    await mails(served, 3)
    served.newsroom.later(hours=1)
    assert "Look into your mailbox" in await fill(served, ANN)
    assert await send_confirmations(served.app) == 0
    assert len(served.newsroom.mails()) == 3
    served.newsroom.later(days=1)
    await fill(served, ANN)
    await mails(served, 4)


@pytest.mark.slow
async def test_a_network_has_thirty_requests_an_hour(served: Served) -> None:
    near, far = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "198.51.100.7"}
    for number in range(30):
        near = {"X-Forwarded-For": f"203.0.113.{number}"}
        assert "Look into your mailbox" in await fill(served, f"r{number}@readers.example", headers=near)
    assert "Too many requests" in await fill(served, "one-more@readers.example", headers=near)
    assert await served.consent("one-more@readers.example") == "none"
    assert "Look into your mailbox" in await fill(served, "elsewhere@readers.example", headers=far)
    served.newsroom.later(hours=1)
    assert "Look into your mailbox" in await fill(served, "later@readers.example", headers=near)


async def test_a_confirmation_does_not_wait_for_a_digest_that_is_being_sent(served: Served) -> None:
    await served.newsroom.run("2023-W41", send=False)
    with hold(served.newsroom.folder / "var/locks", "mailing 2023-W41.weekly.harbour.example"):
        await fill(served, ANN)
        await mails(served, 1)


async def test_without_a_server_for_mail_the_confirmation_waits_for_deliver(newsroom: Newsroom) -> None:
    newsroom.configure(smtp="smtp+plain://127.0.0.1:1")
    async with serve(newsroom) as served:
        assert "Look into your mailbox" in await fill(served, ANN)
    newsroom.configure(smtp="outbox:var/outbox")
    assert await newsroom.deliver() == []
    (mail,) = newsroom.mails()
    assert b"To: ann@readers.example" in mail


async def test_the_form_may_stand_in_a_frame_and_no_other_page_may(served: Served) -> None:
    page = await served.client.get(
        f"{served.base}/subscribe/embed", headers={"Accept-Language": "ko-KR,en;q=0.5"}
    )
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert 'lang="ko"' in page.text
    assert "masthead" not in page.text
    assert "<footer" not in page.text
    page = await served.client.get(f"{served.base}/subscribe")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "<footer" in page.text


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    form=st.dictionaries(
        st.sampled_from(["email", "stamp", "website", "lang", "framed", "sure"]), st.text(max_size=30)
    ),
    raw=st.binary(max_size=60),
)
async def test_no_form_is_answered_with_a_fault(served: Served, form: dict[str, str], raw: bytes) -> None:
    url = f"{served.base}/subscribe"
    assert (await served.client.post(url, data=form)).status_code in {200, 422}
    assert (await served.client.post(url, content=raw)).status_code in {200, 400, 422}
    assert served.newsroom.mails() == []
