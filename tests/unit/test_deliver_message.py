"""Final bytes: asserted on bytes, with the standard library's parser as the second subscriber."""

import email
import email.policy
import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syndication.deliver.headers import feedback_sender
from syndication.deliver.message import CompiledLetter, compile_letter
from syndication.domain.delivery import MailingKind, Recipient
from syndication.domain.frozen import HeaderFacts, Mailing
from syndication.domain.variant import Variant, begin, end, merge, slot, split

HTML = f"<p>Hello {slot('name')}</p>{begin('topic:film')}<h2>Film {slot('count')}</h2>{end('topic:film')}<p>bye</p>"
TEXT = f"Hello {slot('name')},\n\n{begin('topic:film')}Film {slot('count')}\n{end('topic:film')}.\nFrom here = there\n"
VARIANT = Variant("en", "A week in film", "", HTML, TEXT)
MAILING = Mailing(
    id="digest:2026-W47",
    kind=MailingKind.DIGEST,
    edition=None,
    date=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    headers=HeaderFacts(
        sender="The Hanok Review <weekly@hanok.example>",
        reply_to="Desk <desk@hanok.example>",
        list_id="weekly.hanok.example",
        unsubscribe_mailto="leave@hanok.example",
        web_url="https://news.hanok.example/",
        timezone="Asia/Seoul",
        domain="hanok.example",
    ),
    variants=(VARIANT,),
)
READER = Recipient(
    subscriber=7,
    serial=1,
    email="jieun@example.com",
    name="Jieun Kim",
    language="en",
    topics=(),
    key="k",
    token_key="t",
    since=None,
)
LINK = "https://news.hanok.example/u/abcdefghijklmnopqrstuvwxyz234567"
ONCE = (
    *(
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "List-Id",
        "List-Unsubscribe",
    ),
    *("List-Unsubscribe-Post", "Feedback-ID", "Content-Type"),
)
ESCAPES: tuple[Callable[[str], str], ...] = (str, html.escape)
EVIL = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\u2028",
    "\u0085",
    "\v",
    "\f",
    "=?utf-8?q?x?=",
    "\ud800",
    '"',
    "\\",
    "<",
    ">",
    ",",
    ":",
]
nasty = st.lists(
    st.one_of(st.text(max_size=30), st.sampled_from([*EVIL, "Bcc: x@example.com"])), max_size=8
).map("".join)


def written(
    variant: Variant = VARIANT,
    subscriber: Recipient = READER,
    *,
    name: str = "Jieun",
    flags: tuple[str, ...] = ("topic:film",),
    **facts: str,
) -> bytes:
    mailing = replace(MAILING, headers=replace(MAILING.headers, **facts))
    return (
        compile_letter(mailing, variant)
        .draft(subscriber, {"name": name, "count": "3"}, flags, LINK)
        .message()
    )


def parsed(message: bytes) -> EmailMessage:
    mail = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def header_lines(message: bytes) -> list[bytes]:
    return message.split(b"\r\n\r\n", 1)[0].split(b"\r\n")


def assert_clean(message: bytes, *, ascii_only: bool = True) -> None:
    """What must hold for every message, on its bytes."""
    # The session sends it as it is: a line that starts with a dot would end it early (RFC 5321 §4.5.2).
    assert b"\n." not in message
    assert message.endswith(b"\r\n")
    names = [line.split(b":")[0].decode() for line in header_lines(message) if not line.startswith(b" ")]
    assert names == list(ONCE)
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n", message)
    if ascii_only:
        assert message.isascii()
    body = message.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not re.search(rb"^(?:\.|From )", body, re.MULTILINE)
    for line in header_lines(message):
        if line.startswith((b"Message-ID", b"List-", b"Feedback", b"MIME", b"Date")):
            assert b"=?" not in line
    assert message.endswith(b"--\r\n")


def bodies(message: bytes) -> tuple[str, str]:
    text, page = parsed(message).iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(page, EmailMessage)
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    return text.get_content(), page.get_content()


