"""What a reporter was promised, when a case is late, and when it goes for good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.cases import Case, Kind, State, Why, for_reporter, for_staff, shredded_on
from bot.domain.communities import Policy, Slots, Step, Target
from tests.unit.harbour import DAY, FRIDAY, HOUR, MONDAY, WEDNESDAY, community
from tests.unit.histories import (
    HARBOUR,
    case,
    entry,
    histories,
    reporter,
    said,
    staff,
    step,
    times,
    with_entries,
)

ACK, ASK, CLOSE, M = Kind.ACKNOWLEDGE, Kind.ASK, Kind.CLOSE, Kind.MESSAGE
NOTE, OPENED, RESOLVE, W = Kind.NOTE, Kind.OPENED, Kind.RESOLVE, Kind.WITHDRAW
SECOND, TUESDAY = timedelta(seconds=1), MONDAY + DAY


def climbed(at: datetime = TUESDAY, due: datetime | None = TUESDAY + DAY) -> Case:
    """Nobody took it by ``at``, so it stands at the second step."""
    crosses = HARBOUR.slots.not_before(at)
    return with_entries(case(), step(1, at, due, Why.NOBODY_TOOK_IT, crosses))


# The promise ------------------------------------------------------------------------------------


def test_the_promise_is_the_first_step_s_hours_after_the_release() -> None:
    slow = (Step(Target.ON_DUTY, timedelta(hours=72)),)
    assert case().first_due == MONDAY + 24 * HOUR
    assert case(steps=slow).first_due == MONDAY + 72 * HOUR
    assert staff(case(steps=slow), MONDAY).promise == MONDAY + 72 * HOUR


def test_a_promise_stays_as_it_was_told_when_the_policy_changes() -> None:
    other = community(policy=Policy((Step(Target.ALL_REPS, timedelta(days=9)),)))
    assert for_reporter(case(), other, MONDAY).promise == MONDAY + DAY


def test_what_was_told_at_the_preview_is_what_is_promised() -> None:
    assert staff(case(promised=MONDAY + 31 * HOUR), MONDAY).promise == MONDAY + 31 * HOUR


def test_the_case_is_late_only_after_the_promise() -> None:
    for view in (reporter, staff):
        assert view(case(), MONDAY).promise == TUESDAY
        assert not view(case(), TUESDAY).late
    assert staff(case(), TUESDAY + SECOND).late


def test_the_reporter_learns_at_the_slot_that_it_is_late() -> None:
    """Before it nobody can tell there whether somebody took it in time."""
    assert not reporter(case(), WEDNESDAY - SECOND).late
    assert reporter(case(), WEDNESDAY).late
    assert reporter(case(), WEDNESDAY).promise == TUESDAY


def test_after_a_climb_both_sides_know_which_promise_was_missed_and_the_new_one() -> None:
    at_slot = reporter(climbed(), WEDNESDAY - SECOND), reporter(climbed(), WEDNESDAY)
    assert [seen.late for seen in at_slot] == [False, True]
    assert (at_slot[0].promise, at_slot[0].missed) == (TUESDAY, None)
    for seen in (at_slot[1], staff(climbed(), TUESDAY)):
        assert (seen.promise, seen.missed, seen.late) == (TUESDAY + DAY, TUESDAY, True)
        assert (seen.target, seen.next_target) == (Target.ALL_REPS, Target.ORGANISERS)


def test_the_first_promise_that_was_missed_is_the_one_that_is_told() -> None:
    twice = with_entries(
        climbed(), step(2, TUESDAY + DAY, FRIDAY, Why.NOBODY_TOOK_IT, TUESDAY + DAY)
    )
    assert staff(twice, FRIDAY).missed == TUESDAY


def test_a_promise_that_was_over_is_missed_whatever_made_the_case_climb() -> None:
    asked = with_entries(case(), step(1, WEDNESDAY, FRIDAY, Why.ASKED, WEDNESDAY))
    assert staff(asked, WEDNESDAY).missed == TUESDAY
    in_time = with_entries(case(), step(1, MONDAY + HOUR, TUESDAY, Why.ASKED, WEDNESDAY))
    assert staff(in_time, WEDNESDAY).missed is None


def test_at_the_last_step_nothing_is_promised_and_nothing_comes_after_it() -> None:
    outside = with_entries(case(), step(3, TUESDAY, None, Why.NOBODY_TOOK_IT, WEDNESDAY))
    seen = reporter(outside, WEDNESDAY)
    assert (seen.target, seen.next_target, seen.promise) == (Target.OUTSIDE, None, None)
    assert seen.late


@pytest.mark.parametrize("kind", [ACK, Kind.REPLY, ASK, RESOLVE])
def test_a_late_case_is_late_no_more_once_somebody_took_it(kind: Kind) -> None:
    taken = with_entries(climbed(), entry(kind, FRIDAY, at=WEDNESDAY))
    assert not staff(taken, WEDNESDAY).late
    assert reporter(taken, WEDNESDAY).late
    assert not reporter(taken, FRIDAY).late


def test_a_promise_that_ends_at_a_slot_is_late_after_that_slot() -> None:
    two_days = case(steps=(Step(Target.ON_DUTY, timedelta(hours=48)),))
    for view in (reporter, staff):
        assert not view(two_days, WEDNESDAY).late
        assert view(two_days, WEDNESDAY + SECOND).late


@pytest.mark.parametrize("hours", range(0, 24 * 5, 3))
def test_who_was_answered_in_time_is_never_told_late(hours: int) -> None:
    """Taken on Tuesday, known to the reporter from Wednesday's slot on."""
    assert not reporter(said(ACK), MONDAY + hours * HOUR).late


