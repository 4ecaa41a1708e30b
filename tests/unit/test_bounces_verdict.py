"""What a message is taken for, whatever it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.bounces.message import read_message
from syndication.bounces.verdict import judge
from syndication.domain.bounce import BounceFinding, BounceKind, kind_of
from syndication.domain.bounce_words import finding_of, status_of
from tests.unit.bounce_samples import BOUNCES, ORIGINAL, autoreply, bounce, complaint, plain


def kind(message: bytes) -> BounceKind:
    return judge(read_message(message)).kind


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("5.1.1", BounceKind.HARD),
        ("5.1.0", BounceKind.SOFT),
        ("5.1.2", BounceKind.HARD),
        ("5.1.3", BounceKind.HARD),
        ("5.1.6", BounceKind.HARD),
        ("5.1.4", BounceKind.SOFT),
        ("5.1.10", BounceKind.HARD),
        ("5.1.7", BounceKind.BLOCKED),
        ("5.1.8", BounceKind.BLOCKED),
        ("4.1.1", BounceKind.SOFT),
        ("4.2.2", BounceKind.SOFT),
        ("5.2.1", BounceKind.SOFT),
        ("5.2.2", BounceKind.SOFT),
        ("5.2.3", BounceKind.BLOCKED),
        ("5.3.4", BounceKind.BLOCKED),
        ("5.4.4", BounceKind.SOFT),
        ("5.0.0", BounceKind.SOFT),
        ("5.6.1", BounceKind.BLOCKED),
        ("5.7.1", BounceKind.BLOCKED),
        ("4.7.0", BounceKind.BLOCKED),
        ("2.1.5", BounceKind.DELIVERED),
    ],
)
def test_every_status_has_its_kind(status: str, expected: BounceKind) -> None:
    assert kind_of(status) is expected


def test_a_banner_in_the_text_beside_a_report_does_not_go_before_its_status() -> None:
    text = "Delivery failed.\n\n**** Scanned for viruses by our filter ****"
    assert kind(bounce(status="5.1.1", words="", text=text)) is BounceKind.HARD
    assert kind(bounce(status="5.0.0", words="", text=text)) is BounceKind.BLOCKED


@pytest.mark.parametrize(
    ("status", "words", "meant"),
    [
        ("5.1.1", "550 5.1.1 no such user", "5.1.1"),
        ("5.0.0", "550 5.1.1 no such user", "5.1.1"),
        ("5.0.0", "550 user unknown", "5.1.1"),
        ("5.3.0", "553 5.3.0 addressee unknown", "5.1.1"),
        ("5.2.2", "552 user unknown or over quota", "5.2.2"),
        ("5.1.1", "550 5.1.1 blocked because of the reputation of your network", "5.7.1"),
        ("5.1.1", "550 the message size exceeded what we take", "5.3.4"),
        ("5.0.0", "452 the mailbox size limit was reached", "4.2.2"),
        ("5.0.0", "the subscriber has exceeded the disk space there is", "5.2.2"),
        ("5.0.0", "550 BAD_RECIPIENT", "5.1.1"),
        ("5.0.0", "550 no mail box is there for this user", "5.1.1"),
        ("5.0.0", "550 this server requires confirmation of who you are", "5.7.1"),
        ("5.1.1", "550 5.7.26 unauthenticated mail is refused", "5.7.26"),
        ("", "552 the mailbox is full", "5.2.2"),
        ("", "552 message size exceeds the maximum", "5.3.4"),
        ("", "this mail message has exceeded the maximum size", "5.3.4"),
        ("", "552 the mailbox exceeds its storage limit", "5.2.2"),
        ("", "550 this account has been disabled", "5.2.1"),
        ("", "host not found", "5.4.4"),
        ("", "450 something odd", "4.0.0"),
        ("", "nothing that says anything", ""),
        ("5.0.0", "", "5.0.0"),
    ],
)
def test_words_count_where_a_status_says_too_little_and_policy_goes_first(
    status: str, words: str, meant: str
) -> None:
    assert status_of(status, words) == meant


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.2.1", "550 5.2.1 ann: user unknown"),
        ("5.2.1", "550 5.2.1 <ann@readers.example>... Unknown user"),
        ("5.4.1", "550 5.4.1 <ann@readers.example>: Recipient address rejected: Access denied [mx1]"),
        ("5.1.351", "550 5.1.351 the remote server knows no such recipient: unknown recipient"),
        ("5.1.0", "550 5.1.0 there is no such mailbox"),
        ("5.0.0", "554 invalid final delivery userid: ann"),
        (
            "",
            "550 <ann@readers.example>: Recipient address rejected: User unknown; proto=ESMTP helo=<mx.example>",
        ),
    ],
)
def test_words_that_name_the_recipient_as_unknown_end_it(status: str, words: str) -> None:
    assert finding_of(status, words).kind is BounceKind.HARD


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        ("5.0.0", "550 the IP address [192.0.2.7] was not found in the reverse zone", BounceKind.BLOCKED),
        ("5.0.0", "550 no reverse DNS: address unknown", BounceKind.BLOCKED),
        ("5.1.1", "550 5.1.1 your host is unknown here", BounceKind.BLOCKED),
        ("5.0.0", "501 EHLO with an invalid address literal", BounceKind.BLOCKED),
        ("5.0.0", "553 sender weekly@harbour.example does not exist", BounceKind.BLOCKED),
        (
            "5.1.0",
            "550 5.1.0 <weekly@harbour.example>: Sender address rejected: User unknown",
            BounceKind.BLOCKED,
        ),
        ("5.0.0", "550 invalid return address", BounceKind.BLOCKED),
        ("5.0.0", "550 callout: mailbox of the sender not found", BounceKind.BLOCKED),
        (
            "5.0.0",
            "554 the content was rejected: invalid header, no valid address in From",
            BounceKind.BLOCKED,
        ),
        ("5.6.0", "550 5.6.0 Recipient address rejected: the body is malformed", BounceKind.BLOCKED),
        (
            "5.3.0",
            "554 5.3.0 <ann@readers.example>: Recipient address rejected: internal error",
            BounceKind.SOFT,
        ),
        ("5.0.0", "554 this e-mail message is not valid", BounceKind.SOFT),
        ("5.1.1", "552 5.1.1 the mailbox of ann is full", BounceKind.SOFT),
        ("5.1.1", "550 5.1.1 user is over quota", BounceKind.SOFT),
        ("5.2.1", "550 5.2.1 this mailbox is disabled", BounceKind.SOFT),
        ("5.4.1", "550 5.4.1 Access denied", BounceKind.SOFT),
        ("4.0.0", "550 user unknown", BounceKind.SOFT),
        ("4.1.1", "450 4.1.1 no such user", BounceKind.SOFT),
        ("5.1.1", "451 5.1.1 user unknown", BounceKind.SOFT),
        ("", "450 <ann@readers.example>: Recipient address rejected: no such mailbox yet", BounceKind.SOFT),
    ],
)
def test_what_may_pass_or_is_about_us_never_ends_it(status: str, words: str, expected: BounceKind) -> None:
    assert finding_of(status, words).kind is expected


def test_a_vague_code_does_not_hide_the_line_that_names_the_recipient() -> None:
    text = "local delivery: unknown user: ann\n554 <ann@readers.example>... Service unavailable"
    assert kind(bounce(status="5.5.0", words="", text=text)) is BounceKind.HARD
    assert (
        kind(bounce(status="5.5.0", words="", text=text.replace("unknown user", "busy"))) is BounceKind.SOFT
    )


def handed_on(subject: str, *, mark: str = "", text: str = "") -> bytes:
    own = f"--cut-here\nContent-Type: text/plain\n\n{text}\n\n" if text else ""
    return f"""\
