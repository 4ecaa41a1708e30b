"""Translate servers' words into the status (RFC 3463) that they mean, and into a finding.

An exact status counts; words count if it is missing or only says "other" (x.0.0, x.y.0). Words about policy or about
our mail override a status, because a subscriber must not lose mail over a filter's view of us; so do words about a
full mailbox. The phrases are general, without providers' names.
"""

import re
from functools import cache

from syndication.domain.bounce import BounceFinding, BounceKind, kind_of

_CODE = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.])([45])[0-5]\d(?=[ \-:,#;]|$)")
# What a mail is addressed to; not "this e-mail", nor the address of a host.
_WHO = (
    r"(?:user(?: ?(?:id|name))?|recipient|mail[ -]?box|account|e-?mail(?! (?:message|server|system|client|content))|"
    r"(?<!\bip )(?<!\bhost )(?<!\bsource )address|addressee|alias|local[ -]?part|inbox)"
)
_OFF = "(?:disabled|deactivated|inactive|suspended|locked|expired|closed)"
_WRONG = "(?:unknown|no such|invalid|illegal|bad|unroute?able|undeliverable|non-?exist[ae]nt|unlisted)"

# Status → phrases that mean it. The first status with a matching phrase counts.
_MEANINGS = {
    "5.7.1": (
        r"\bspam",
        r"\b(?:black|block|deny)-?list",
        r"\bblocked\b",
        r"spamhaus|dnsbl|\brbl\b|\breputation",
        r"unsolicited|bulk (?:e-?)?mail",
        r"\b(?:dmarc|spf|dkim)\b",
        r"\bpolic(?:y|ies)\b",
        r"content (?:was )?reject",
        r"prohibit|\bbanned\b|forbidden",
        r"virus|malware|phish",
        r"(?:not (?:been )?|un)authori[sz]ed|unauthenticated|authentication (?:is )?required",
        r"relay(?:ing)?\b.{0,20}(?:denied|not|prohibited)",
        r"(?:unable|not|cannot|refus\w*|won't) (?:to )?relay",
        r"not (?:permitted|allowed) to (?:send|relay|post)",
        r"rcpthosts",  # qmail's list of the domains it accepts
        r"sender (?:address |domain )?(?:was |is |has been )?(?:reject|verif|denied|blocked|refused|not)",
        r"not accepting (?:mail|messages?) (?:with|from)",
        r"moderat\w+ (?:approval|list|queue)|awaits? moderator",
        r"\bnon?t? ?-?a? ?(?:list )?(?:member|subscriber)\b|only (?:members|subscribers)",
        r"requires? confirmation|not pre-?approved",  # a challenge
        r"rate limit|too many (?:messages|connections|recipients|errors)",
        r"administrator.{0,30}(?:reject|restrict|block)",
        # our server
        r"\b(?:helo|ehlo)\b(?!=)",
        r"\bptr\b|\brdns\b|in-addr\.arpa|reverse[ -](?:dns|lookup|host|address|mapping|resolution)",
        r"\bip(?:v[46])?[ -]?addr|\bip \[?\d",
        r"\b(?:your|client|connecting|sending|sender'?s?)[ -](?:ip|host|hostname|domain|mta)\b",
        # our address
        r"(?<!to )\bsender (?:\S+@\S+ )?(?:unknown|invalid|undefined|bad|does ?n[o']?t)",
        (
            r"(?:sender|from|return|envelope|originator)[ -]?(?:address|domain|path)\b.{0,60}"
            r"(?:unknown|invalid|illegal|reject|den(?:y|ied)|unresolv|un?verif|\bnot\b|does ?n[o']?t)"
        ),
        rf"{_WRONG}[ _](?:sender|from|return|envelope|originator|reply)\b",
        r"verification (?:has )?failed for\b|\bcall-?(?:out|back)\b",
        # our mail
        r"\b(?:header|message-id|mime|attachment|content|body)\b.{0,40}(?:invalid|illegal|missing|malformed|reject|not (?:allowed|valid|accepted))",
        r"(?:invalid|illegal|missing|malformed|bad) (?:\w+ )?(?:header|message-id|mime|attachment|subject|content)\b",
    ),
    "5.3.4": (
        r"\b(?:message|mail|size|attachment)\b.{0,40}(?:too (?:big|large|long)|exceed\w* .{0,40}(?:size|limit|maximum))",
        r"(?<!mailbox )size (?:limit|restriction)",
        r"\b(?:message|mail) size (?:limit )?exceed",
    ),
    "5.2.2": (
        r"quota",
        r"mailbox size (?:limit|exceed)|exceed\w* .{0,20}disk space",
        r"(?:mailbox|inbox)\b.{0,60} (?:is|was) full\b",
        r"(?:mailbox|mailfolder|inbox|account) (?:is |was )?(?:currently )?(?:full|over|exceed)",
        r"(?:exceed\w*|over).{0,30}(?:storage|mailbox|limit|size)",
        r"(?:insufficient|not enough|no more|out of).{0,20}(?:storage|space|disk)",
        r"disk (?:is )?full|too (?:much|many) mail",
    ),
    "5.2.1": (
        rf"{_WHO}\b.{{0,60}}(?:{_OFF}|\bnot (?:active|activated|available))",
        rf"{_OFF} {_WHO}",
        r"temporarily unavailable",
    ),
    "5.1.1": (
        rf"{_WRONG}[ _](?:local |destination |e-?mail |virtual |final |final delivery |final destination )?{_WHO}",
        rf"{_WHO}\b.{{0,80}}(?:unknown|invalid|unlisted|nonexist|no longer)",
        rf"{_WHO}\b.{{0,80}}(?:does ?n[o']?t|do(?:es)? not) (?:exist|have)",
        rf"{_WHO}\b.{{0,80}}\bnot (?:be )?(?:found|exist|known|valid|listed|recogni[sz]ed|registered|a valid|our customer|in (?:our|the)\b)",
        rf"no (?:{_WHO}|maildrop)\b.{{0,30}}(?:here|by that name|with|named|for this user)",
        rf"(?:isn't|not) (?:a |one of |in ).{{0,30}}(?:{_WHO}|customer)",
        rf"(?:doesn't|does not|did not|don't|not) (?:have|match|find|recogni[sz]e)\b.{{0,40}}{_WHO}",
        r"no valid recipients|recipnotfound|there is no one|\bis unknown\b|not? listed in",
    ),
    "5.4.4": (
        r"(?:host|domain|system)(?: or domain)?(?: name)?.{0,60}(?:not found|unknown|does ?n[o']t exist|lookup|no mail exchanger)",
        r"(?:unknown|no such|bad|invalid) (?:destination )?(?:host|domain|system)",
        r"(?:cannot|can't|couldn't|unable to) (?:find|resolve|route)",
        r"no (?:route|mx|a record)|loops? back|too many hops|routing loop|nxdomain",
    ),
    "4.4.7": (
        r"time[d -]{0,3}out|expired|(?:gave|giving|given) up",
        r"(?:host|network).{0,20}(?:down|unreachable)",
        r"connection (?:was )?(?:refused|reset|dropped|lost|failed|died)|could not connect",
        r"been (?:trying|in the queue)|too old|try again|unreachable|not (?:yet )?been delivered",
    ),
}
_ABOUT_US = {"5.7.1", "5.3.4"}
_FULL, _UNKNOWN = "5.2.2", "5.1.1"
# The statuses that are a dead address only with these words (the rest of the table is `domain.bounce.kind_of`).
_DEAD_WITH = {
    "5.2.1": re.compile(r"\buser unknown\b|\bunknown user\b", re.IGNORECASE),
    "5.4.1": re.compile(r"recipient address rejected: access denied", re.IGNORECASE),
}


@cache
def _phrases() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (status, re.compile("|".join(phrases), re.IGNORECASE)) for status, phrases in _MEANINGS.items()
    )


def enhanced(words: str) -> str:
    """Return the first enhanced status code in a server's words; empty when there is none."""
    found = _CODE.search(words)
    return ".".join(found.groups()) if found else ""


def finding_of(status: str, words: str) -> BounceFinding:
    """Return what a refusal means: a session's, a returned mail's, or a provider's report. `status` is the report's own, or empty."""
    meant = status_of(status, words)
    kind = kind_of(meant) if meant else BounceKind.SOFT
    if kind is BounceKind.SOFT and _names_the_dead(meant, words):
        kind = BounceKind.HARD
    return BounceFinding(kind, meant, words)


def status_of(status: str, words: str) -> str:
    """Return the status that is meant, empty when there is none. `status` is the report's own, or empty.

    It is 4.x when the report's status or the reply is: a refusal that may pass proves nothing about the address.
    """
    found, reply = _meant_by(status, words), _REPLY.search(words)
    if found.startswith("5") and (status.startswith("4") or (reply and reply[1] == "4")):
        return f"4{found[1:]}"
    return found


def _meant_by(status: str, words: str) -> str:
    coded, meant = enhanced(words), _meant(words)
    codes = [".".join(code) for code in _CODE.findall(words)]
    policy = [code for code in (*codes, status) if code.split(".")[1:2] == ["7"]]
    if policy or meant in _ABOUT_US:
        return policy[0] if policy else meant
    exact = [code for code in (status, coded) if code and not code.endswith(".0")]
    if exact:
        return _FULL if meant == _FULL and exact[0].split(".")[1] == "1" else exact[0]
    reply = _REPLY.search(words)
    return meant or status or coded or (f"{reply[1]}.0.0" if reply else "")


def _meant(words: str) -> str:
    return next((status for status, phrase in _phrases() if phrase.search(words)), "")


def _names_the_dead(status: str, words: str) -> bool:
    """Return whether the words prove a dead address where the status alone does not."""
    if needed := _DEAD_WITH.get(status):
        return bool(needed.search(words))
    return status.startswith("5.1.") and _meant(words) == _UNKNOWN
