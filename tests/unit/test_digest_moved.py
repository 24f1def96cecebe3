"""What a digest counts of its week: each case once in a figure, and none that anybody is left out of."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.cases import Case, Entry, Kind, Why
from bot.domain.digests import NOTHING, Figure, Week, weighed
from tests.unit.harbour import DAY, FRIDAY, GRETA, HOUR, MONDAY, WEDNESDAY
from tests.unit.histories import HARBOUR, case, entry, histories, step, with_entries

SECOND = timedelta(seconds=1)
WEEK = 7 * DAY
CAME, TAKEN, CLIMBED, ENDED = (one.value for one in Figure)
TAKES = (Kind.ACKNOWLEDGE, Kind.REPLY, Kind.ASK, Kind.RESOLVE, Kind.CLOSE)
ENDS = (Kind.RESOLVE, Kind.CLOSE)
DUE = MONDAY + 24 * HOUR  #: by when somebody must take a case that was released on Monday


def acted(kind: Kind, at: datetime, **more: object) -> Entry:
    """A rep does something at a moment of their own."""
    return entry(kind, at + DAY, at=at, **more)


def missed(at: datetime = DUE, number: int = 1, due: datetime | None = None) -> Entry:
    return step(number, at, due, Why.NOBODY_TOOK_IT, at)


def week(*cases: Case, since: datetime = MONDAY - SECOND, upto: datetime = MONDAY + WEEK) -> Week:
    return weighed(cases, HARBOUR, since, upto)


def moved(*cases: Case, **when: datetime) -> dict[str, int]:
    return dict(week(*cases, **when).moved)


def late(*cases: Case, **when: datetime) -> bool:
    return week(*cases, **when).late


# Each figure -------------------------------------------------------------------------------------


def test_a_case_comes_with_its_release_and_is_about_its_category() -> None:
    pay = case()
    hours = case(grievance=replace(pay.grievance, category="hours"))
    found = week(pay, hours, pay)
    assert (found.moved, found.about) == (Counter({CAME: 3}), Counter({"pay": 2, "hours": 1}))


@pytest.mark.parametrize("kind", TAKES)
def test_a_case_is_taken_by_whatever_a_rep_first_does_that_its_reporter_reads(kind: Kind) -> None:
    found = moved(with_entries(case(), acted(kind, MONDAY + HOUR)))
    assert found == {CAME: 1, TAKEN: 1} | ({ENDED: 1} if kind in ENDS else {})


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (*TAKES, Kind.STEP)])
def test_nothing_else_takes_or_ends_a_case(kind: Kind) -> None:
    left_out = kind is Kind.LEAVE_OUT
    assert moved(with_entries(case(), entry(kind))) == ({} if left_out else {CAME: 1})


def test_a_case_that_is_taken_twice_is_taken_once_in_the_first_week() -> None:
    again = (acted(kind, MONDAY + WEEK + n * HOUR) for n, kind in enumerate(TAKES, 1))
    one = with_entries(case(), acted(Kind.ACKNOWLEDGE, MONDAY + HOUR), *again)
    assert moved(one) == {CAME: 1, TAKEN: 1}
    assert moved(one, since=MONDAY + WEEK, upto=MONDAY + 2 * WEEK) == {ENDED: 1}
    assert moved(one, since=MONDAY + 2 * WEEK, upto=MONDAY + 3 * WEEK) == {}


def test_a_case_that_is_reopened_and_ended_again_has_ended_once() -> None:
    one = with_entries(
        case(),
        acted(Kind.RESOLVE, MONDAY + HOUR),
        entry(Kind.MESSAGE, FRIDAY),
        acted(Kind.ACKNOWLEDGE, FRIDAY + HOUR),
        acted(Kind.CLOSE, FRIDAY + 2 * HOUR),
    )
    assert moved(one) == {CAME: 1, TAKEN: 1, ENDED: 1}
    assert moved(one, since=MONDAY + HOUR + SECOND, upto=MONDAY + WEEK) == {}


def test_a_case_climbs_once_however_many_steps_nobody_took_it_at() -> None:
    steps = [missed(DUE + n * DAY, n + 1, DUE + (n + 1) * DAY) for n in range(3)]
    one = with_entries(case(), *steps)
    assert moved(one) == {CAME: 1, CLIMBED: 1}
    assert moved(one, since=DUE, upto=MONDAY + WEEK) == {}


@pytest.mark.parametrize("why", [why for why in Why if why is not Why.NOBODY_TOOK_IT])
def test_what_climbs_for_another_reason_is_no_case_that_nobody_took(why: Why) -> None:
    one = with_entries(case(), step(1, MONDAY + HOUR, MONDAY + WEEK, why, MONDAY + HOUR))
    assert moved(one, upto=DUE) == {CAME: 1}
    assert not late(one, upto=DUE)


def test_a_case_that_silence_closed_was_ended_by_no_rep() -> None:
    one = with_entries(case(), acted(Kind.ASK, MONDAY + HOUR))
    found = week(one, upto=MONDAY + 60 * DAY)
    assert (found.moved, found.late) == (Counter({CAME: 1, TAKEN: 1}), False)


# The window --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "figure", "at"),
    [
        (case(), CAME, MONDAY),
        (with_entries(case(), missed()), CLIMBED, DUE),
    ],
    ids=["came", "climbed"],
)
def test_what_happens_at_the_moment_itself_is_in_the_week_that_ends_with_it(
    one: Case, figure: str, at: datetime
) -> None:
    assert figure in moved(one, since=at - SECOND, upto=at)
    assert figure not in moved(one, since=at, upto=at + WEEK)
    assert figure not in moved(one, since=at - WEEK, upto=at - SECOND)
    assert figure not in moved(one, since=at, upto=at)


@pytest.mark.parametrize(
    ("kind", "figure"), [(Kind.ACKNOWLEDGE, TAKEN), (Kind.CLOSE, ENDED)], ids=["taken", "ended"]
)
def test_what_staff_do_in_the_second_of_a_digest_is_in_the_next_one(
    kind: Kind, figure: str
) -> None:
    """Its second alone is kept: it was done after the digest had counted."""
    one, at = with_entries(case(), acted(kind, WEDNESDAY)), WEDNESDAY
    assert figure not in moved(one, since=at - WEEK, upto=at)
    assert figure in moved(one, since=at, upto=at + WEEK)
    assert figure not in moved(one, since=at + SECOND, upto=at + WEEK)


@given(some.lists(histories, max_size=6), some.lists(some.integers(0, 60 * 24), max_size=6))
def test_weeks_that_follow_each_other_count_what_one_long_one_counts(
    drawn: list[Case], cuts: list[int]
) -> None:
    ends = [MONDAY - DAY, *(MONDAY + n * HOUR for n in sorted(cuts)), MONDAY + 90 * DAY]
    parts = [week(*drawn, since=a, upto=b) for a, b in pairwise(ends)]
    whole, parts_sum = week(*drawn, since=ends[0], upto=ends[-1]), sum(parts, NOTHING)
    assert parts_sum.moved == whole.moved
    assert parts_sum.about == whole.about
    assert max(whole.moved.values(), default=0) <= len(drawn)


# Whom it may not betray --------------------------------------------------------------------------

BUSY = with_entries(
    case(), missed(), acted(Kind.ACKNOWLEDGE, DUE + HOUR), acted(Kind.RESOLVE, DUE + 2 * HOUR)
)


def test_a_case_with_somebody_left_out_counts_toward_nothing_not_even_the_first_line() -> None:
    filed = replace(BUSY, grievance=replace(BUSY.grievance, left_out=frozenset({GRETA.id})))
    later = with_entries(BUSY, entry(Kind.LEAVE_OUT, people=[GRETA.id]))
    assert week(BUSY).late
    assert set(week(BUSY).moved) == {one.value for one in Figure}
    assert week(filed) == week(later) == NOTHING


def test_a_case_withdrawn_before_its_release_counts_toward_nothing() -> None:
    gone = with_entries(case(), entry(Kind.WITHDRAW, MONDAY))
    assert week(gone, upto=MONDAY + 5 * WEEK) == NOTHING


def test_one_withdrawn_after_it_came_and_is_late_no_more() -> None:
    gone = with_entries(case(), entry(Kind.WITHDRAW, MONDAY + HOUR))
    assert moved(gone) == {CAME: 1}
    assert not late(gone)


def test_an_urgent_one_that_was_withdrawn_had_come() -> None:
    gone = with_entries(case(urgent=True), entry(Kind.WITHDRAW, MONDAY))
    assert moved(gone) == {CAME: 1}


# The first line ----------------------------------------------------------------------------------


def test_every_case_is_in_time_where_there_is_none() -> None:
    assert week() == NOTHING
    assert not NOTHING.late


def test_a_case_is_late_from_the_moment_after_its_promise() -> None:
    assert not late(case(), upto=DUE)
    assert late(case(), upto=DUE + SECOND)


def test_a_case_that_was_put_off_is_late_no_earlier_than_it_comes() -> None:
    """It keeps the promise it was given for the slot before."""
    off = case(release=MONDAY + WEEK, promised=DUE)
    assert not late(off, upto=MONDAY + WEEK - SECOND)
    assert late(off, upto=MONDAY + WEEK)


def test_a_case_that_was_promised_later_is_late_later() -> None:
    promised = case(promised=DUE + DAY)
    assert not late(promised, upto=DUE + DAY)
    assert late(promised, upto=DUE + DAY + SECOND)


def test_one_that_was_missed_and_then_taken_is_late_in_that_week_alone() -> None:
    assert late(BUSY)
    assert not late(BUSY, since=DUE, upto=MONDAY + WEEK)


def test_one_that_nobody_has_taken_since_is_late_every_week() -> None:
    one = with_entries(case(), missed(due=DUE + DAY), missed(DUE + DAY, 2))
    for n in range(5):
        assert late(one, since=MONDAY + n * WEEK, upto=MONDAY + (n + 1) * WEEK)


def test_one_that_was_taken_in_time_is_late_never() -> None:
    one = with_entries(case(), acted(Kind.ACKNOWLEDGE, DUE))
    for n in range(5):
        assert not late(one, since=MONDAY + n * WEEK, upto=MONDAY + (n + 1) * WEEK)


def test_what_was_done_after_the_week_mends_nothing_in_it() -> None:
    """A digest that comes late tells what it would have told in time."""
    one = with_entries(case(), acted(Kind.ACKNOWLEDGE, MONDAY + WEEK + HOUR))
    assert late(one)
    assert late(with_entries(case(), acted(Kind.RESOLVE, MONDAY + WEEK + HOUR)))
    assert late(with_entries(case(), entry(Kind.WITHDRAW, MONDAY + WEEK + HOUR)))


def test_a_reopened_case_is_owed_no_first_word_until_it_climbs() -> None:
    ended = with_entries(case(), acted(Kind.RESOLVE, MONDAY + HOUR), entry(Kind.MESSAGE, WEDNESDAY))
    assert not late(ended)
    again = with_entries(ended, step(0, WEDNESDAY, FRIDAY, Why.REOPENED, WEDNESDAY))
    assert not late(again, upto=FRIDAY)
    assert late(again, upto=FRIDAY + SECOND)


def test_one_late_case_among_many_is_enough() -> None:
    fine = with_entries(case(), acted(Kind.ACKNOWLEDGE, MONDAY + HOUR))
    assert not late(*[fine] * 20)
    assert late(*[fine] * 20, BUSY)
