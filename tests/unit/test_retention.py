"""How long a case is kept is its own from the moment it is sent, the same for all of one slot."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.cases import ANSWER_WITHIN, Case, Kind, for_reporter, for_staff, shredded_on
from bot.domain.communities import LEAST_KEPT, MOST_KEPT, Retention, Slots
from bot.domain.communities.edits import Kept
from bot.domain.grievances.release import crossing
from bot.services.privacy import facts as facts_of
from bot.texts import LANGUAGES, catalogue
from tests.unit.harbour import DAY, FRIDAY, HOUR, MONDAY, WEDNESDAY, community
from tests.unit.histories import HARBOUR, case, said

OPEN = community(opened=MONDAY - 9 * DAY)
SECOND = timedelta(seconds=1)
days = some.integers(LEAST_KEPT, MOST_KEPT)
moments = some.integers(0, 40 * 24 * 60).map(lambda n: MONDAY + n * timedelta(minutes=1))


# The setting ------------------------------------------------------------------------------------------


def test_sixty_days_are_the_default_and_the_most() -> None:
    assert community().retention.at(MONDAY) == MOST_KEPT == 60


def test_whoever_has_so_long_to_answer_has_as_long_to_read_what_came_of_it() -> None:
    assert timedelta(days=LEAST_KEPT) == ANSWER_WITHIN


def test_while_it_is_set_up_the_number_holds_at_once() -> None:
    after = Kept(30).applied(community(), MONDAY)
    assert after.retention == Retention(30, 30)
    assert after.retention.at(MONDAY) == 30


def test_of_an_open_community_a_new_number_holds_from_the_next_slot_on() -> None:
    new = Kept(30).applied(OPEN, MONDAY + HOUR).retention
    assert new.days == 30
    assert [new.at(at) for at in (MONDAY + HOUR, WEDNESDAY - SECOND)] == [60, 60]
    assert [new.at(at) for at in (WEDNESDAY, WEDNESDAY + HOUR, FRIDAY)] == [30, 30, 30]


def test_a_number_that_never_came_to_hold_leaves_the_one_before() -> None:
    first = Kept(30).applied(OPEN, MONDAY + HOUR)
    second = Kept(45).applied(first, MONDAY + 2 * HOUR).retention
    assert (second.at(WEDNESDAY - SECOND), second.at(WEDNESDAY)) == (60, 45)
    back = Kept(60).applied(first, MONDAY + 2 * HOUR).retention
    assert (back.at(WEDNESDAY - SECOND), back.at(WEDNESDAY)) == (60, 60)


def test_the_same_number_is_no_change_and_takes_nothing_back() -> None:
    assert Kept(60).applied(OPEN, MONDAY) == OPEN
    waits = Kept(30).applied(OPEN, MONDAY)
    assert Kept(30).applied(waits, FRIDAY) == waits


@given(some.lists(some.tuples(moments, days), max_size=6), moments, moments)
def test_all_that_is_sent_for_one_slot_is_kept_alike(
    changes: list[tuple[datetime, int]], one: datetime, other: datetime
) -> None:
    """Whoever looks at the days of two cases that crossed together learns nothing of their order."""
    now, sent = OPEN, {}
    for at, what in sorted([*changes, (one, 0), (other, 0)]):
        if what:
            now = Kept(what).applied(now, at)
        else:
            sent.setdefault(crossing(now.slots, at), set()).add(now.retention.at(at))
    assert all(len(kept) == 1 for kept in sent.values())


@given(days, days, moments)
def test_no_change_is_harmless_neither_way(before: int, after: int, now: datetime) -> None:
    assert not Kept(after).harmless(replace(OPEN, retention=Retention(before, before)))


# The case ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "gone"),
    [
        # 30 days after the end, at the slot: 3 June and 30 days is Friday 3 July.
        ((Kind.RESOLVE,), "2026-07-03"),
        ((Kind.CLOSE,), "2026-07-03"),
        ((Kind.WITHDRAW,), "2026-07-03"),
        # 30 days to answer, then 30: 60 days after 3 June is Sunday 2 August.
        ((Kind.ASK,), "2026-08-03"),
        # The 12 months after the last word are nobody's setting.
        ((), "2027-06-02"),
        ((Kind.ACKNOWLEDGE,), "2027-06-04"),
        ((Kind.RESOLVE, Kind.MESSAGE), "2027-06-04"),
    ],
)
def test_a_case_goes_when_it_was_told_and_whatever_is_set_by_now(
    what: tuple[Kind, ...], gone: str
) -> None:
    day = datetime.fromisoformat(f"{gone}T09:00:00+00:00")
    it = said(*what, of=case(kept_days=30))
    for now_set in (HARBOUR, Kept(45).applied(HARBOUR, MONDAY), Kept(30).applied(OPEN, MONDAY)):
        assert shredded_on(it, now_set, WEDNESDAY) == day
        assert for_reporter(it, now_set, FRIDAY).gone == day
        assert for_staff(it, now_set, FRIDAY).gone == day


@given(days, days)
def test_more_days_are_never_less(one: int, other: int) -> None:
    fewer, more = (
        shredded_on(said(Kind.CLOSE, of=case(kept_days=n)), HARBOUR, FRIDAY)
        for n in sorted((one, other))
    )
    assert fewer <= more


@given(days)
def test_whoever_looks_at_every_slot_has_that_long_to_read_what_came_of_it(kept: int) -> None:
    closed = said((Kind.CLOSE, WEDNESDAY), of=case(kept_days=kept))
    for slots in (Slots(), Slots(weekdays=(2,))):
        gone = shredded_on(closed, community(slots=slots), WEDNESDAY)
        assert gone - WEDNESDAY >= kept * DAY


# Sealed -----------------------------------------------------------------------------------------------


def opened(it: Case, facts: dict[str, Any]) -> Case:
    same = {"id": it.id, "community": it.community, "release": it.release, "number": it.number}
    return facts_of.case_of(facts, **same)


@given(days)
def test_the_number_lies_sealed_with_the_case_in_one_fixed_size(kept: int) -> None:
    it = case(kept_days=kept)
    facts = facts_of.case_facts(it)
    assert opened(it, facts).kept_days == kept
    assert len(str(facts)) == len(str(facts_of.case_facts(case())))


def test_a_case_that_was_sealed_before_it_was_a_setting_is_kept_sixty_days() -> None:
    facts = facts_of.case_facts(case(kept_days=30))
    del facts["kept_days"]
    assert opened(case(), facts) == replace(opened(case(), facts), kept_days=60)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_names_the_least_and_the_most(language: str) -> None:
    label = catalogue(language).gettext("setup_kept.days")
    assert str(LEAST_KEPT) in label
    assert str(MOST_KEPT) in label