def test_an_acknowledgement_ends_the_promise_for_each_side_when_it_sees_it() -> None:
    it = said(ACK)
    assert staff(it, MONDAY + HOUR).promise is None
    assert reporter(it, MONDAY + HOUR).promise == TUESDAY
    assert reporter(it, WEDNESDAY).promise is None


@pytest.mark.parametrize("kind", [OPENED, NOTE, Kind.BRING_IN, Kind.HAND_OVER, Kind.MUTE])
def test_what_takes_no_case_keeps_no_promise(kind: Kind) -> None:
    assert staff(said(kind), WEDNESDAY).late


def test_a_reopened_case_is_promised_anew_by_the_step_it_comes_to() -> None:
    reopened = said((RESOLVE, WEDNESDAY), (M, FRIDAY))
    seen = staff(reopened, FRIDAY)
    assert (seen.state, seen.since, seen.promise) == (State.WITH_REPS, FRIDAY, None)
    assert seen.standing.why is Why.REOPENED
    stands = with_entries(reopened, step(0, FRIDAY, FRIDAY + DAY, Why.REOPENED, FRIDAY))
    for view in (reporter, staff):
        seen = view(stands, FRIDAY)
        assert (seen.state, seen.promise, seen.late) == (State.WITH_REPS, FRIDAY + DAY, False)


@pytest.mark.parametrize("slot", [WEDNESDAY + 33 * DAY, WEDNESDAY + 35 * DAY])
def test_a_word_after_the_thirty_days_reopens_it(slot: datetime) -> None:
    """Otherwise nobody would owe an answer, and it would fall silent."""
    for view in (reporter, staff):
        seen = view(said((ASK, WEDNESDAY), (M, slot)), slot)
        assert (seen.state, seen.standing.why) == (State.WITH_REPS, Why.REOPENED)
        late = view(said((ASK, WEDNESDAY), (Kind.REPLY, slot), (M, slot + 2 * DAY)), slot + 9 * DAY)
        assert (late.state, late.standing.why) == (State.WITH_REPS, Why.REOPENED)