def test_the_headers_are_these_literally() -> None:
    head = written().split(b"\r\nContent-Type")[0].decode()
    assert head == "\r\n".join(
        [
            "From: The Hanok Review <weekly@hanok.example>",
            "To: Jieun Kim <jieun@example.com>",
            "Reply-To: Desk <desk@hanok.example>",
            "Subject: A week in film",
            "Date: Mon, 23 Nov 2026 07:00:00 +0000",
            "Message-ID: <74601a7bb168aa8429c1772ab0e8a712@hanok.example>",
            "MIME-Version: 1.0",
            "List-Id: <weekly.hanok.example>",
            f"List-Unsubscribe: <{LINK}>, <mailto:leave@hanok.example?subject=unsubscribe-{LINK.rpartition('/')[2]}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Feedback-ID: digest:2026-W47:digest:weekly.hanok.example",
        ]
    )


def test_both_parts_hold_the_readers_values_and_regions() -> None:
    text, page = bodies(written())
    assert (
        text == "Hello Jieun,\r\n\r\nFilm 3\r\n.\r\nFrom here = there\r\n".replace("\r\n", "\n")
        or "\r\n" in text
    )
    assert page.strip() == "<p>Hello Jieun</p><h2>Film 3</h2><p>bye</p>"
    text, page = bodies(written(flags=()))
    assert "Film" not in text + page


def test_values_are_escaped_in_html_and_literal_in_text() -> None:
    text, page = bodies(written(name='<b>A & "B"</b>'))
    assert 'Hello <b>A & "B"</b>,' in text
    assert "<p>Hello &lt;b&gt;A &amp; &quot;B&quot;&lt;/b&gt;</p>" in page


def test_a_second_merge_gives_the_same_bytes_and_another_row_other_ids() -> None:
    first = written()
    assert written() == first
    other = written(subscriber=READER._replace(serial=2))
    ids = [re.findall(rb"Message-ID: <(.*?)>|boundary=\"(.*?)\"", message) for message in (first, other)]
    assert not {found for pair in ids[0] for found in pair if found} & {
        found for pair in ids[1] for found in pair if found
    }


def test_many_different_readers_in_turn_get_what_each_would_get_alone() -> None:
    topics = [f"t{number}" for number in range(7)]
    page = "".join(f"{begin(topic)}<p>{topic} {slot('name')}</p>{end(topic)}" for topic in topics)
    variant = replace(VARIANT, html=page, text=page)
    shared = compile_letter(MAILING, variant)
    for number in [*range(128), *range(128)]:  # more sets of flags than are kept ready
        flags = frozenset(topic for at, topic in enumerate(topics) if number >> at & 1)
        values = {"name": f"r{number}"}
        subscriber = READER._replace(subscriber=number)
        message = shared.draft(subscriber, values, flags, LINK).message()
        assert message == compile_letter(MAILING, variant).draft(subscriber, values, flags, LINK).message()
        expected = merge(split(page), values, flags)
        assert [part.strip() for part in bodies(message)] == [expected, expected]


def test_no_line_starts_with_a_dot_or_from() -> None:
    assert not re.search(rb"^(?:\.|From )", written().split(b"\r\n\r\n", 1)[1], re.MULTILINE)


def test_without_a_link_there_is_no_word_of_unsubscribing() -> None:
    message = compile_letter(MAILING, VARIANT).draft(READER, {"name": "x", "count": "1"}, (), "").message()
    assert b"Unsubscribe" not in message.split(b"\r\n\r\n", 1)[0]


def test_a_confirmation_is_automatic_and_of_no_list_and_a_digest_is_the_other_way_round() -> None:
    mailing = replace(MAILING, kind=MailingKind.CONFIRMATION)
    message = compile_letter(mailing, VARIANT).draft(READER, {"name": "x", "count": "1"}, (), "").message()
    assert parsed(message).get_all("Auto-Submitted") == ["auto-generated"]
    assert not [name for name in parsed(message) if name.startswith("List-")]
    assert "Auto-Submitted" not in parsed(written())


