"""Messages that come back, in our own words, in the forms that mail servers send them."""

from email.message import EmailMessage

__all__ = ["BOUNCES", "ORIGINAL", "autoreply", "bounce", "complaint", "plain"]

BOUNCES = "bounces@harbour.example"
ORIGINAL = """\
Return-Path: <{path}>
From: The Harbour Review <weekly@harbour.example>
To: ann@readers.example
Subject: Ferry bell rings again
Date: Mon, 16 Oct 2023 08:00:00 +0000
Message-ID: <0123456789abcdef@harbour.example>
List-Unsubscribe: <https://news.harbour.example/unsubscribe/{link}>

The bell rang.
"""


def bounce(
    status: str = "5.1.1",
    words: str = "550 5.1.1 <ann@readers.example>: no such user here",
    *,
    to: str = BOUNCES,
    action: str = "failed",
    text: str = "Your message could not be delivered.",
    returned: str = "",
    groups: str = "",
) -> bytes:
    """A report as of RFC 3464; `groups` stand in for the one recipient's."""
    own = f"Final-Recipient: rfc822; ann@readers.example\nAction: {action}\nStatus: {status}\n"
    own += f"Diagnostic-Code: smtp; {words}\n" if words else ""
    returned = returned or ORIGINAL.format(path="weekly@harbour.example", link="none")
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.readers.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 16 Oct 2023 08:00:05 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut-here"

--cut-here
Content-Type: text/plain; charset=utf-8

{text}

--cut-here
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.readers.example
Arrival-Date: Mon, 16 Oct 2023 08:00:01 +0000

{groups or own}
--cut-here
Content-Type: message/rfc822

{returned}
--cut-here--
""".encode()


def complaint(
    kind: str = "abuse", *, to: str = "abuse@harbour.example", path: str = "", link: str = "none"
) -> bytes:
    """A report as of RFC 5965."""
    named = f"Original-Mail-From: <{path}>\n" if path else ""
    return f"""\
From: feedback@provider.example
To: {to}
Subject: FW: Ferry bell rings again
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="cut-here"

--cut-here
Content-Type: text/plain

This is an abuse report for a message that one of our users did not want.

--cut-here
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider-Feedback/1.0
Version: 1
{named}
--cut-here
Content-Type: message/rfc822

{ORIGINAL.format(path=path or "<>", link=link)}
--cut-here--
""".encode()


def plain(
    text: str,
    *,
    to: str = BOUNCES,
    subject: str = "Returned mail",
    sender: str = "MAILER-DAEMON@mx.example",
    **headers: str,
) -> bytes:
    """A message of one part; in the names of headers _ stands for -."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return bytes(message)


def autoreply(
    subject: str = "Out of office: Ferry bell rings again", *, to: str = BOUNCES, **headers: str
) -> bytes:
    return plain(
        "I am at sea until Monday. The mailbox of my colleague is full.",
        to=to,
        subject=subject,
        sender="ann@readers.example",
        **headers,
    )
