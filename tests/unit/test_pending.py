"""Pending changes, row by row of the table in ``pending``; who is a second moderator; the dates."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import Community, Grant, Role, Staff, StaffId, roles_at
from bot.domain.communities.edits import Destined, Edit, Named, Offered
from bot.domain.communities.pending import (
    LAPSES_AFTER,
    NOTICE_LASTS,
    OPERATOR,
    SEASONED_AFTER,
    TOLD_FOR,
    Pending,
    has_second,
    is_seasoned,
    may_ask,
    may_second,
    still_seconded,
)
from tests.unit.harbour import DAY, HOUR, INES, KARIM, MONDAY, RUTH, community, person

OPENED = MONDAY - 100 * DAY
SECOND = timedelta(seconds=1)
YEAR = timedelta(days=365)
EDIT, DIGEST = Named("Docks"), Destined("", "", ())
OFFER = Offered("Ada", "moderator", "sandbox", "ada", "")


def holding(name: str, *grants: Grant, now: datetime = MONDAY) -> Staff:
    return replace(person(name), grants=grants, roles=roles_at(grants, now))


def moderator(name: str, since: datetime, ends: datetime = MONDAY + YEAR) -> Staff:
    return holding(name, Grant(Role.MODERATOR, since, ends))


OSKAR, LEILA = moderator("Oskar", OPENED), moderator("Leila", OPENED - 9 * DAY)
NEW = moderator("Ada", MONDAY - 5 * DAY)
HARBOUR = community(INES, KARIM, RUTH, OSKAR, LEILA, NEW, opened=OPENED)


def asked(by: StaffId = OSKAR.id, edit: Edit = EDIT, **how: StaffId | datetime | None) -> Pending:
    return replace(Pending("p" * 32, edit, by, MONDAY), **how)  # type: ignore[arg-type]  # as its caller says


def among(*staff: Staff) -> Community:
    return replace(HARBOUR, staff=(INES, KARIM, RUTH, *staff))


# The table ------------------------------------------------------------------------------------------


def test_every_other_change_waits_for_a_second_moderator() -> None:
    change = asked()
    assert (change.waits, change.agreed) == (True, False)
    assert change.due == MONDAY + LAPSES_AFTER, "the clock lets nothing hold that nobody seconded"
    assert change.earliest == MONDAY + NOTICE_LASTS == MONDAY + 3 * DAY


def test_seconded_it_waits_for_72_hours_from_its_notice_whenever_it_was_seconded() -> None:
    change = asked().seconded(LEILA.id)
    assert (change.agreed, change.due) == (True, MONDAY + timedelta(hours=72))
    later = replace(change, since=MONDAY + HOUR)
    assert later.due == MONDAY + timedelta(hours=73), "the notice was late"


def test_what_the_operator_offers_waits_as_long_and_for_nobody() -> None:
    change = asked(OPERATOR, OFFER)
    assert (change.agreed, change.due) == (True, MONDAY + NOTICE_LASTS)
    assert not may_second(LEILA, change, HARBOUR, MONDAY)


def test_the_operator_offers_only_where_there_is_no_second_moderator() -> None:
    change = asked(OPERATOR, OFFER)
    assert not may_ask(change, HARBOUR, MONDAY)
    for alone in (among(), among(OSKAR), among(NEW), among(NEW, moderator("Eva", MONDAY))):
        assert not has_second(alone, MONDAY)
        assert may_ask(change, alone, MONDAY)
    for two in (among(OSKAR, LEILA), among(OSKAR, NEW)):
        assert has_second(two, MONDAY)
        assert not may_ask(change, two, MONDAY)


def test_who_held_it_is_told_for_30_days_more() -> None:
    change = replace(asked().seconded(LEILA.id), held=MONDAY + 3 * DAY)
    assert (change.waits, change.due) == (False, MONDAY + 3 * DAY + TOLD_FOR)
    assert timedelta(days=30) == TOLD_FOR
    assert not may_second(LEILA, replace(change, second=None), HARBOUR, MONDAY)


def test_nobody_seconds_it_once_14_days_are_over_whether_or_not_the_clock_looked() -> None:
    change, lapses = asked(), MONDAY + 14 * DAY
    assert may_second(LEILA, change, HARBOUR, lapses - SECOND)
    assert not may_second(LEILA, change, HARBOUR, lapses)
    assert (change.lapsed(lapses - SECOND), change.lapsed(lapses)) == (False, True)
    assert not change.seconded(LEILA.id).lapsed(lapses), "it holds when the clock looks"


def test_who_asked_for_it_may_no_more() -> None:
    change = asked()
    assert may_ask(change, HARBOUR, MONDAY)
    assert not may_ask(change, among(LEILA, NEW), MONDAY)
    ended = moderator("Oskar", OPENED, MONDAY)
    assert not may_ask(change, among(ended, LEILA), MONDAY)
    assert not may_ask(asked(INES.id), HARBOUR, MONDAY), "a rep"


def test_organisers_ask_for_the_digests_and_for_nothing_else() -> None:
    assert may_ask(asked(RUTH.id, DIGEST), HARBOUR, MONDAY)
    assert not may_ask(asked(RUTH.id, EDIT), HARBOUR, MONDAY)
    assert not may_ask(asked(OSKAR.id, DIGEST), HARBOUR, MONDAY)
    assert may_second(OSKAR, asked(RUTH.id, DIGEST), HARBOUR, MONDAY)
    assert not may_second(RUTH, asked(RUTH.id, DIGEST), HARBOUR, MONDAY)


def test_its_second_is_a_moderator_no_more() -> None:
    change = asked().seconded(LEILA.id)
    assert still_seconded(change, HARBOUR, MONDAY)
    assert not still_seconded(change, among(OSKAR, NEW), MONDAY)
    assert not still_seconded(change, among(OSKAR, moderator("Leila", OPENED, MONDAY)), MONDAY)
    assert not still_seconded(asked(), HARBOUR, MONDAY)
    again = change.seconded(None)
    assert (again.agreed, again.due) == (False, MONDAY + LAPSES_AFTER)


# Who may be the second ------------------------------------------------------------------------------


def test_never_whoever_asked_nor_a_new_one_nor_anybody_else() -> None:
    allowed = {one.name for one in HARBOUR.staff if may_second(one, asked(), HARBOUR, MONDAY)}
    assert allowed == {"Leila"}
    assert may_second(OSKAR, asked(NEW.id), HARBOUR, MONDAY)
    assert not may_second(LEILA, asked().seconded(LEILA.id), HARBOUR, MONDAY), "once"


@pytest.mark.parametrize(
    ("since", "seasoned"),
    [
        (OPENED, True),
        (OPENED - SECOND, True),
        (OPENED + SECOND, True),  # 100 days ago
        (MONDAY - SEASONED_AFTER, True),
        (MONDAY - SEASONED_AFTER + SECOND, False),
        (MONDAY, False),
        (MONDAY + SECOND, False),
    ],
)
def test_a_second_moderator_was_at_the_opening_or_has_been_one_for_30_days(
    since: datetime, seasoned: bool
) -> None:
    one = moderator("Eva", since)
    assert is_seasoned(one, HARBOUR, MONDAY) is seasoned
    assert may_second(one, asked(), among(OSKAR, one), MONDAY) is seasoned


def test_who_was_at_a_late_opening_is_one_at_once_and_who_came_a_second_later_is_not() -> None:
    young = replace(HARBOUR, opened=MONDAY - DAY)
    assert is_seasoned(moderator("Eva", MONDAY - DAY), young, MONDAY)
    assert not is_seasoned(moderator("Eva", MONDAY - DAY + SECOND), young, MONDAY)


def test_a_role_that_ended_and_began_again_begins_anew() -> None:
    was, new = Grant(Role.MODERATOR, OPENED, MONDAY - 9 * DAY), MONDAY - 8 * DAY
    one = holding("Eva", was, Grant(Role.MODERATOR, new, MONDAY + YEAR))
    assert not is_seasoned(one, HARBOUR, MONDAY)
    assert is_seasoned(one, HARBOUR, new + SEASONED_AFTER)


def test_a_role_that_was_renewed_goes_on_from_its_beginning() -> None:
    renewed = moderator("Eva", OPENED + 50 * DAY, MONDAY + 2 * YEAR)
    assert is_seasoned(renewed, HARBOUR, MONDAY)


def test_another_role_held_for_years_makes_no_second_moderator() -> None:
    rep = Grant(Role.REP, OPENED - YEAR, MONDAY + YEAR)
    one = holding("Eva", rep, Grant(Role.MODERATOR, MONDAY - DAY, MONDAY + YEAR))
    assert not is_seasoned(one, HARBOUR, MONDAY)
    assert not is_seasoned(holding("Eva", rep), HARBOUR, MONDAY)


@pytest.mark.parametrize(("ends", "seasoned"), [(MONDAY + SECOND, True), (MONDAY, False)])
def test_whose_role_is_over_seconds_nothing(ends: datetime, seasoned: bool) -> None:
    one = moderator("Eva", OPENED, ends)
    assert is_seasoned(one, HARBOUR, MONDAY) is seasoned
    assert may_second(one, asked(), among(OSKAR, one), MONDAY) is seasoned


def test_before_it_is_open_whoever_is_there_is_at_the_opening() -> None:
    assert is_seasoned(NEW, replace(HARBOUR, opened=None), MONDAY)


moments = some.integers(0, 40 * 86400).map(lambda late: MONDAY + timedelta(seconds=late))


@given(moments, some.sampled_from([OSKAR, LEILA, NEW, INES, RUTH]), moments)
def test_nothing_that_is_told_late_or_seconded_late_is_due_before_its_time(
    since: datetime, who: Staff, now: datetime
) -> None:
    change = replace(asked(), since=since)
    if may_second(who, change, HARBOUR, now):
        assert who.id != change.by
        assert now < since + LAPSES_AFTER
        assert change.seconded(who.id).due - since == NOTICE_LASTS
