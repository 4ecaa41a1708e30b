"""Decide what a message is: a bounce, a complaint, or something that must not affect a subscriber. Pure.

A delivery report (RFC 3464) takes precedence; without one, fields or phrases in the text decide, and flufl.bounce,
which knows the forms of many old mail servers. A message that is not recognised is undecided, and changes nothing.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from syndication.bounces.message import Arrived
from syndication.domain.bounce import BounceFinding, BounceKind
from syndication.domain.bounce_words import enhanced, finding_of, status_of

_WORDS = 500  # characters of a server's words that are kept
_LONGEST = 2_000  # characters of a field of a report
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:[ \t]*(.*)")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_MILDEST = (BounceKind.DELIVERED, BounceKind.DELAYED, BounceKind.BLOCKED, BounceKind.SOFT, BounceKind.HARD)
_ACTIONS = {
    "delivered": BounceKind.DELIVERED,
    "relayed": BounceKind.DELIVERED,
    "expanded": BounceKind.DELIVERED,
    "delayed": BounceKind.DELAYED,
}
_COMPLAINTS = {"abuse", "fraud", "opt-out", "opt-out-list"}  # RFC 5965 §7.3, and the earlier opt-outs
_COMPLAINANT = "x-hmxmroriginalrecipient"
_COMPLAINED = re.compile(
    r"(?:fwd?: *)?(?:(?:abuse|spam|junk|user) )?complaint (?:about|regarding|from)\b|(?:fwd?: *)?(?:abuse|spam|feedback[ -]loop) (?:report|notification)\b",
    re.IGNORECASE,
)
_SERVER = re.compile(
    r"mailer-daemon|postmaster|mail ?(?:delivery|er|system)|mail-?daemon|mdaemon|delivery (?:sub)?system|<>|\bmmdf\b|\bmdaemon",
    re.IGNORECASE,
)
_BOUNCED = re.compile(
    r"undeliver|(?:delivery|mail|message).{0,30}(?:fail|return|error|problem|refus|reject|status|could not)|fail(?:ure|ed) (?:notice|delivery|mail)|"
    r"returned? (?:mail|message|to sender)|non-?deliver|not deliver|couldn't be delivered|bounce|permanent fatal errors|has no mailbox|nicht zustell|"
    r"non remis|no se (?:ha )?pud|rejected",
    re.IGNORECASE,
)
_WARNING = re.compile(
    r"warning message only|(?:do(?:es)?|need) not (?:need to )?(?:re-?send|retry)|(?:still|will|continue).{0,60}(?:be re-?tried|trying|try(?:ing)? (?:again|to)|re-?attempt|retry)|"
    r"delivery (?:status notification )?\(?delay|delayed (?:mail|message|\d+ hours?)|(?:mail|message|delivery) (?:is |has been |was )?delayed|"
    r"not yet been delivered|warning: could not send",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"out[ -]of[ -](?:the )?office|auto(?:matic|matische|mated)?[ -]?(?:re(?:ply|sponse|spond|ponder)|antwort|acknowledg)|abwesenheit|on vacation|vacation (?:reply|message)|away from|"
    r"r[ée]ponse automatique|respuesta autom|risposta automatica|absence|i am (?:currently )?away|autoodpowied|자동 ?(?:응답|회신)|自動(?:応答|返信)|自动(?:回复|答复)",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"(?:verify|confirm|prove|authenticate).{0,60}(?:you are|human|real person|your (?:message|mail|e-?mail|identity|address))|(?:challenge|verification).{0,20}(?:response|required|request)|"
    r"awaits? (?:moderator )?approval|held for approval|(?:approved|allowed|guest|white) ?-?list|waiting list|one-time|sender verification|pending (?:verification|approval)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _RecipientReport:
    """The fields about one recipient. `status` is empty when there is none; `words` are the server's, on one line."""

    action: str
    status: str
    words: str


def judge(arrived: Arrived) -> BounceFinding:
    """Return what the message reports, but not about which subscriber: that needs a proof."""
    if arrived.feedback:
        return _complaint(arrived.feedback)
    if _handed_on(arrived):
        return BounceFinding(BounceKind.COMPLAINT, words=arrived.subject[:_WORDS])
    if reported := [group for text in arrived.reports for group in _groups(text)]:
        return _reported(reported, arrived.text)
    if arrived.kind == "disposition-notification":  # RFC 8098: it was read, or deleted unread
        return BounceFinding(BounceKind.AUTOMATIC)
    if _by_machine(arrived):
        return BounceFinding(BounceKind.AUTOMATIC)
    return _in_words(arrived)


def _complaint(feedback: str) -> BounceFinding:
    kind = re.search(r"^feedback-type:\s*([\w-]+)", feedback, re.IGNORECASE | re.MULTILINE)
    named = kind[1].casefold() if kind else ""
    return (
        BounceFinding(BounceKind.COMPLAINT, words=named)
        if named in _COMPLAINTS
        else BounceFinding(BounceKind.AUTOMATIC, words=named)
    )


def _handed_on(arrived: Arrived) -> bool:
    """Return whether it is a complaint without a report: the whole mail, marked with the recipient, or below a subject
    that names it a complaint and without a word of its own (a person who complains writes some).

    Outlook.com's feedback loop (JMRP) sends this form. The subscriber has to be proven, as for every message.
    """
    if arrived.reports or arrived.kind:
        return False
    if arrived.header(_COMPLAINANT) or re.search(
        rf"^{_COMPLAINANT}:", arrived.returned, re.IGNORECASE | re.MULTILINE
    ):
        return True
    return bool(arrived.returned and not arrived.text.strip() and _COMPLAINED.match(arrived.subject))


