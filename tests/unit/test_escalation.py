"""A case climbs while nobody answers: one test for each row of the table in escalation.py."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from bot.domain.cases import Case, Kind, State, Why, for_staff
from bot.domain.cases.escalation import (
    Deed,
    follows,
    later_staff,
    next_deeds,
    people_of,
    stands,
    step_entry,
    told,
)
from bot.domain.communities import Change, Community, Hours, Lies, Rota, Staff, Step, Target
from tests.unit.climbing import REPS, TOWN, away, lived, pass_time, quiet, released, then, town
from tests.unit.harbour import DAY, FRIDAY, GRETA, HOUR, INES, KARIM, MONDAY, RUTH, WEDNESDAY
from tests.unit.histories import case, entry, said, step, with_entries

TUESDAY, SECOND = MONDAY + DAY, timedelta(seconds=1)
ACK, LATER = Kind.ACKNOWLEDGE, MONDAY + 30 * DAY
CLIMBS = (Deed.CLIMB, Deed.RETURN)


def names(people: tuple[Staff, ...]) -> set[str]:
    return {one.name for one in people}


def at_step(number: int, at: datetime = TUESDAY, due: datetime | None = TUESDAY + DAY) -> Case:
    return with_entries(case(), step(number, at, due, Why.NOBODY_TOOK_IT, at))


def taken(at: datetime = MONDAY + HOUR) -> Case:
    """Ines took it."""
    return then(case(), ACK, at)


def now(of: Case, at: datetime, community: Community = TOWN) -> tuple[object, ...]:
    seen = for_staff(of, community, at).standing
    return seen.state, seen.step, seen.promise


# Where it stands --------------------------------------------------------------------------------


def test_released_it_stands_at_the_first_step_that_reaches_anybody() -> None:
    stand = stands(case(), TOWN, MONDAY, 0)
    assert (stand.step, stand.due, names(stand.people)) == (0, TUESDAY, {"Ines"})
    assert released() == case()  # it stands as it was promised: no word is needed


def test_when_nobody_is_on_duty_all_reps_hear_at_once() -> None:
    off = Change("1", INES.id, Lies.OFF, MONDAY, FRIDAY)
    for nobody in (replace(TOWN, rota=Rota()), replace(TOWN, changes=(off,))):
        stand = stands(case(), nobody, MONDAY, 0)
        assert (stand.step, stand.due) == (0, TUESDAY)
        assert names(stand.people) == {"Ines", "Karim", "Greta"}


def test_when_no_reader_is_on_duty_all_reps_among_the_readers_hear_at_once() -> None:
    without = case(readers=frozenset({KARIM.id, GRETA.id, RUTH.id}))
    assert names(stands(without, TOWN, MONDAY, 0).people) == {"Karim", "Greta"}


@pytest.mark.parametrize("why", ["left out", "stepped out", "role over", "away"])
def test_a_step_that_reaches_nobody_is_skipped_at_once(why: str) -> None:
    it, community = case(), TOWN
    if why == "left out":
        it = case(readers=frozenset({RUTH.id}))
    if why == "stepped out":
        for one in REPS:
            it = then(it, Kind.RECUSE, MONDAY, by=one.id)
    if why == "role over":
        community = replace(TOWN, staff=(RUTH,))
    if why == "away":
        community = town(*(away(one, MONDAY, FRIDAY) for one in REPS))
    stand = stands(it, community, MONDAY, 0)
    assert (stand.step, stand.due) == (2, MONDAY + 2 * DAY)
    assert names(stand.people) == {"Ruth"}


def test_nobody_takes_it_and_it_climbs_by_each_step_s_own_hours() -> None:
    steps = [d for d in lived(case(), days=8) if d.deed is Deed.CLIMB]
    assert [(d.at, d.step, d.due) for d in steps] == [
        (TUESDAY, 1, TUESDAY + DAY),
        (TUESDAY + DAY, 2, FRIDAY),
        (FRIDAY, 3, None),
    ]
    assert [len(d.people) for d in steps] == [3, 1, 4]


def test_when_no_step_is_left_the_last_one_s_people_are_told_again_and_again() -> None:
    short = case(steps=(Step(Target.ON_DUTY), Step(Target.ALL_REPS)))
    done = lived(short, days=16)
    assert [(d.at, d.deed) for d in done] == [
        (TUESDAY, Deed.CLIMB),
        (WEDNESDAY, Deed.CLIMB),
        (WEDNESDAY + 7 * DAY, Deed.REPEAT),
        (WEDNESDAY + 14 * DAY, Deed.REPEAT),
    ]
    assert {(d.step, d.due) for d in done[1:]} == {(1, None)}


def test_at_the_outside_body_it_stays_and_its_readers_are_told_every_week() -> None:
    outside = [d for d in lived(case(), days=26) if d.step == 3]
    assert [(d.at, d.deed) for d in outside] == [
        (FRIDAY, Deed.CLIMB),
        *((FRIDAY + n * 7 * DAY, Deed.REPEAT) for n in (1, 2, 3)),
    ]


def test_a_step_with_a_repeat_tells_its_people_again_until_its_deadline() -> None:
    often = case(steps=(Step(Target.ON_DUTY, DAY, 8 * HOUR), Step(Target.OUTSIDE)))
    assert [(d.at, d.deed) for d in lived(often, days=1)] == [
        (MONDAY + 8 * HOUR, Deed.REPEAT),
        (MONDAY + 16 * HOUR, Deed.REPEAT),
        (TUESDAY, Deed.CLIMB),
    ]


# Taken ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ACK, Kind.REPLY, Kind.ASK])
def test_whoever_acknowledges_replies_or_asks_takes_it_and_it_climbs_no_more(kind: Kind) -> None:
    it = then(case(), kind, MONDAY + HOUR)
    assert names(told(it, TOWN, TUESDAY)) == {"Ines"}
    assert not [d for d in pass_time(it, TOWN, MONDAY, MONDAY + 5 * DAY)[1] if d.deed in CLIMBS]


def test_a_taker_without_a_word_is_reminded_after_72_hours() -> None:
    done = pass_time(taken(), TOWN, MONDAY + HOUR, MONDAY + 4 * DAY)[1]
    assert [(d.at, d.deed) for d in done] == [(MONDAY + 73 * HOUR, Deed.REMIND)]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_without_a_word_for_five_days_it_goes_on_behind_the_step_that_took_it(at: int) -> None:
    it = then(at_step(at), ACK, WEDNESDAY)
    done = pass_time(it, TOWN, WEDNESDAY, WEDNESDAY + 5 * DAY)[1]
    assert [(d.at, d.deed) for d in done][1:] == [(WEDNESDAY + 5 * DAY, Deed.RETURN)]
    assert done[-1].step == at + 1


def test_a_message_begins_the_taker_s_hours_anew_at_its_slot() -> None:
    it = then(taken(), Kind.MESSAGE, WEDNESDAY)
    done = pass_time(it, TOWN, WEDNESDAY, WEDNESDAY + 6 * DAY)[1]
    assert [(d.at, d.deed) for d in done[:2]] == [
        (WEDNESDAY + 3 * DAY, Deed.REMIND),
        (WEDNESDAY + 5 * DAY, Deed.RETURN),
    ]


def test_an_answer_to_a_question_begins_them_anew_too() -> None:
    asked = then(taken(), Kind.ASK, MONDAY + 2 * HOUR)
    assert pass_time(asked, TOWN, MONDAY, MONDAY + 29 * DAY)[1] == []
    answered = then(asked, Kind.MESSAGE, WEDNESDAY)
    assert next_deeds(answered, TOWN, WEDNESDAY) == (WEDNESDAY + 3 * DAY, (Deed.REMIND,))


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.ASK, Kind.RESOLVE])
def test_a_word_was_given_and_none_is_owed_any_more(kind: Kind) -> None:
    it = then(taken(), kind, MONDAY + 2 * HOUR)
    assert pass_time(it, TOWN, MONDAY, MONDAY + 29 * DAY)[1] == []


# The reporter's word ----------------------------------------------------------------------------


@pytest.mark.parametrize("hands", ["nobody's", "taken"])
def test_the_reporter_asks_and_it_climbs_at_that_slot(hands: str) -> None:
    before = taken() if hands == "taken" else at_step(0, MONDAY, FRIDAY)
    asked = then(before, Kind.ESCALATE, WEDNESDAY)
    assert now(asked, WEDNESDAY) == (State.WITH_REPS, 1, WEDNESDAY + DAY)
    assert for_staff(asked, TOWN, WEDNESDAY).standing.why is Why.ASKED


def test_at_the_last_step_there_is_nothing_higher_to_ask_for() -> None:
    last = at_step(3, due=None)
    assert follows(last, TOWN, WEDNESDAY, [Kind.ESCALATE]) is None
    assert for_staff(last, TOWN, WEDNESDAY).next_target is None


def test_asked_for_at_the_very_end_of_a_promise_it_climbs_once() -> None:
    asked = then(at_step(1), Kind.ESCALATE, WEDNESDAY)  # promised until this very slot
    assert now(asked, WEDNESDAY) == (State.WITH_REPS, 2, WEDNESDAY + 2 * DAY)
    assert next_deeds(asked, TOWN, WEDNESDAY - SECOND) == (WEDNESDAY + 2 * DAY, (Deed.CLIMB,))


def test_over_and_a_message_reopens_it_at_the_first_step_from_that_slot() -> None:
    for end in (Kind.RESOLVE, Kind.CLOSE):
        reopened = then(said((end, TUESDAY)), Kind.MESSAGE, FRIDAY)
        assert now(reopened, FRIDAY) == (State.WITH_REPS, 0, FRIDAY + DAY)


@pytest.mark.parametrize("end", [Kind.WITHDRAW, Kind.RESOLVE, Kind.CLOSE])
@pytest.mark.parametrize("before", ["nobody's", "taken"])
def test_withdrawn_resolved_or_closed_nothing_is_owed(end: Kind, before: str) -> None:
    it = then(taken() if before == "taken" else case(), end, WEDNESDAY)
    assert next_deeds(it, TOWN, WEDNESDAY) is None


# Stepping out, handing over ---------------------------------------------------------------------


@pytest.mark.parametrize("how", ["steps out", "is left out"])
def test_the_taker_goes_and_the_same_step_begins_again_without_them(how: str) -> None:
    if how == "steps out":
        it = then(taken(), Kind.RECUSE, WEDNESDAY)
    else:
        it = then(taken(), Kind.LEAVE_OUT, WEDNESDAY, people=[INES.id])
    assert now(it, WEDNESDAY) == (State.WITH_REPS, 0, WEDNESDAY + DAY)
    assert names(told(it, TOWN, WEDNESDAY)) == {"Karim", "Greta"}


def test_stepping_out_in_the_moment_of_a_slot_is_seen_with_what_it_brought_about() -> None:
    """The act crosses at the next slot: the step it leads to must not run ahead of it."""
    out = entry(Kind.RECUSE, FRIDAY, at=WEDNESDAY, by=INES.id)
    it = with_entries(taken(), out)
    step_, _ = step_entry(it, TOWN, WEDNESDAY, 0, Why.STEPPED_OUT, "5" * 32)
    assert step_.crosses == FRIDAY
    by_the_clock, _ = step_entry(taken(), TOWN, WEDNESDAY, 1, Why.NO_WORD, "5" * 32)
    assert by_the_clock.crosses == WEDNESDAY


def test_a_taker_whose_role_ended_is_not_waited_for() -> None:
    without = replace(TOWN, staff=(KARIM, GRETA, RUTH))
    it = then(taken(), Kind.MESSAGE, WEDNESDAY, without)
    assert now(it, WEDNESDAY, without) == (State.WITH_REPS, 0, WEDNESDAY + DAY)


def test_the_last_of_a_step_s_people_steps_out_and_the_next_step_begins_at_once() -> None:
    it = case()
    for hour, one in enumerate(REPS):
        assert now(it, MONDAY + hour * HOUR)[1] == 0
        it = then(it, Kind.RECUSE, MONDAY + hour * HOUR, by=one.id)
    assert now(it, MONDAY + 2 * HOUR) == (State.WITH_REPS, 2, TUESDAY)  # told: by Tuesday


def test_one_of_several_steps_out_and_it_stays_where_it_is() -> None:
    it = then(case(), Kind.RECUSE, MONDAY + HOUR)
    assert now(it, TUESDAY) == (State.WITH_REPS, 0, TUESDAY)
    assert names(told(it, TOWN, MONDAY + HOUR)) == {"Karim", "Greta"}


def test_taken_and_handed_over_it_is_the_other_one_s_and_what_is_owed_stays_owed() -> None:
    it = then(taken(), Kind.HAND_OVER, TUESDAY, people=[KARIM.id])
    assert names(told(it, TOWN, TUESDAY)) == {"Karim"}
    assert next_deeds(it, TOWN, TUESDAY) == (MONDAY + 73 * HOUR, (Deed.REMIND,))


def test_not_taken_and_handed_over_the_other_is_told_too_and_it_climbs_all_the_same() -> None:
    it = then(case(), Kind.HAND_OVER, MONDAY + HOUR, people=[KARIM.id])
    assert now(it, MONDAY + HOUR) == (State.WITH_REPS, 0, TUESDAY)
    assert names(told(it, TOWN, MONDAY + HOUR)) == {"Ines", "Karim"}


def test_when_no_reader_is_left_the_reporter_may_agree_to_today_s_staff() -> None:
    gone = case(readers=frozenset({"someone gone".ljust(32, "0")}))
    assert told(gone, TOWN, MONDAY) == ()
    people = later_staff(gone, TOWN)
    assert names(people) == {"Ines", "Karim", "Greta", "Ruth"}
    agreed = then(gone, Kind.AGREE, WEDNESDAY, people=[one.id for one in people])
    assert now(agreed, WEDNESDAY) == (State.WITH_REPS, 0, WEDNESDAY + DAY)
    assert names(told(agreed, TOWN, WEDNESDAY)) == {"Ines"}


# Hours ------------------------------------------------------------------------------------------

NIGHT = Hours("UTC", time(8), time(12))  #: in which a deadline of nine o'clock falls


def test_urgent_deadlines_ignore_quiet_hours() -> None:
    silent = town(quiet(INES, NIGHT))
    assert stands(case(), silent, MONDAY, 0).due == TUESDAY + 3 * HOUR
    assert stands(case(urgent=True), silent, MONDAY, 0).due == TUESDAY


def test_urgent_no_more_the_deadline_told_stays_and_later_ones_are_moved() -> None:
    silent = town(*(quiet(one, NIGHT) for one in REPS))
    it = then(released(case(urgent=True, promised=TUESDAY), silent), Kind.NOT_URGENT, MONDAY)
    done = pass_time(it, silent, MONDAY, TUESDAY)[1]
    assert (done[0].at, done[0].due) == (TUESDAY, TUESDAY + 27 * HOUR)


def test_a_deadline_is_moved_behind_quiet_hours_for_whoever_is_back_first() -> None:
    mixed = town(quiet(INES, NIGHT), quiet(KARIM, Hours("UTC", time(22), time(9, 30))))
    all_reps = case(steps=(Step(Target.ALL_REPS), Step(Target.OUTSIDE)))
    assert stands(all_reps, mixed, MONDAY, 0).due == TUESDAY  # Greta is not quiet at all
    early = replace(mixed, staff=tuple(one for one in mixed.staff if one.name != "Greta"))
    assert stands(all_reps, early, MONDAY, 0).due == TUESDAY + HOUR / 2


def test_days_off_move_a_deadline_by_three_days_at_most() -> None:
    for days, moved in ((1, 1), (2, 2), (3, 3), (4, 3), (30, 3)):
        off = town(away(INES, MONDAY + HOUR, TUESDAY + days * DAY))
        assert stands(case(), off, MONDAY, 0).due == TUESDAY + moved * DAY


def test_what_was_told_stays_when_the_rota_changes() -> None:
    later = town(quiet(INES, NIGHT), away(KARIM, MONDAY, LATER))
    it = then(case(), Kind.RECUSE, MONDAY + HOUR)
    assert now(it, MONDAY + HOUR, later)[2] == TUESDAY
    it = with_entries(it, step_entry(it, later, MONDAY + 2 * HOUR, 0, Why.ASKED, "0" * 32)[0])
    assert now(it, MONDAY + 2 * HOUR, later)[2] == TUESDAY


def test_after_days_without_a_process_every_deadline_happens_as_of_its_own_moment() -> None:
    at_once = pass_time(case(), TOWN, MONDAY - SECOND, LATER)[1]
    assert [d.at for d in at_once if d.deed is Deed.CLIMB] == [TUESDAY, TUESDAY + DAY, FRIDAY]


def test_the_law_s_warning_is_told_even_when_the_case_climbs_that_second() -> None:
    late = step(0, MONDAY + 82 * DAY, MONDAY + 83 * DAY, Why.REOPENED, MONDAY + 82 * DAY)
    coming = next_deeds(with_entries(case(), late), TOWN, MONDAY + 82 * DAY)
    assert coming == (MONDAY + 83 * DAY, (Deed.CLIMB, Deed.LAW))


def test_people_of_a_step_of_named_people_are_those_alone() -> None:
    named = Step(Target.NAMED_REPS, people=(KARIM.id,))
    assert names(people_of(named, case().may_read, TOWN, MONDAY)) == {"Karim"}
    assert people_of(named, {INES.id}.__contains__, TOWN, MONDAY) == ()
    assert people_of(Step(Target.OUTSIDE), case().may_read, TOWN, MONDAY) == ()
    assert names(people_of(Step(Target.ALL_REPS), case().may_read, TOWN, MONDAY)) == {
        "Ines",
        "Karim",
        "Greta",
    }