From: staff@provider.example
To: {BOUNCES}
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="cut-here"

{own}--cut-here
Content-Type: message/rfc822

{mark}{ORIGINAL.format(path="weekly@harbour.example", link="none")}
--cut-here--
""".encode()


def test_the_whole_mail_handed_on_is_a_complaint() -> None:
    mark = "X-HmXmrOriginalRecipient: ann@readers.example\n"
    assert kind(handed_on("complaint about message from 192.0.2.7")) is BounceKind.COMPLAINT
    assert kind(handed_on("Abuse report", mark=mark)) is BounceKind.COMPLAINT
    assert kind(handed_on("Whatever it is", mark=mark)) is BounceKind.COMPLAINT


def test_a_person_who_complains_or_hands_a_mail_on_is_undecided() -> None:
    assert kind(handed_on("Complaint about page 3", text="The ferry does ring.")) is BounceKind.UNDECIDED
    assert kind(handed_on("Fwd: Ferry bell rings again")) is BounceKind.UNDECIDED
    answer = plain(
        "It rang.\n\nOriginal message:\nThe bell", sender="ann@readers.example", subject="Complaint about it"
    )
    assert kind(answer) is BounceKind.UNDECIDED


def test_a_report_is_read_with_its_status_and_the_servers_words() -> None:
    finding = judge(read_message(bounce("5.1.1", "550 5.1.1 no such user\n here")))
    assert finding == BounceFinding(BounceKind.HARD, "5.1.1", "550 5.1.1 no such user here")


def test_a_report_with_the_line_ends_of_smtp_or_from_an_mbox_is_the_same() -> None:
    assert kind(bounce().replace(b"\n", b"\r\n")) is BounceKind.HARD
    assert kind(b"From MAILER-DAEMON Mon Oct 16 08:00:05 2023\n" + bounce()) is BounceKind.HARD


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("failed", BounceKind.HARD),
        ("delayed", BounceKind.DELAYED),
        ("delivered", BounceKind.DELIVERED),
        ("relayed", BounceKind.DELIVERED),
    ],
)
def test_the_action_of_a_report_counts(action: str, expected: BounceKind) -> None:
    assert kind(bounce(action=action)) is expected


def test_of_several_recipients_the_mildest_counts() -> None:
    """A subscriber forwards to two addresses: the mail has arrived at one of them."""
    dead = "Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n"
    full = "Final-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 4.2.2\n"
    assert kind(bounce(groups=f"{dead}\n{full}")) is BounceKind.SOFT
    assert kind(bounce(groups=f"{dead}\n{dead.replace('a@', 'c@')}")) is BounceKind.HARD


def test_a_report_without_a_status_speaks_by_its_text() -> None:
    assert kind(bounce(status="", words="", text="<ann@readers.example>: unknown user")) is BounceKind.HARD
    assert kind(bounce(status="", words="", text="It did not work.")) is BounceKind.SOFT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The following address failed:\n\n  ann@readers.example\n    550 no such mailbox", BounceKind.HARD),
        ("<ann@readers.example>:\nThe mailbox is full.", BounceKind.SOFT),
        ("ann@readers.example\n  554 5.7.1 Refused by our policy", BounceKind.BLOCKED),
        ("Action: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; ann@readers.example", BounceKind.HARD),
        (
            "This is a warning message only: your mail has not yet been delivered, we keep trying.",
            BounceKind.DELAYED,
        ),
    ],
)
def test_a_bounce_in_plain_words_is_read(text: str, expected: BounceKind) -> None:
    assert kind(plain(text)) is expected


def test_what_stands_in_the_returned_mail_is_not_the_servers_word() -> None:
    text = "Delivery failed for an unknown reason.\n\n--- Below this line is a copy of the message.\n\nno such user, quota, spam"
    assert kind(plain(text)) is BounceKind.SOFT


@pytest.mark.parametrize(
    "message",
    [
        autoreply(),
        autoreply("Re: Ferry bell", auto_submitted="auto-replied"),
        autoreply("Ferry bell", X_Autoreply="yes"),
        autoreply("Ferry bell", Precedence="auto_reply"),
        autoreply("자동 응답: 부재중"),
        plain(
            "Please confirm that you are human to get your message through.",
            sender="ann@readers.example",
            subject="Verify",
        ),
        plain(
            "Your mail awaits moderator approval.",
            subject="Held",
            sender="list@other.example",
            List_Id="<list.other.example>",
        ),
    ],
)
def test_answers_of_machines_for_people_say_nothing(message: bytes) -> None:
    assert kind(message) is BounceKind.AUTOMATIC


def test_a_person_who_answers_is_undecided() -> None:
    assert (
        kind(
            plain(
                "Dear newsroom, my mailbox is full of you.", sender="ann@readers.example", subject="Re: Ferry"
            )
        )
        is BounceKind.UNDECIDED
    )


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("abuse", BounceKind.COMPLAINT),
        ("fraud", BounceKind.COMPLAINT),
        ("opt-out", BounceKind.COMPLAINT),
        ("not-spam", BounceKind.AUTOMATIC),
        ("virus", BounceKind.AUTOMATIC),
    ],
)
def test_a_complaint_is_one_when_its_type_is(named: str, expected: BounceKind) -> None:
    assert kind(complaint(named)) is expected


@given(st.binary(max_size=3000))
def test_any_bytes_are_judged(data: bytes) -> None:
    judge(read_message(data))


LINES = st.sampled_from(
    [
        b"Content-Type: multipart/report; boundary=b",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/feedback-report",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/plain; charset=nonsense",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Subject: =?utf-8?b?////?=",
        b"Subject: =?nonsense?q?=FF?=",
        b"X-Failed-Recipients: a@b",
        b"--b",
        b"--b--",
        b"",
        b"Action: failed",
        b"Status: 5.99999.1",
        b"Status: 5.1.1",
        b"begin 644 a",
        b"\xff\xfe\x00",
    ]
)


@given(st.lists(LINES, max_size=40))
def test_any_order_of_the_pieces_of_reports_is_judged(lines: list[bytes]) -> None:
    judge(read_message(b"\n".join(lines)))


def nested(depth: int) -> bytes:
    parts = [
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(depth)
    ]
    return b"".join(parts) + b"Content-Type: text/plain\n\nno such user\n"


@pytest.mark.parametrize(
    "message",
    [
        bounce(text="no such user\n" * 800_000),
        bounce(words="550 " + "5.1." * 200_000),
        plain("<" * 3_000_000),
        plain("user " * 600_000),
        plain("no mailbox for a@b " * 100_000),
        b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\n\n",
        b"X: y\n" * 200_000,
        nested(3_000),
        b"Content-Type: message/rfc822\n\n" * 3_000,
    ],
    ids=[
        "10 MB",
        "a status without an end",
        "angles",
        "one word",
        "phrases",
        "encoded words",
        "headers",
        "multiparts",
        "messages",
    ],
)
def test_a_message_made_to_hurt_takes_no_more_than_seconds(message: bytes) -> None:
    began = time.process_time()
    judge(read_message(message))
    assert time.process_time() - began < 2