def _reported(reported: list[_RecipientReport], text: str) -> BounceFinding:
    """Return the mildest finding of a report on several recipients (a subscriber may forward to them): the mail may have reached one."""
    findings = [_of_group(group, text) for group in reported]
    return min(findings, key=lambda finding: _MILDEST.index(finding.kind))


def _of_group(group: _RecipientReport, text: str) -> BounceFinding:
    words = group.words or _reason(text)
    # The text beside a report may end with a filter's banner: it may explain an exact status, but not replace it.
    exact = bool(group.status) and not group.status.endswith(".0")
    finding = finding_of(group.status, group.words if exact else words)
    if not finding.status and text:
        words = _reason(text)
        finding = finding_of("", words)
    kind = _ACTIONS.get(group.action, finding.kind)
    return BounceFinding(kind, finding.status, words[:_WORDS])


def _by_machine(arrived: Arrived) -> bool:
    """Return whether it is an automatic answer (RFC 3834) of a person's mailbox or of a list."""
    if arrived.header("x-failed-recipients"):
        return False
    if _SERVER.search(arrived.header("from")) and not _AWAY.search(arrived.subject):
        return False
    answers = arrived.header("auto-submitted").startswith(("auto-replied", "auto-notified"))
    headers = (
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-response-suppress",
        "list-id",
        "list-post",
    )
    marked = any(arrived.header(name) for name in headers) or arrived.header("precedence") in {
        "auto_reply",
        "auto-reply",
    }
    worded = _AWAY.search(arrived.subject) or _CHALLENGE.search(f"{arrived.subject}\n{arrived.text[:4000]}")
    return bool((answers or marked or worded) and not _BOUNCED.search(arrived.subject))


def _in_words(arrived: Arrived) -> BounceFinding:
    text = arrived.text
    fields = list(_groups(text))
    if fields:
        return _reported(fields, text)
    warned = _WARNING.search(f"{arrived.subject}\n{text[:8000]}")
    temporary, permanent = _by_flufl(arrived)
    named = bool(permanent) or bool(arrived.header("x-failed-recipients"))
    if warned or (temporary and not permanent):
        bounce = named or temporary or _SERVER.search(arrived.header("from"))
        return BounceFinding(BounceKind.DELAYED) if bounce else BounceFinding(BounceKind.UNDECIDED)
    finding = finding_of("", _reason(text))
    from_server = _SERVER.search(f"{arrived.header('from')} {arrived.header('return-path')}")
    if not named and not (from_server and (finding.status or _BOUNCED.search(arrived.subject))):
        return BounceFinding(BounceKind.UNDECIDED)
    return replace(finding, words=finding.words[:_WORDS])


def _by_flufl(arrived: Arrived) -> tuple[Iterable[bytes], Iterable[bytes]]:
    """Return the temporary and the permanent failures that flufl.bounce finds; none when it fails."""
    from flufl.bounce import all_failures  # noqa: PLC0415 - seldom needed

    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    try:
        temporary, permanent = all_failures(arrived.message)
    except Exception:  # noqa: BLE001 - a broken message may raise anything
        return (), ()
    return temporary, permanent


def _reason(text: str) -> str:
    """Return the lines with a status code, else with a known phrase, joined to one line."""
    lines = [" ".join(line[:_WORDS].split()) for line in text[:16_000].splitlines()]
    coded = [line for line in lines if enhanced(line)] or [
        line for line in lines if re.search(r"(?<!\d)[45][0-5]\d[ -]", line)
    ]
    if coded:
        first = lines.index(coded[0])
        reason = " ".join(filter(None, lines[first : first + 4]))
        if not status_of("", reason).endswith(".0"):
            return reason
        # "554 <ann@…>... Service unavailable", and elsewhere "unknown user: ann"
        named = [line for line in lines[:first] if finding_of("", line).kind is BounceKind.HARD]
        return " ".join([*named[:1], reason])
    return " ".join(line for line in lines if line and status_of("", line))[: 4 * _WORDS]


def _groups(text: str) -> Iterator[_RecipientReport]:
    """Parse the groups of a report (RFC 3464), or of a text that contains such fields."""
    for block in re.split(r"\n[ \t]*\n", text):
        fields = _fields(block)
        if "action" in fields or ("status" in fields and _STATUS.search(fields["status"])):
            yield _group(fields)


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line[:1] in {" ", "\t"} and name:
            fields[name] = f"{fields[name]} {line.strip()}"[:_LONGEST]
        elif match := _FIELD.match(line.strip()):
            name = match[1].casefold()
            fields.setdefault(name, match[2].strip()[:_LONGEST])
        else:
            name = ""
    return fields


def _group(fields: dict[str, str]) -> _RecipientReport:
    status = _STATUS.search(fields.get("status", ""))
    words = re.sub(r"^\s*[\w-]+\s*;\s*", "", fields.get("diagnostic-code", "")[:_LONGEST])  # "smtp;"
    return _RecipientReport(
        action=fields.get("action", "").split(";")[0].split("(")[0].strip().casefold(),
        status=".".join(status.groups()) if status else "",
        words=" ".join(words.split()),
    )
