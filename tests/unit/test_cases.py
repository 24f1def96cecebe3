"""A case is what was said in it: its state, promise and dates, for each side from what it may see."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.cases import (
    Case,
    Entry,
    Kind,
    Names,
    State,
    View,
    for_reporter,
    for_staff,
    is_for,
    never_shown,
    promise,
    shredded_on,
)
from bot.domain.communities import Policy, Slots, Staff
from bot.domain.grievances.intake import Grievance, Impact, Spread
from tests.unit.harbour import (
    DAY,
    FRIDAY,
    GRETA,
    HOUR,
    INES,
    KARIM,
    MONDAY,
    OSKAR,
    RUTH,
    WEDNESDAY,
    community,
)

HARBOUR = community()
FILED = Grievance("pay", Spread.TEAM, Impact.THREE, "We have not been paid since spring.")
#: Released on a Monday; the next slots are MON+2 days, +4, +7, +9, +11 ...
CASE = Case(
    id="a" * 32,
    community=HARBOUR.id,
    names=Names(b"lookup", "k" * 32),
    waiting=Names(b"while it waits", "w" * 32),
    release=MONDAY,
    told=MONDAY,
    grievance=FILED,
    readers=frozenset({INES.id, KARIM.id, GRETA.id}),
    number="7CKQ2M",
)
REPORTERS = (Kind.MESSAGE, Kind.LEAVE_OUT, Kind.NOT_URGENT, Kind.WITHDRAW, Kind.DELETE)


def said(*what: tuple[Kind, datetime] | Kind) -> Case:
    """The case after these entries in turn, each with its slot; Wednesday's where none is given."""
    entries = []
    for turn, one in enumerate(what, 1):
        kind, crosses = one if isinstance(one, tuple) else (one, WEDNESDAY)
        by = None if kind in REPORTERS else INES.id
        entries.append(
            Entry(id=f"{turn:032}", kind=kind, by=by, crosses=crosses, turn=turn, text=kind.value)
        )
    return replace(CASE, entries=tuple(entries))


def reporter(case: Case, at: datetime) -> View:
    return for_reporter(case, HARBOUR, at)


def staff(case: Case, at: datetime) -> View:
    return for_staff(case, HARBOUR, at)


M, W, D = Kind.MESSAGE, Kind.WITHDRAW, Kind.DELETE
OPENED, ACK, REPLY, ASK = Kind.OPENED, Kind.ACKNOWLEDGE, Kind.REPLY, Kind.ASK
NOTE, RESOLVE, CLOSE = Kind.NOTE, Kind.RESOLVE, Kind.CLOSE
WITH, ACKED, ASKED = State.WITH_REPS, State.ACKNOWLEDGED, State.WAITING_ON_YOU
RESOLVED, CLOSED, GONE = State.RESOLVED, State.CLOSED, State.WITHDRAWN

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
    ((ASK, ACK), ACKED, WITH, ACKED),
    ((ASK, NOTE), ASKED, WITH, ASKED),
    ((ASK, RESOLVE), RESOLVED, WITH, RESOLVED),
    # What the reporter does is seen by the reporter at once.
    ((M,), WITH, WITH, WITH),
    ((W,), WITH, GONE, GONE),
    ((Kind.LEAVE_OUT,), WITH, WITH, WITH),
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
    case, tuesday = said(*what), MONDAY + DAY
    assert staff(case, tuesday).state is staff_before
    assert reporter(case, tuesday).state is reporter_before
    for slot in (WEDNESDAY, FRIDAY):
        assert staff(case, slot).state is after
        assert reporter(case, slot).state is after


def test_before_its_release_it_waits_for_its_slot() -> None:
    waiting = replace(CASE, number="")
    assert reporter(waiting, MONDAY - HOUR).state is State.WAITING
    assert reporter(waiting, MONDAY + HOUR).state is State.WAITING  # the slot has not happened yet
    assert reporter(CASE, MONDAY).state is State.WITH_REPS
    assert reporter(replace(waiting, entries=said(W).entries), MONDAY - HOUR).state is GONE


def test_a_second_question_starts_its_own_thirty_days() -> None:
    case = said((ASK, WEDNESDAY), (ASK, FRIDAY))
    assert reporter(case, WEDNESDAY).since == WEDNESDAY
    assert reporter(case, FRIDAY).since == FRIDAY
    assert reporter(case, WEDNESDAY + 31 * DAY).state is State.WAITING_ON_YOU
    assert reporter(case, FRIDAY + 30 * DAY).state is State.CLOSED


