from datetime import UTC, datetime, timedelta

import pytest

from syndication.domain.bounce import BounceFinding, BounceKind, ConsentState, Happened, Rule, decide, score
from syndication.domain.subscriber import Consent

RULE = Rule(3.0, timedelta(days=30))
YES = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def happened(kind: BounceKind, sent: datetime = NOW) -> Happened:
    return Happened(key="k", sent=sent, finding=BounceFinding(kind), source="mail")


def test_a_soft_bounce_weighs_half_after_every_half_life() -> None:
    times = [NOW, NOW - timedelta(days=30), NOW - timedelta(days=60)]
    assert score(times, NOW, RULE.half_life) == pytest.approx(1.75)


def test_soft_bounces_of_four_weeks_in_a_row_suppress_and_of_every_other_week_later() -> None:
    weekly = [NOW - n * WEEK for n in (3, 2, 1)]
    third = decide(
        happened(BounceKind.SOFT, weekly[2]),
        ConsentState(Consent.CONFIRMED, YES, weekly[:2]),
        RULE,
        weekly[2],
    )
    assert (third.consent, third.why) == (None, "counted: 2.57 of 3")
    fourth = decide(happened(BounceKind.SOFT), ConsentState(Consent.CONFIRMED, YES, weekly), RULE, NOW)
    assert (fourth.consent, fourth.why) == (Consent.BOUNCED, "bounced: soft bounces came to 3.19 of 3")
    seldom = ConsentState(Consent.CONFIRMED, YES, [NOW - 12 * WEEK, NOW - 8 * WEEK, NOW - 4 * WEEK])
    assert decide(happened(BounceKind.SOFT), seldom, RULE, NOW).consent is None


def test_bounces_that_are_read_late_count_as_of_their_mails() -> None:
    old = NOW - 40 * WEEK
    assert (
        decide(happened(BounceKind.SOFT, old), ConsentState(Consent.CONFIRMED, YES), RULE, NOW).score < 0.01
    )


@pytest.mark.parametrize(
    ("kind", "consent", "becomes"),
    [
        (BounceKind.HARD, Consent.CONFIRMED, Consent.BOUNCED),
        (BounceKind.HARD, Consent.PENDING, None),
        (BounceKind.HARD, Consent.UNSUBSCRIBED, None),
        (BounceKind.HARD, Consent.COMPLAINED, None),
        (BounceKind.BLOCKED, Consent.CONFIRMED, None),
        (BounceKind.COMPLAINT, Consent.CONFIRMED, Consent.COMPLAINED),
        (BounceKind.COMPLAINT, Consent.PENDING, Consent.COMPLAINED),
        (BounceKind.COMPLAINT, Consent.UNSUBSCRIBED, Consent.COMPLAINED),
        (BounceKind.COMPLAINT, Consent.BOUNCED, Consent.COMPLAINED),
        (BounceKind.COMPLAINT, Consent.COMPLAINED, None),
        (BounceKind.UNSUBSCRIBE, Consent.CONFIRMED, Consent.UNSUBSCRIBED),
        (BounceKind.UNSUBSCRIBE, Consent.PENDING, Consent.UNSUBSCRIBED),
        (BounceKind.UNSUBSCRIBE, Consent.BOUNCED, None),
    ],
)
def test_what_becomes_of_a_consent(kind: BounceKind, consent: Consent, becomes: Consent | None) -> None:
    assert decide(happened(kind), ConsentState(consent, YES), RULE, NOW).consent is becomes


@pytest.mark.parametrize("kind", [BounceKind.HARD, BounceKind.SOFT, BounceKind.COMPLAINT])
def test_a_bounce_of_a_mail_from_before_the_last_yes_changes_nothing(kind: BounceKind) -> None:
    since = ConsentState(Consent.CONFIRMED, NOW)
    decision = decide(happened(kind, NOW - timedelta(seconds=1)), since, RULE, NOW)
    assert (decision.consent, decision.score) == (None, 0)
    assert decision.why == "no change: the subscriber said yes after this mail, on 2026-11-23"


def test_a_mail_of_the_second_of_the_yes_is_one_after_it() -> None:
    """Dates of mails are whole seconds."""
    subscriber = ConsentState(Consent.CONFIRMED, NOW + timedelta(milliseconds=300))
    assert decide(happened(BounceKind.HARD), subscriber, RULE, NOW).consent is Consent.BOUNCED
