"""The rules of ARCHITECTURE §4, tried over random years of collecting and running."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from syndication.compose.membership import BEFORE_FIRST, BEFORE_WEEK, TOO_OLD, members, old_entry
from syndication.domain.article import Article
from syndication.domain.week import CutOff, WeekKey

SEOUL = CutOff(0, time(0), ZoneInfo("Asia/Seoul"))
W46, W47 = WeekKey(2026, 46), WeekKey(2026, 47)
EARLIER = WeekKey(2026, 30)
BACKLOG = "an old entry in the source's first collect"


def article(
    published: datetime | None, seen: datetime | None = None, name: str = "a", backlog: str = ""
) -> Article:
    seen = seen or published
    assert seen is not None
    return Article(
        title=name,
        keys=(name,),
        id=name,
        source="desk",
        published=published,
        first_seen=seen,
        changed=seen,
        backlog=backlog,
    )


def ids(articles: Sequence[Article]) -> list[str]:
    return [one.id for one in articles]


def test_an_article_of_the_cut_offs_second_is_in_and_one_of_the_next_waits() -> None:
    end = SEOUL.at(W47)
    found = members(
        [article(end, name="in"), article(end + timedelta(seconds=1), name="out")],
        key=W47,
        cutoff=SEOUL,
        first=EARLIER,
        past=False,
    )
    assert ids(found.members) == ["in"]
    assert ids(found.waiting) == ["out"]


def test_a_first_edition_holds_its_own_seven_days_and_leaves_the_rest_with_a_reason() -> None:
    begin = SEOUL.at(W46)
    found = members(
        [article(begin, name="old"), article(begin + timedelta(seconds=1), name="new")],
        key=W47,
        cutoff=SEOUL,
        first=None,
        past=False,
    )
    assert ids(found.members) == ["new"]
    assert [(old.id, reason) for old, reason in found.backlog] == [("old", BEFORE_FIRST)]


def test_what_was_before_the_first_edition_stays_out_of_the_second_too() -> None:
    old = article(SEOUL.at(W46), name="old")
    found = members([old], key=W47.shifted(1), cutoff=SEOUL, first=W47, past=False)
    assert found.backlog == ((old, BEFORE_FIRST),)


def test_an_article_collected_late_is_in_the_next_edition() -> None:
    late = article(SEOUL.at(W46) - timedelta(days=3), seen=SEOUL.at(W47) - timedelta(days=1))
    assert members([late], key=W47, cutoff=SEOUL, first=EARLIER, past=False).members == (late,)


def test_twenty_eight_days_before_the_cut_off_is_the_end() -> None:
    last = SEOUL.at(W47) - timedelta(days=28)
    found = members(
        [article(last, name="in"), article(last - timedelta(seconds=1), name="out")],
        key=W47,
        cutoff=SEOUL,
        first=EARLIER,
        past=False,
    )
    assert ids(found.members) == ["in"]
    assert [(old.id, reason) for old, reason in found.backlog] == [("out", TOO_OLD)]


def test_what_was_settled_as_backlog_at_the_collect_is_never_mailed() -> None:
    old = article(SEOUL.at(W47) - timedelta(days=1), backlog=BACKLOG)
    assert members([old], key=W47, cutoff=SEOUL, first=EARLIER, past=False).backlog == ((old, BACKLOG),)


def test_an_undated_article_counts_from_when_it_was_first_seen() -> None:
    undated = article(None, seen=SEOUL.at(W47) + timedelta(hours=1))
    assert members([undated], key=W47, cutoff=SEOUL, first=EARLIER, past=False).waiting == (undated,)
    assert members([undated], key=W47.shifted(1), cutoff=SEOUL, first=EARLIER, past=False).members == (
        undated,
    )


def test_a_past_week_takes_its_own_window_and_its_backlog_alone() -> None:
    begin, end = SEOUL.window(W46)
    inside = article(begin + timedelta(seconds=1), name="inside", backlog=BACKLOG)
    before, later = article(begin, name="before"), article(end + timedelta(seconds=1), name="later")
    found = members([before, inside, later], key=W46, cutoff=SEOUL, first=EARLIER, past=True)
    assert found.members == (inside,)
    assert found.backlog == ((before, BEFORE_WEEK),)
    assert found.waiting == (later,)


def test_members_are_newest_first_and_ties_stand_by_title_whatever_their_ids() -> None:
    at = SEOUL.at(W47) - timedelta(days=1)
    shuffled = [
        replace(article(at, name="c"), id="1"),
        article(at + timedelta(hours=1), name="z"),
        replace(article(at, name="a"), id="3"),
        replace(article(at, name="b"), id="2"),
    ]
    assert ids(members(shuffled, key=W47, cutoff=SEOUL, first=None, past=False).members) == [
        "z",
        "3",
        "2",
        "1",
    ]


@pytest.mark.parametrize(
    ("frozen", "days_before_latest", "old"),
    [
        ({W46}, 7, True),  # the week of W47 is still to be mailed: only what W46 covered is old
        ({W46}, 6, False),
        ({W46, W47}, 0, True),  # W47 is out: all up to its cut-off is old
        ({W46, W47}, -1, False),
        (set(), 400, False),
    ],
)
def test_an_entry_is_old_when_its_week_was_mailed_before_its_source_was_known(
    frozen: set[WeekKey], days_before_latest: int, old: bool
) -> None:
    now = SEOUL.at(W47) + timedelta(hours=7)
    published = SEOUL.at(W47) - timedelta(days=days_before_latest)
    assert old_entry(published, now=now, cutoff=SEOUL, frozen=frozen) is old


def test_an_undated_entry_is_never_old() -> None:
    assert not old_entry(None, now=SEOUL.at(W47), cutoff=SEOUL, frozen={W47})


# The life of a site: sources are added, articles collected, editions run late, twice and for past weeks.

START = datetime(2026, 2, 20, tzinfo=UTC)  # both changes of the clock lie in what follows
hours = st.integers(0, 24 * 300)
published = st.none() | st.integers(-24 * 60, 24 * 20)  # hours after it was collected; None: undated
collects = st.tuples(
    hours, st.just("collect"), published, st.booleans()
)  # last: in the first collect of its source
runs = st.tuples(
    hours, st.just("run"), st.none() | st.integers(1, 6), st.booleans()
)  # weeks back; None: the latest
lives = st.lists(st.one_of(collects, collects, runs), min_size=1, max_size=40)
zones = st.sampled_from(["Asia/Seoul", "Europe/Berlin", "America/New_York"]).map(ZoneInfo)
cutoffs = st.builds(CutOff, st.integers(0, 6), st.sampled_from([time(0), time(2, 30), time(7)]), zones)


@dataclass
class Site:
    """What the store remembers, as far as membership goes."""

    cutoff: CutOff
    stored: list[Article] = field(default_factory=list)
    edition_of: dict[str, WeekKey] = field(default_factory=dict)
    frozen: dict[WeekKey, datetime] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)  # as the last run gave them
    settled: dict[str, str] = field(
        default_factory=dict
    )  # as the first run to leave an article out gave them

    def collect(self, now: datetime, published: datetime | None, *, first_collect: bool) -> None:
        old = first_collect and old_entry(published, now=now, cutoff=self.cutoff, frozen=self.frozen)
        self.stored.append(article(published, now, f"article-{len(self.stored):03}", BACKLOG if old else ""))

    def run(self, now: datetime, key: WeekKey | None = None) -> None:
        latest = self.cutoff.latest(now)
        key = key or latest
        if key in self.frozen:
            return
        unassigned = [one for one in self.stored if one.id not in self.edition_of]
        first = next(iter(self.frozen), None)
        found = members(unassigned, key=key, cutoff=self.cutoff, first=first, past=key < latest)
        parts = [*found.members, *(old for old, _ in found.backlog), *found.waiting]
        assert sorted(ids(parts)) == sorted(ids(unassigned)), "an article is lost or counted twice"
        assert all(reason for _, reason in found.backlog)
        assert all(one.dated <= self.cutoff.at(key) < now + timedelta(seconds=1) for one in found.members)
        assert all(one.dated > self.cutoff.at(key) for one in found.waiting)
        self.reasons = {old.id: reason for old, reason in found.backlog}
        self.settled = self.reasons | self.settled
        if found.members:
            self.frozen[key] = now
            self.edition_of |= dict.fromkeys(ids(found.members), key)


def live(cutoff: CutOff, life: Sequence[tuple[int, str, int | None, bool]], *, past_weeks: bool) -> Site:
    site = Site(cutoff)
    for hour, kind, amount, flag in sorted(life, key=lambda step: step[:2]):
        now = START + timedelta(hours=hour)
        if kind == "collect":
            at = None if amount is None else now + timedelta(hours=amount)
            site.collect(now, at, first_collect=flag)
        else:
            site.run(now, cutoff.latest(now).shifted(-amount) if amount and past_weeks else None)
            if flag:  # cron fired twice
                before = dict(site.edition_of)
                site.run(now)
                assert before.items() <= site.edition_of.items()
    for week in range(5):  # until every date has passed
        site.run(START + timedelta(hours=24 * 321) + timedelta(weeks=week))
    return site


@given(cutoffs, lives)
def test_every_article_ends_in_one_edition_or_in_the_backlog_with_a_reason(
    cutoff: CutOff, life: list[tuple[int, str, int | None, bool]]
) -> None:
    site = live(cutoff, life, past_weeks=True)
    for one in site.stored:
        assert (one.id in site.edition_of) != (one.id in site.reasons)
    event(f"editions: {len(site.frozen)}")


@given(cutoffs, lives)
def test_an_article_is_in_the_first_edition_that_could_hold_it(
    cutoff: CutOff, life: list[tuple[int, str, int | None, bool]]
) -> None:
    site = live(cutoff, life, past_weeks=False)
    for one in site.stored:
        possible = [
            key
            for key, frozen in site.frozen.items()
            if frozen >= one.first_seen and cutoff.at(key) >= one.dated
        ]
        if one.id in site.edition_of:
            assert site.edition_of[one.id] == min(possible)
        elif site.settled[one.id] == TOO_OLD:
            assert not possible or one.dated < cutoff.at(min(possible)) - timedelta(days=28)
        elif site.settled[one.id] == BEFORE_FIRST:
            assert not site.frozen or one.dated <= cutoff.at(min(site.frozen).shifted(-1))
        else:
            assert site.settled[one.id] == BACKLOG == one.backlog


@given(
    cutoffs,
    st.lists(hours, min_size=1, max_size=20),
    st.lists(st.integers(0, 6 * 24), min_size=45, max_size=45),
)
def test_a_cron_up_to_six_days_late_mails_every_fresh_article_in_the_edition_of_its_own_week(
    cutoff: CutOff, collected: list[int], lateness: list[int]
) -> None:
    first = cutoff.latest(START)
    site = Site(cutoff)
    site.collect(START - timedelta(days=8), cutoff.at(first) - timedelta(hours=1), first_collect=True)
    # At the same second an article comes before the run: one collected after it is late by the rules, and in the next.
    steps = [(START + timedelta(hours=hour), "collect") for hour in collected]
    steps += [
        (cutoff.at(first.shifted(week)) + timedelta(hours=late), "run") for week, late in enumerate(lateness)
    ]
    for now, kind in sorted(steps):
        if kind == "run":
            site.run(now)
        else:
            site.collect(now, now, first_collect=False)
    for one in site.stored:
        begin, end = cutoff.window(site.edition_of[one.id])
        assert begin < one.dated <= end