def test_a_question_left_open_for_thirty_days_closes_the_case() -> None:
    case, end = said(ASK), datetime(2026, 7, 3, 9, tzinfo=UTC)
    for view in (reporter, staff):
        assert view(case, end - timedelta(seconds=1)).state is State.WAITING_ON_YOU
        assert (view(case, end).state, view(case, end).since) == (State.CLOSED, end)


def test_a_word_after_those_thirty_days_reopens_it_with_a_new_promise() -> None:
    """Otherwise nobody would owe an answer, and it would fall silent."""
    slot = datetime(2026, 7, 8, 9, tzinfo=UTC)
    for view in (reporter, staff):
        seen = view(said((ASK, WEDNESDAY), (M, slot)), slot)
        assert (seen.state, seen.promise) == (State.WITH_REPS, slot + DAY)


@pytest.mark.parametrize("kind", [ACK, REPLY, ASK, NOTE, OPENED])
def test_what_staff_say_after_those_thirty_days_does_not_revive_it(kind: Kind) -> None:
    end = WEDNESDAY + 30 * DAY
    case = said((ASK, WEDNESDAY), (kind, end + 5 * DAY))
    for view in (reporter, staff):
        seen = view(case, end + 5 * DAY)
        assert (seen.state, seen.since, seen.promise) == (State.CLOSED, end, None)


@pytest.mark.parametrize("kind", [M, REPLY])
def test_what_was_said_in_time_and_crosses_at_their_end_keeps_the_case_open(kind: Kind) -> None:
    end = WEDNESDAY + 30 * DAY  # a slot: what is said in the two days before it crosses there
    case = said((ASK, WEDNESDAY), (kind, end))
    for view in (reporter, staff):
        assert view(case, end).state is State.ACKNOWLEDGED


def test_a_word_after_it_closed_and_was_replied_to_still_reopens_it() -> None:
    end, slot = WEDNESDAY + 30 * DAY, WEDNESDAY + 35 * DAY
    case = said((ASK, WEDNESDAY), (REPLY, end + 3 * DAY), (M, slot))
    for view in (reporter, staff):
        seen = view(case, slot)
        assert (seen.state, seen.promise) == (State.WITH_REPS, slot + DAY)


def test_a_word_within_those_thirty_days_answers_the_question() -> None:
    slot = datetime(2026, 7, 1, 9, tzinfo=UTC)
    seen = staff(said((ASK, WEDNESDAY), (M, slot)), slot + 9 * DAY)
    assert (seen.state, seen.promise) == (State.ACKNOWLEDGED, None)


# What has not crossed ---------------------------------------------------------------------------

SLOTS = [MONDAY, WEDNESDAY, FRIDAY, MONDAY + 7 * DAY, WEDNESDAY + 7 * DAY, FRIDAY + 35 * DAY]
histories = some.lists(
    some.tuples(some.sampled_from(Kind), some.integers(0, len(SLOTS) - 1)), max_size=12
)
times = some.integers(-48, 24 * 60).map(lambda hours: MONDAY + hours * HOUR)


def _history(drawn: list[tuple[Kind, int]]) -> Case:
    """Entries as they come in life: each side's slots never go back."""
    case = said(*((kind, SLOTS[at]) for kind, at in drawn))
    latest, entries = MONDAY, []
    for entry in case.entries:
        latest = max(latest, entry.crosses)
        entries.append(replace(entry, crosses=latest))
    return replace(case, entries=tuple(entries))


def _told(view: View) -> tuple[object, ...]:
    """Everything a view says, but for the case behind it."""
    shown = tuple((entry.id, entry.text) for entry in view.entries)
    return view.state, view.since, shown, view.promise, view.late, view.gone


@given(histories, times)
def test_what_staff_did_is_not_there_for_the_reporter_before_its_slot(
    drawn: list[tuple[Kind, int]], now: datetime
) -> None:
    case = _history(drawn)
    crossed = [e for e in case.entries if e.by is None or (e.crosses <= now and e.kind is not NOTE)]
    assert _told(reporter(case, now)) == _told(reporter(replace(case, entries=tuple(crossed)), now))
    assert all(entry in crossed for entry in reporter(case, now).entries)


@given(histories, times)
def test_what_the_reporter_did_is_not_there_for_staff_before_its_slot(
    drawn: list[tuple[Kind, int]], now: datetime
) -> None:
    case = _history(drawn)
    crossed = [e for e in case.entries if e.by is not None or e.crosses <= now]
    assert _told(staff(case, now)) == _told(staff(replace(case, entries=tuple(crossed)), now))
    assert all(entry in crossed for entry in staff(case, now).entries)