@pytest.mark.parametrize(
    "list_id", ["weekly.hanok.example", "a.b", "x" * 200, "hanok.example", "list:one.example"], ids=len
)
def test_the_sender_of_a_feedback_id_is_short_and_stays_the_same(list_id: str) -> None:
    sender = feedback_sender(list_id)
    assert 5 <= len(sender) <= 15
    assert ":" not in sender
    assert sender == feedback_sender(list_id) != feedback_sender(list_id + ".org")
    assert parsed(written(feedback=sender))["Feedback-ID"] == f"digest:2026-W47:digest:{sender}"


def test_a_mailing_frozen_before_it_was_short_is_resent_with_the_list_id() -> None:
    old = {key: value for key, value in MAILING.headers.document().items() if key != "feedback"}
    mailing = replace(MAILING, headers=HeaderFacts.parse(old))
    draft = compile_letter(mailing, VARIANT).draft(
        READER, {"name": "Jieun", "count": "3"}, ("topic:film",), LINK
    )
    assert draft.message() == written()
    assert b":digest:weekly.hanok.example\r\n" in draft.message()


def test_what_is_not_set_is_left_out() -> None:
    head = written(reply_to="", list_id="", unsubscribe_mailto="").split(b"\r\n\r\n", 1)[0]
    for name in (b"Reply-To", b"List-Id"):
        assert name not in head
    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in head


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "weekly"},
        {"sender": "Weekly <a@example.com, b@example.com>"},
        {"list_id": "weekly\r\nBcc: x@example.com"},
        {"list_id": "wee kly"},
        {"domain": "hanok.example>"},
        {"unsubscribe_mailto": "leave@hanok.example>, <http://evil.example"},
    ],
)
def test_a_setting_that_cannot_stand_in_a_header_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"one address|name and an address|ASCII"):
        written(**wrong)  # type: ignore[arg-type]


def test_a_date_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        compile_letter(replace(MAILING, date=datetime(2026, 1, 1)), VARIANT)  # noqa: DTZ001


@pytest.mark.parametrize(
    "link", ["https://a.example/\r\nBcc: x", "https://a.example/> <", "javascript:x", "https://ä.example/"]
)
def test_a_link_that_cannot_stand_in_a_header_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match="link"):
        compile_letter(MAILING, VARIANT).draft(READER, {"name": "", "count": ""}, (), link).message()


def test_a_slot_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        compile_letter(MAILING, VARIANT).draft(READER, {"count": "1"}, (), LINK).message()


def test_korean_goes_as_base64_and_markup_as_quoted_printable() -> None:
    korean = Variant("ko", "한 주의 영화", "", HTML + "<i></i>" * 300, "한국 영화 소식 " * 100 + TEXT)
    message = written(korean, name="김지은")
    text_head, html_head = re.findall(rb"Content-Transfer-Encoding: (.*)\r\n", message)
    assert (text_head, html_head) == (b"base64", b"quoted-printable")
    text, page = bodies(message)
    assert "Hello 김지은," in text
    assert "Hello 김지은" in page
    assert parsed(message)["Subject"] == "한 주의 영화"


@given(name=nasty, subject=nasty, sender=nasty)
@example(name="=?utf-8?q?Bcc=3A?=", subject="=?utf-8?b?QmNj?=", sender="=?us-ascii?q?x?=")
@example(name="a" * 300, subject="b " * 200, sender="ä" * 90)
def test_nothing_that_a_person_typed_makes_a_header(name: str, subject: str, sender: str) -> None:
    message = written(
        replace(VARIANT, subject=subject),
        READER._replace(name=name),
        name=name,
        sender=f"{sender} <weekly@hanok.example>",
    )
    assert_clean(message)
    mail = parsed(message)
    assert [box.addr_spec for box in mail["To"].addresses] == ["jieun@example.com"]
    assert [box.addr_spec for box in mail["From"].addresses] == ["weekly@hanok.example"]


