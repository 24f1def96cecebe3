"""A case is what was said in it: its state, for each side, follows from what that side may see."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from bot.domain.cases import Case, Kind, State, View, Why
from tests.unit.harbour import DAY, FRIDAY, GRETA, HOUR, INES, KARIM, MONDAY, WEDNESDAY
from tests.unit.histories import (
    HIDDEN,
    REPORTERS,
    SLOTS,
    STORY,
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

M, W, D = Kind.MESSAGE, Kind.WITHDRAW, Kind.DELETE
OPENED, ACK, REPLY, ASK = Kind.OPENED, Kind.ACKNOWLEDGE, Kind.REPLY, Kind.ASK
NOTE, RESOLVE, CLOSE = Kind.NOTE, Kind.RESOLVE, Kind.CLOSE
WITH, ACKED, ASKED = State.WITH_REPS, State.ACKNOWLEDGED, State.WAITING_ON_YOU
RESOLVED, CLOSED, GONE = State.RESOLVED, State.CLOSED, State.WITHDRAWN
SECOND = timedelta(seconds=1)

#: What was said since the release, all of it crossing on Wednesday: what staff see on Tuesday,
#: what the reporter sees on Tuesday, and what both see from Wednesday on.
TABLE: list[tuple[tuple[Kind, ...], State, State, State]] = [
    ((), WITH, WITH, WITH),
    # What staff do is seen by staff at once.
    ((OPENED,), WITH, WITH, WITH),
    ((ACK,), ACKED, WITH, ACKED),
    ((REPLY,), ACKED, WITH, ACKED),
    ((NOTE,), WITH, WITH, WITH),
    ((ASK,), ASKED, WITH, ASKED),
    ((RESOLVE,), RESOLVED, WITH, RESOLVED),
    ((CLOSE,), CLOSED, WITH, CLOSED),
    ((OPENED, ACK, NOTE, ASK), ASKED, WITH, ASKED),
    ((ACK, REPLY), ACKED, WITH, ACKED),
    ((ASK, REPLY), ACKED, WITH, ACKED),
    ((ASK, NOTE), ASKED, WITH, ASKED),
    ((ASK, RESOLVE), RESOLVED, WITH, RESOLVED),
    # Whoever takes over a case that waits on its reporter leaves the question open.
    ((ASK, ACK), ASKED, WITH, ASKED),
    # Among readers: no state moves.
    ((Kind.BRING_IN,), WITH, WITH, WITH),
    ((Kind.HAND_OVER,), WITH, WITH, WITH),
    ((ACK, Kind.HAND_OVER), ACKED, WITH, ACKED),
    ((ASK, Kind.HAND_OVER), ASKED, WITH, ASKED),
    ((Kind.RECUSE,), WITH, WITH, WITH),
    ((Kind.MUTE,), WITH, WITH, WITH),
    ((Kind.ASK_CONSENT,), WITH, WITH, WITH),
    # What the reporter does is seen by the reporter at once.
    ((M,), WITH, WITH, WITH),
    ((W,), WITH, GONE, GONE),
    ((Kind.LEAVE_OUT,), WITH, WITH, WITH),
    ((Kind.ESCALATE,), WITH, WITH, WITH),
    ((Kind.AGREE,), WITH, WITH, WITH),
    ((D,), WITH, WITH, WITH),
    # A word of the reporter's answers a question, and reopens what was over.
    ((ASK, M), ASKED, WITH, ACKED),
    ((ACK, M), ACKED, WITH, ACKED),
    ((RESOLVE, M), RESOLVED, WITH, WITH),
    ((CLOSE, M), CLOSED, WITH, WITH),
    ((RESOLVE, M, ACK), RESOLVED, WITH, ACKED),
    ((RESOLVE, M, RESOLVE), RESOLVED, WITH, RESOLVED),
    ((ASK, M, ASK), ASKED, WITH, ASKED),
    # After the end only another end or the reporter's word moves it.
    ((RESOLVE, REPLY), RESOLVED, WITH, RESOLVED),
    ((RESOLVE, NOTE), RESOLVED, WITH, RESOLVED),
    ((RESOLVE, CLOSE), CLOSED, WITH, CLOSED),
    ((CLOSE, RESOLVE), RESOLVED, WITH, RESOLVED),
    ((CLOSE, ASK), CLOSED, WITH, CLOSED),
    ((CLOSE, ACK), CLOSED, WITH, CLOSED),
    ((RESOLVE, Kind.ESCALATE), RESOLVED, WITH, RESOLVED),
    # A withdrawal is final.
    ((W, M), WITH, GONE, GONE),
    ((W, REPLY), ACKED, GONE, GONE),
    ((ACK, W), ACKED, GONE, GONE),
    ((RESOLVE, W), RESOLVED, GONE, GONE),
]


@pytest.mark.parametrize(
    ("what", "staff_before", "reporter_before", "after"),
    TABLE,
    ids=[" ".join(kind.value for kind in row[0]) or "nothing" for row in TABLE],
)
def test_the_state_follows_from_what_each_side_has_seen(
    what: tuple[Kind, ...], staff_before: State, reporter_before: State, after: State
) -> None:
    it, tuesday = said(*what), MONDAY + DAY
    assert staff(it, tuesday).state is staff_before
    assert reporter(it, tuesday).state is reporter_before
    for slot in (WEDNESDAY, FRIDAY):
        assert staff(it, slot).state is after
        assert reporter(it, slot).state is after


@pytest.mark.parametrize("kind", [ACK, REPLY, ASK])
def test_a_step_takes_the_case_out_of_its_taker_s_hands(kind: Kind) -> None:
    taken = said((kind, MONDAY))
    climbed = with_entries(taken, step(1, WEDNESDAY, FRIDAY, Why.NO_WORD, WEDNESDAY))
    for view in (reporter, staff):
        seen = view(climbed, WEDNESDAY).standing
        assert (seen.state, seen.step, seen.promise) == (WITH, 1, FRIDAY)
        assert (seen.taker, seen.owed, seen.why) == (None, None, Why.NO_WORD)


@pytest.mark.parametrize("end", [RESOLVE, CLOSE, W])
def test_a_step_that_comes_after_the_end_moves_nothing(end: Kind) -> None:
    over = said((end, WEDNESDAY))
    climbed = with_entries(over, step(1, FRIDAY, None, Why.NOBODY_TOOK_IT, FRIDAY))
    assert staff(climbed, FRIDAY).standing == staff(over, FRIDAY).standing


def test_before_its_release_it_waits_for_its_slot() -> None:
    waiting = case(number="")
    assert reporter(waiting, MONDAY - HOUR).state is State.WAITING
    assert reporter(waiting, MONDAY + HOUR).state is State.WAITING  # the slot has not happened yet
    assert reporter(case(), MONDAY).state is State.WITH_REPS
    assert reporter(said(W, of=waiting), MONDAY - HOUR).state is GONE


# A question, and thirty days --------------------------------------------------------------------


def test_a_second_question_starts_its_own_thirty_days() -> None:
    it = said((ASK, WEDNESDAY), (ASK, FRIDAY))
    assert reporter(it, WEDNESDAY).since == WEDNESDAY
    assert reporter(it, FRIDAY).since == FRIDAY
    assert reporter(it, WEDNESDAY + 31 * DAY).state is State.WAITING_ON_YOU
    assert reporter(it, FRIDAY + 30 * DAY).state is State.CLOSED


def test_a_question_left_open_for_thirty_days_closes_the_case() -> None:
    it, end = said(ASK), datetime(2026, 7, 3, 9, tzinfo=UTC)
    for view in (reporter, staff):
        assert view(it, end - SECOND).state is State.WAITING_ON_YOU
        assert (view(it, end).state, view(it, end).since) == (State.CLOSED, end)


@pytest.mark.parametrize("kind", [ACK, REPLY, ASK, NOTE, OPENED])
def test_what_staff_say_after_those_thirty_days_does_not_revive_it(kind: Kind) -> None:
    end = WEDNESDAY + 30 * DAY
    it = said((ASK, WEDNESDAY), (kind, end + 5 * DAY))
    for view in (reporter, staff):
        seen = view(it, end + 5 * DAY)
        assert (seen.state, seen.since, seen.promise) == (State.CLOSED, end, None)


def test_nor_does_it_in_an_urgent_case_where_all_crosses_at_the_full_hour_before() -> None:
    end = WEDNESDAY + 30 * DAY
    asked = said((ASK, WEDNESDAY), of=case(urgent=True))
    it = with_entries(asked, entry(REPLY, end, at=end + timedelta(minutes=20)))
    for view in (reporter, staff):
        assert (view(it, end + HOUR).state, view(it, end + HOUR).since) == (State.CLOSED, end)
    in_time = with_entries(asked, entry(REPLY, end - HOUR, at=end - SECOND))
    assert staff(in_time, end + HOUR).state is State.ACKNOWLEDGED


@pytest.mark.parametrize("kind", [M, REPLY])
def test_what_was_said_in_time_and_crosses_at_their_end_keeps_the_case_open(kind: Kind) -> None:
    end = WEDNESDAY + 30 * DAY  # a slot: what is said in the two days before it crosses there
    it = said((ASK, WEDNESDAY), (kind, end))
    for view in (reporter, staff):
        assert view(it, end).state is State.ACKNOWLEDGED


def test_a_word_within_those_thirty_days_answers_the_question_and_is_owed_an_answer() -> None:
    slot = datetime(2026, 7, 1, 9, tzinfo=UTC)
    seen = staff(said((ASK, WEDNESDAY), (M, slot)), slot + 9 * DAY)
    assert (seen.state, seen.promise, seen.standing.owed) == (State.ACKNOWLEDGED, None, slot)


# What has not crossed ---------------------------------------------------------------------------


def _told(view: View) -> tuple[object, ...]:
    """Everything a view says, but for the case behind it."""
    shown = tuple((entry.id, entry.text) for entry in view.entries)
    return view.standing, shown, view.late, view.gone


@given(histories, times)
def test_what_staff_and_the_clock_did_is_not_there_for_the_reporter_before_its_slot(
    it: Case, now: datetime
) -> None:
    crossed = tuple(
        e for e in it.entries if e.kind in REPORTERS or (e.crosses <= now and e.kind not in HIDDEN)
    )
    assert _told(reporter(it, now)) == _told(reporter(replace(it, entries=crossed), now))
    assert set(reporter(it, now).entries) <= set(crossed)


@given(histories, times)
def test_what_the_reporter_did_is_not_there_for_staff_before_its_slot(
    it: Case, now: datetime
) -> None:
    crossed = tuple(e for e in it.entries if e.kind not in REPORTERS or e.crosses <= now)
    assert _told(staff(it, now)) == _told(staff(replace(it, entries=crossed), now))
    assert set(staff(it, now).entries) <= set(crossed)


@given(histories, times)
def test_once_all_has_crossed_both_sides_see_one_state(it: Case, now: datetime) -> None:
    later = max(now, SLOTS[-1])
    ours, theirs = reporter(it, later).standing, staff(it, later).standing
    for told in ("state", "since", "step", "promise", "missed", "owed", "why"):
        assert getattr(ours, told) == getattr(theirs, told)


@given(histories, times)
def test_what_is_among_readers_never_shows_to_the_reporter_nor_moves_anything(
    it: Case, now: datetime
) -> None:
    assert not HIDDEN & {e.kind for e in reporter(it, now).entries}
    without = replace(it, entries=tuple(e for e in it.entries if e.kind not in HIDDEN))
    assert _told(reporter(it, now)) == _told(reporter(without, now))
    assert staff(it, now).state is staff(without, now).state
    assert staff(it, now).promise == staff(without, now).promise
    assert staff(it, now).gone == staff(without, now).gone


@given(histories, times)
def test_everyone_sees_their_own_words_at_once(it: Case, now: datetime) -> None:
    mine = {e for e in it.entries if e.kind in REPORTERS}
    assert mine <= set(reporter(it, now).entries)
    assert set(it.entries) - mine <= set(staff(it, now).entries)


@given(histories, times)
def test_entries_are_told_in_their_turn_however_they_were_kept(it: Case, now: datetime) -> None:
    mixed = replace(it, entries=tuple(sorted(it.entries, key=lambda e: e.id[::-1])))
    assert _told(reporter(it, now)) == _told(reporter(mixed, now))
    assert _told(staff(it, now)) == _told(staff(mixed, now))


# Whose it is ------------------------------------------------------------------------------------


def test_whoever_takes_a_case_owes_its_reporter_a_word_from_that_moment() -> None:
    taken = with_entries(case(), entry(ACK, at=MONDAY + HOUR))
    seen = staff(taken, MONDAY + HOUR).standing
    assert (seen.taker, seen.owed) == (INES.id, MONDAY + HOUR)


def test_whoever_takes_a_case_over_owes_what_was_owed() -> None:
    first, second = entry(ACK, at=MONDAY + HOUR), entry(ACK, by=KARIM.id, at=MONDAY + DAY)
    seen = staff(with_entries(case(), first, second), MONDAY + DAY).standing
    assert (seen.taker, seen.owed) == (KARIM.id, MONDAY + HOUR)


@pytest.mark.parametrize("kind", [REPLY, ASK, RESOLVE])
def test_a_word_to_the_reporter_is_owed_no_more_once_it_was_said(kind: Kind) -> None:
    assert staff(said(ACK, kind), WEDNESDAY).standing.owed is None


def test_a_case_that_was_handed_over_is_the_other_one_s_with_what_is_owed() -> None:
    taken = with_entries(case(), entry(ACK, at=MONDAY + HOUR))
    handed = with_entries(taken, entry(Kind.HAND_OVER, people=[KARIM.id], at=MONDAY + DAY))
    seen = staff(handed, MONDAY + DAY).standing
    assert (seen.taker, seen.owed) == (KARIM.id, MONDAY + HOUR)


@pytest.mark.parametrize("kind", [Kind.BRING_IN, Kind.HAND_OVER])
def test_whoever_came_in_before_anybody_took_it_helps_until_the_next_step(kind: Kind) -> None:
    helped = with_entries(case(), entry(kind, people=[GRETA.id]))
    assert staff(helped, WEDNESDAY).standing.helpers == {GRETA.id}
    climbed = with_entries(helped, step(1, WEDNESDAY, FRIDAY, Why.NOBODY_TOOK_IT, WEDNESDAY))
    assert staff(climbed, WEDNESDAY).standing.helpers == frozenset()


# Small things -----------------------------------------------------------------------------------


def test_an_urgent_case_is_urgent_until_the_reporter_says_otherwise() -> None:
    assert not case().is_urgent
    assert case(urgent=True).is_urgent
    assert not said(Kind.NOT_URGENT, of=case(urgent=True)).is_urgent


def test_turns_go_up_by_one() -> None:
    assert case().next_turn() == 1
    assert said(ACK, M, NOTE).next_turn() == 4


def test_only_ends_are_over() -> None:
    assert {state for state in State if state.over} == {RESOLVED, CLOSED, GONE}


def test_a_case_s_words_and_people_are_not_in_its_repr() -> None:
    """What is logged or raised by mistake must hold no words."""
    left_out = with_entries(said(M), entry(Kind.LEAVE_OUT, people=[GRETA.id]))
    shown = repr(left_out) + repr(left_out.entries)
    assert STORY not in shown
    assert GRETA.id not in shown
    assert "message'" not in shown.replace("<Kind.MESSAGE: 'message'>", "")