@given(histories, times)
def test_once_all_has_crossed_both_sides_see_one_state(
    drawn: list[tuple[Kind, int]], now: datetime
) -> None:
    later = max(now, SLOTS[-1])
    case = _history(drawn)
    ours, theirs = reporter(case, later), staff(case, later)
    assert (ours.state, ours.since, ours.promise) == (theirs.state, theirs.since, theirs.promise)


@given(histories, times)
def test_a_note_never_shows_to_the_reporter_nor_moves_anything(
    drawn: list[tuple[Kind, int]], now: datetime
) -> None:
    case = _history(drawn)
    assert NOTE not in {entry.kind for entry in reporter(case, now).entries}
    without = replace(case, entries=tuple(e for e in case.entries if e.kind is not NOTE))
    assert _told(reporter(case, now)) == _told(reporter(without, now))
    assert staff(case, now).state is staff(without, now).state
    assert staff(case, now).gone == staff(without, now).gone


@given(histories, times)
def test_everyone_sees_their_own_words_at_once(
    drawn: list[tuple[Kind, int]], now: datetime
) -> None:
    case = _history(drawn)
    assert {e.id for e in case.entries if e.by is None} <= {
        e.id for e in reporter(case, now).entries
    }
    assert {e.id for e in case.entries if e.by} <= {e.id for e in staff(case, now).entries}


@given(histories, times)
def test_entries_are_told_in_their_turn_however_they_were_kept(
    drawn: list[tuple[Kind, int]], now: datetime
) -> None:
    case = _history(drawn)
    mixed = replace(case, entries=tuple(sorted(case.entries, key=lambda e: e.id[::-1])))
    assert _told(reporter(case, now)) == _told(reporter(mixed, now))
    assert _told(staff(case, now)) == _told(staff(mixed, now))


@given(histories, times)
def test_whoever_owes_a_word_owes_it_by_a_date(
    drawn: list[tuple[Kind, int]], now: datetime
) -> None:
    view = staff(_history(drawn), now)
    assert (view.promise is not None) == (view.state is State.WITH_REPS)
    assert view.late == (view.promise is not None and now > view.promise)


# The promise ------------------------------------------------------------------------------------


def test_the_promise_is_the_policy_s_hours_after_the_release() -> None:
    assert promise(MONDAY, Policy()) == MONDAY + 24 * HOUR
    assert promise(MONDAY, Policy(timedelta(hours=72))) == MONDAY + 72 * HOUR
    slow = community(policy=Policy(timedelta(hours=72)))
    assert for_reporter(CASE, slow, MONDAY).promise == MONDAY + 72 * HOUR


def test_the_case_is_late_only_after_the_promise() -> None:
    due, second = datetime(2026, 6, 2, 9, tzinfo=UTC), timedelta(seconds=1)
    for view in (reporter, staff):
        assert view(CASE, MONDAY).promise == due
        assert not view(CASE, due).late
    assert staff(CASE, due + second).late


def test_the_reporter_learns_at_the_slot_that_it_is_late() -> None:
    """Before it nobody can tell there whether somebody took it in time."""
    second = timedelta(seconds=1)
    assert not reporter(CASE, WEDNESDAY - second).late
    assert reporter(CASE, WEDNESDAY).late
    assert reporter(CASE, WEDNESDAY).promise == MONDAY + DAY


def test_a_promise_that_ends_at_a_slot_is_late_after_that_slot() -> None:
    two_days, second = community(policy=Policy(timedelta(hours=48))), timedelta(seconds=1)
    assert not for_reporter(CASE, two_days, WEDNESDAY).late
    assert not for_staff(CASE, two_days, WEDNESDAY).late
    assert for_reporter(CASE, two_days, WEDNESDAY + second).late
    assert for_staff(CASE, two_days, WEDNESDAY + second).late


@pytest.mark.parametrize("hours", range(0, 24 * 5, 3))
def test_who_was_answered_in_time_is_never_told_late(hours: int) -> None:
    """Taken on Tuesday, known to the reporter from Wednesday's slot on."""
    assert not reporter(said(ACK), MONDAY + hours * HOUR).late


def test_an_acknowledgement_ends_the_promise_for_each_side_when_it_sees_it() -> None:
    case = said(ACK)
    assert staff(case, MONDAY + HOUR).promise is None
    assert reporter(case, MONDAY + HOUR).promise == MONDAY + DAY
    assert reporter(case, WEDNESDAY).promise is None


@pytest.mark.parametrize("kind", [OPENED, NOTE])
def test_opening_and_noting_keep_no_promise(kind: Kind) -> None:
    assert staff(said(kind), WEDNESDAY).late


