"""Who may ever read a case: fixed at filing, less who was left out or stepped out, and from when."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.cases import Case, Kind, State, Why, is_for, never_shown
from bot.domain.communities import Role, Staff, StaffId, Step, Target
from tests.unit.harbour import DAY, GRETA, INES, KARIM, MONDAY, OSKAR, RUTH, WEDNESDAY, person
from tests.unit.histories import case, entry, histories, said, staff, step, with_entries

NEW = person("Nadia", Role.REP)  #: became a rep after the case was filed
EVERYONE = (INES, KARIM, GRETA, RUTH, OSKAR, NEW)
W = Kind.WITHDRAW


def knows(of: Case, person: Staff, at: datetime = WEDNESDAY) -> bool:
    return is_for(of, person, at)


def at_step(number: int, of: Case | None = None) -> Case:
    return with_entries(
        of or case(), step(number, MONDAY + DAY, None, Why.NOBODY_TOOK_IT, WEDNESDAY)
    )


def test_reps_among_its_readers_know_of_it_from_the_release() -> None:
    assert not knows(case(), INES, MONDAY - timedelta(seconds=1))
    assert knows(case(), INES, MONDAY)
    assert not knows(case(number=""), INES)


def test_moderators_never_know_of_it() -> None:
    assert not any(knows(at_step(n), OSKAR) for n in range(4))


def test_organisers_know_of_it_from_the_step_that_names_them() -> None:
    assert [knows(at_step(n), RUTH) for n in range(4)] == [False, False, True, True]


def test_organisers_still_know_of_it_when_it_starts_again() -> None:
    again = with_entries(at_step(2), step(0, WEDNESDAY, None, Why.REOPENED, WEDNESDAY))
    assert knows(again, RUTH)


def test_of_organisers_only_those_whom_the_step_names() -> None:
    other = person("Olga", Role.ORGANISER)
    steps = (Step(Target.ON_DUTY), Step(Target.ORGANISERS, people=(RUTH.id,)))
    it = at_step(1, case(steps=steps, readers=frozenset({INES.id, RUTH.id, other.id})))
    assert (knows(it, RUTH), knows(it, other)) == (True, False)


def test_whoever_was_left_out_never_knows_of_it() -> None:
    without = case(readers=case().readers - {KARIM.id})
    assert knows(without, INES)
    assert not any(knows(without, KARIM, MONDAY + n * DAY) for n in range(400))


def test_whoever_is_left_out_later_drops_out() -> None:
    it = with_entries(case(), entry(Kind.LEAVE_OUT, people=[INES.id]))
    assert not it.may_read(INES.id)
    assert (knows(it, INES), knows(it, KARIM)) == (False, True)


def test_whoever_steps_out_drops_out_for_good() -> None:
    it = with_entries(case(), entry(Kind.RECUSE, by=INES.id))
    assert (knows(it, INES), knows(it, KARIM)) == (False, True)
    asked_back = with_entries(it, entry(Kind.AGREE, people=[INES.id]))
    assert not knows(asked_back, INES)


def test_a_rep_who_came_later_is_no_reader_until_the_reporter_agrees() -> None:
    asked = with_entries(case(), entry(Kind.ASK_CONSENT, people=[NEW.id]))
    assert not knows(case(), NEW)
    assert not knows(asked, NEW)
    assert knows(with_entries(asked, entry(Kind.AGREE, people=[NEW.id])), NEW)


def test_an_organiser_to_whom_the_reporter_agreed_knows_of_it_at_any_step() -> None:
    assert knows(with_entries(case(), entry(Kind.AGREE, people=[RUTH.id])), RUTH)


def test_whoever_was_left_out_stays_out_whatever_is_agreed() -> None:
    filed = replace(case().grievance, left_out=frozenset({GRETA.id}))
    it = case(readers=frozenset({INES.id}), grievance=filed)
    assert not knows(with_entries(it, entry(Kind.AGREE, people=[GRETA.id])), GRETA)


@pytest.mark.parametrize("kind", [Kind.BRING_IN, Kind.HAND_OVER, Kind.ASK_CONSENT])
def test_no_act_of_staff_makes_a_reader(kind: Kind) -> None:
    assert not knows(with_entries(case(), entry(kind, people=[NEW.id])), NEW)


people = some.sampled_from(EVERYONE)


@given(histories, some.lists(people, max_size=4), some.lists(people, max_size=3), some.booleans())
def test_nobody_who_is_out_comes_in_again(
    it: Case, left_out: list[Staff], stepped_out: list[Staff], agreed_first: bool
) -> None:
    gone: list[StaffId] = [one.id for one in (*left_out, *stepped_out)]
    agree = [entry(Kind.AGREE, people=[one.id for one in EVERYONE])]
    out = [entry(Kind.LEAVE_OUT, people=[one.id for one in left_out])]
    out += [entry(Kind.RECUSE, by=one.id) for one in stepped_out]
    it = with_entries(it, *(agree + out if agreed_first else out + agree))
    for one in EVERYONE:
        assert it.is_out(one.id) or one.id not in gone
        assert not (one.id in gone and is_for(it, one, MONDAY + 400 * DAY))


# Withdrawn --------------------------------------------------------------------------------------


def test_what_was_withdrawn_before_its_release_is_never_shown() -> None:
    it = said((W, MONDAY))
    assert never_shown(it)
    for one in EVERYONE:
        assert not any(knows(it, one, MONDAY + n * DAY) for n in range(400))


def test_what_was_withdrawn_after_its_release_is_shown_as_withdrawn() -> None:
    it = said((W, WEDNESDAY))
    assert not never_shown(it)
    assert knows(it, INES)
    assert staff(it, WEDNESDAY).state is State.WITHDRAWN


def test_an_urgent_case_was_seen_even_when_it_is_withdrawn_within_the_hour() -> None:
    it = said((W, MONDAY), of=case(urgent=True))
    assert not never_shown(it)
    assert knows(it, INES, MONDAY)