@given(histories, times)
def test_a_first_word_is_promised_only_while_nobody_gave_it(it: Case, now: datetime) -> None:
    seen = staff(it, now)
    assert seen.promise is None or seen.state is State.WITH_REPS
    assert seen.late == (seen.missed is not None or bool(seen.promise and now > seen.promise))


@given(histories, times)
def test_a_word_is_owed_only_by_somebody(it: Case, now: datetime) -> None:
    seen = staff(it, now)
    assert seen.standing.owed is None or seen.standing.taker is not None
    if seen.state in (State.WITH_REPS, State.WAITING_ON_YOU) or seen.state.over:
        assert seen.standing.owed is None


@given(histories, times, some.integers(0, 24 * 30))
def test_a_promise_once_told_never_gets_later_while_nothing_is_said(
    it: Case, now: datetime, hours: int
) -> None:
    crossed = replace(it, entries=tuple(e for e in it.entries if e.crosses <= now))
    for view in (reporter, staff):
        told, later = view(crossed, now).promise, view(crossed, now + hours * HOUR).promise
        assert told is None or told == later


# When it goes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "gone"),
    [
        # 60 days after the end, at the slot: 3 June and 60 days is Sunday 2 August.
        ((RESOLVE,), "2026-08-03"),
        ((CLOSE,), "2026-08-03"),
        ((W,), "2026-08-03"),
        ((RESOLVE, NOTE), "2026-08-03"),
        # 12 months after the last word: Monday 1 June, and Wednesday 3 June.
        ((), "2027-06-02"),
        ((ACK,), "2027-06-04"),
        ((M,), "2027-06-04"),
        ((RESOLVE, M), "2027-06-04"),
        # What is among readers moves no date, for the reporter never sees it.
        ((NOTE,), "2027-06-02"),
        ((Kind.RECUSE, Kind.MUTE), "2027-06-02"),
        ((ACK, (NOTE, FRIDAY)), "2027-06-04"),
        # 30 days to answer, then 60: 90 days after 3 June is Tuesday 1 September.
        ((ASK,), "2026-09-02"),
    ],
)
def test_a_case_goes_at_the_slot_that_was_told(
    what: tuple[tuple[Kind, datetime] | Kind, ...], gone: str
) -> None:
    day = datetime.fromisoformat(f"{gone}T09:00:00+00:00")
    assert shredded_on(said(*what), HARBOUR, WEDNESDAY) == day
    assert reporter(said(*what), FRIDAY).gone == day


@pytest.mark.parametrize(
    ("ended", "gone"),
    [
        (FRIDAY, "2026-08-05"),  # 60 days on it is Tuesday, the day after a slot
        (MONDAY + 7 * DAY, "2026-08-07"),  # Friday, at the slot itself
        (WEDNESDAY + 7 * DAY, "2026-08-10"),  # Sunday
    ],
)
def test_sixty_days_are_neither_fifty_nine_nor_sixty_one(ended: datetime, gone: str) -> None:
    day = datetime.fromisoformat(f"{gone}T09:00:00+00:00")
    assert shredded_on(said((CLOSE, ended)), HARBOUR, ended) == day


def test_it_goes_at_nine_by_the_community_s_own_clock() -> None:
    berlin = community(slots=Slots("Europe/Berlin"))
    release = datetime(2026, 9, 30, 7, tzinfo=UTC)  # a Wednesday in summer
    over = said((CLOSE, release), of=case(release=release, told=release))
    # 60 days on it is Sunday 29 November, in winter: Monday 09:00 is 08:00 in UTC.
    assert shredded_on(over, berlin, release) == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert for_staff(over, berlin, release).gone == datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_being_late_to_look_changes_no_date() -> None:
    """The thirty days of a question are counted whether or not anyone has looked since."""
    it = said(ASK)
    assert shredded_on(it, HARBOUR, WEDNESDAY) == shredded_on(it, HARBOUR, FRIDAY + 80 * DAY)