def test_reopening_promises_anew_from_its_own_slot() -> None:
    case = said((RESOLVE, WEDNESDAY), (M, FRIDAY))
    view = staff(case, FRIDAY)
    assert (view.state, view.since, view.promise) == (State.WITH_REPS, FRIDAY, FRIDAY + DAY)
    assert not view.late


@given(histories, times, some.integers(0, 24 * 30))
def test_a_promise_once_told_never_gets_later_while_nothing_is_said(
    drawn: list[tuple[Kind, int]], now: datetime, hours: int
) -> None:
    case = _history(drawn)
    crossed = replace(case, entries=tuple(e for e in case.entries if e.crosses <= now))
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
        ((NOTE,), "2027-06-02"),  # a note moves no date, for the reporter never sees it
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
    case = replace(CASE, release=release, told=release)
    closed = Entry(id="1" * 32, kind=CLOSE, by=INES.id, crosses=release, turn=1)
    over = replace(case, entries=(closed,))
    # 60 days on it is Sunday 29 November, in winter: Monday 09:00 is 08:00 in UTC.
    assert shredded_on(over, berlin, release) == datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_being_late_to_look_changes_no_date() -> None:
    """The thirty days of a question are counted whether or not anyone has looked since."""
    case = said(ASK)
    assert shredded_on(case, HARBOUR, WEDNESDAY) == shredded_on(case, HARBOUR, FRIDAY + 80 * DAY)


# Who may know of it -----------------------------------------------------------------------------


def knows(case: Case, person: Staff, at: datetime = WEDNESDAY) -> bool:
    return is_for(case, person, at)


def test_reps_among_its_readers_know_of_it_from_the_release() -> None:
    assert not knows(CASE, INES, MONDAY - timedelta(seconds=1))
    assert knows(CASE, INES, MONDAY)
    assert not knows(replace(CASE, number=""), INES)


def test_organisers_and_moderators_do_not_know_of_it() -> None:
    assert not knows(CASE, RUTH)
    assert not knows(CASE, OSKAR)


def test_whoever_was_left_out_never_knows_of_it() -> None:
    without = replace(CASE, readers=CASE.readers - {KARIM.id})
    assert knows(without, INES)
    assert not any(knows(without, KARIM, MONDAY + n * DAY) for n in range(400))


def test_whoever_is_left_out_later_drops_out() -> None:
    entry = Entry(
        id="1" * 32,
        kind=Kind.LEAVE_OUT,
        by=None,
        crosses=WEDNESDAY,
        turn=1,
        left_out=frozenset({INES.id}),
    )
    case = replace(CASE, entries=(entry,))
    assert not case.may_read(INES.id)
    assert not knows(case, INES)
    assert knows(case, KARIM)


def test_a_rep_who_came_later_is_no_reader() -> None:
    new = replace(OSKAR, roles=INES.roles)
    assert not knows(CASE, new)


def test_what_was_withdrawn_before_its_release_is_never_shown() -> None:
    case = said((W, MONDAY))
    assert never_shown(case)
    for person in (INES, KARIM, GRETA, RUTH):
        assert not any(knows(case, person, MONDAY + n * DAY) for n in range(400))


def test_what_was_withdrawn_after_its_release_is_shown_as_withdrawn() -> None:
    case = said((W, WEDNESDAY))
    assert not never_shown(case)
    assert knows(case, INES)
    assert staff(case, WEDNESDAY).state is State.WITHDRAWN


def test_an_urgent_case_was_seen_even_when_it_is_withdrawn_within_the_hour() -> None:
    case = replace(said((W, MONDAY)), urgent=True)
    assert not never_shown(case)
    assert knows(case, INES, MONDAY)


# Small things -----------------------------------------------------------------------------------


def test_an_urgent_case_is_urgent_until_the_reporter_says_otherwise() -> None:
    assert not CASE.is_urgent
    assert replace(CASE, urgent=True).is_urgent
    assert not replace(said(Kind.NOT_URGENT), urgent=True).is_urgent


def test_turns_go_up_by_one() -> None:
    assert CASE.next_turn() == 1
    assert said(ACK, M, NOTE).next_turn() == 4


def test_only_ends_are_over() -> None:
    assert {state for state in State if state.over} == {RESOLVED, CLOSED, GONE}


def test_a_case_s_words_are_not_in_its_repr() -> None:
    """What is logged or raised by mistake must hold no words."""
    shown = repr(said(M)) + repr(said(M).entries)
    assert "paid since spring" not in shown
    assert "message'" not in shown.replace("<Kind.MESSAGE: 'message'>", "")