def shown_name(phrase: str) -> str:
    """A display name as a subscriber shows it."""
    if phrase.startswith('"'):
        return re.sub(r"\\(.)", r"\1", phrase[1:-1])
    return str(make_header(decode_header(phrase)))


@pytest.mark.parametrize("text", ["=?utf-8?q?Bcc?=", "a =?utf-8?b?QmNj?= b"])
def test_what_looks_like_an_encoded_word_is_shown_as_it_was_typed(text: str) -> None:
    message = written(replace(VARIANT, subject=text), READER._replace(name=text))
    mail = parsed(message)
    assert mail["Subject"] == text
    assert mail["To"].addresses[0].display_name == text


@pytest.mark.parametrize("value", [".", ".é", "From here", "From é", "é" * 12 + "aaa" + "." * 80, "x" * 300])
def test_a_value_never_starts_a_line_with_a_dot_or_from(value: str) -> None:
    message = written(name=value)
    assert_clean(message)
    assert bodies(message)[0].startswith(f"Hello {value},")


@pytest.mark.parametrize("length", range(60, 100))
def test_a_value_of_any_length_fits_its_lines(length: int) -> None:
    assert_clean(written(name="x" * (length - 26) + "=" * 13 + "xxx"))


printable = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=120
)


@given(printable.filter(str.strip))
def test_names_and_subjects_are_shown_literally(text: str) -> None:
    text = " ".join(text.split())
    message = written(replace(VARIANT, subject=text), READER._replace(name=text))
    mail = parsed(message)
    assert mail["Subject"] == text
    # the parser of policy.default puts a space between two encoded-words of a phrase, against RFC 2047 §6.2
    words = re.search(rb"^To: (.*?)\s<jieun@", message, re.MULTILINE | re.DOTALL)
    assert words is not None
    assert shown_name(words[1].decode()) == text
    for line in header_lines(message):
        assert len(line) <= 76 or line.startswith((b"List-Unsubscribe:", b"Message-ID"))


@given(
    literal=st.text(max_size=200), other=st.text(max_size=200), value=st.text(max_size=200), shown=st.booleans(),
    wide=st.booleans(),
)  # fmt: skip
@example(literal="x" * 74 + " ", other=" \n.", value="." * 80, shown=True, wide=False)
@example(literal="From ", other="\r", value="From " * 20, shown=True, wide=False)
def test_whatever_stands_in_a_part_is_read_back(
    literal: str, other: str, value: str, *, shown: bool, wide: bool
) -> None:
    literal, other = (text.replace("[[~", "") for text in (literal, other))
    page = f"{literal}{slot('v')}{begin('f')}{other}{slot('v')}{end('f')}{literal}{'한' * 300 if wide else 'a' * 300}{slot('v')}"
    flags = ("f",) if shown else ()
    letter = compile_letter(MAILING, Variant("en", "s", "", page, page))
    message = letter.draft(READER, {"v": value}, flags, LINK).message()
    assert_clean(message)
    pieces = split(re.sub(r"\r\n|\r|\n", "\r\n", page).replace("\0", ""))
    line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", value)
    for part, escape in zip(parsed(message).iter_parts(), ESCAPES, strict=True):
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        expected = merge(pieces, {"v": line}, flags, escape)
        assert payload.removesuffix(b"\r\n") == expected.encode().removesuffix(b"\r\n")


def test_an_address_beyond_ascii_stands_in_to_as_it_is() -> None:
    message = written(subscriber=READER._replace(email="지은@한옥.example"))
    assert "To: Jieun Kim <지은@xn--wk5b71z.example>\r\n".encode() in message
    assert_clean(message, ascii_only=False)


def test_a_row_with_two_addresses_is_refused() -> None:
    with pytest.raises(ValueError, match="address"):
        written(subscriber=READER._replace(email="a@example.com, b@example.com"))


def test_the_sender_of_the_envelope_is_known() -> None:
    letter: CompiledLetter = compile_letter(MAILING, VARIANT)
    assert letter.sender == "weekly@hanok.example"
