"""The rota: one of the order each week, for years, whatever the clocks do; changes lie over it."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.communities import Change, Lies, Rota, StaffId
from bot.domain.communities.rota import WEEK, days_off, joined
from bot.domain.communities.watch import came_on, next_watch
from tests.unit.harbour import DAY, HOUR, INES, KARIM, MONDAY, community

A, B, C = (StaffId(name * 32) for name in "abc")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Nuuk")
NEXT = MONDAY + WEEK


def change(who: StaffId, lies: Lies, begins: datetime, ends: datetime) -> Change:
    return Change(f"{who[:1]}/{lies}/{begins.isoformat()}", who, lies, begins, ends)


zones = some.sampled_from(ZONES)
rotas = some.builds(
    Rota,
    order=some.permutations([A, B, C]).map(tuple),
    weekday=some.integers(0, 6),
    at=some.times(max_value=time(23, 45)).map(
        lambda at: at.replace(minute=0, second=0, microsecond=0)
    ),
    zone=zones,
)
hours = some.integers(0, 5 * 7 * 24).map(lambda n: MONDAY + n * HOUR)


@some.composite
def lying(draw: some.DrawFn) -> Change:
    begins = draw(hours)
    ends = begins + draw(some.integers(1, 200)) * HOUR
    who, lies = draw(some.sampled_from([A, B, C])), draw(some.sampled_from(list(Lies)))
    return change(who, lies, begins, ends)


changed = some.lists(lying(), max_size=6).map(tuple)


# Weeks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("weekday", "at"), [(0, time(9)), (6, time(2, 30)), (5, time(23, 30))])
def test_exactly_one_of_the_order_has_each_week_for_years(
    zone: str, weekday: int, at: time
) -> None:
    rota = Rota((A, B, C), weekday, at, zone)
    begins, ends = rota.week(datetime(2025, 1, 1, tzinfo=UTC))
    turn = rota.order.index(rota.whose(begins) or "")
    for _ in range(52 * 6):
        shown = begins.astimezone(ZoneInfo(zone))
        assert shown.weekday() == weekday or at == time(23, 30)  # an hour may be skipped
        assert timedelta(days=6, hours=22) <= ends - begins <= timedelta(days=7, hours=2)
        for moment in (begins, begins + (ends - begins) / 2, ends - timedelta(seconds=1)):
            assert rota.week(moment) == (begins, ends)
            assert rota.whose(moment) == rota.order[turn % 3]
        turn += 1
        assert rota.week(ends)[0] == ends
        begins, ends = rota.week(ends)


def test_the_handover_stands_still_on_the_wall_when_the_clocks_change() -> None:
    rota = Rota((A, B), 0, time(9), "Europe/Berlin")
    winter = datetime(2026, 3, 24, 12, tzinfo=UTC)
    begins, ends = rota.week(winter)
    assert (begins.hour, ends.hour) == (
        8,
        7,
    )  # UTC: 09:00 before and after the last Sunday of March
    begins, ends = rota.week(datetime(2026, 10, 20, tzinfo=UTC))
    assert (begins.hour, ends.hour) == (7, 8)


def test_the_shift_changes_hands_at_the_very_second() -> None:
    rota = Rota((A, B))
    assert rota.whose(NEXT) != rota.whose(NEXT - timedelta(seconds=1))
    assert rota.handover_after(NEXT - timedelta(seconds=1)) == NEXT
    assert rota.handover_after(NEXT) == NEXT + WEEK


def test_without_an_order_nobody_is_on_duty() -> None:
    assert Rota().whose(MONDAY) is None
    assert Rota().on_duty((), MONDAY) == frozenset()
    extra = change(A, Lies.ON, MONDAY, NEXT)
    assert Rota().on_duty((extra,), MONDAY) == {A}


@pytest.mark.parametrize("wrong", [{"weekday": 7}, {"weekday": -1}, {"zone": "Europe/Atlantis"}])
def test_a_rota_that_cannot_be_is_not_made(wrong: dict) -> None:
    with pytest.raises((ValueError, KeyError)):
        Rota((A,), **wrong)


# Who leaves -------------------------------------------------------------------------------------


@given(rotas, some.sampled_from([A, B, C]), hours)
@settings(max_examples=100)
def test_when_one_leaves_the_others_go_on_in_their_order(
    rota: Rota, who: StaffId, at: datetime
) -> None:
    weeks = [at + n * WEEK for n in range(12)]
    before = [rota.whose(moment) for moment in weeks]
    after = [rota.without(who, at).whose(moment) for moment in weeks]
    assert (
        after[: len([one for one in before if one != who])][:8]
        == [one for one in before if one != who][:8]
    )


def test_the_last_who_leaves_leaves_nobody() -> None:
    assert Rota((A,)).without(A, MONDAY).order == ()
    assert Rota((A, B)).without(C, MONDAY) == Rota((A, B))


# Changes ----------------------------------------------------------------------------------------


def test_on_comes_beside_and_off_and_away_take_away() -> None:
    rota = Rota((A,))
    on = change(B, Lies.ON, MONDAY, MONDAY + DAY)
    assert rota.on_duty((on,), MONDAY) == {A, B}
    assert rota.on_duty((on,), MONDAY + DAY) == {A}
    for lies in (Lies.OFF, Lies.AWAY):
        assert rota.on_duty((on, change(A, lies, MONDAY, NEXT)), MONDAY) == {B}
    offered = change(A, Lies.OFFERED, MONDAY, NEXT)
    assert rota.on_duty((offered,), MONDAY) == {A}


@given(rotas, changed, some.sampled_from([A, B, C]))
@settings(max_examples=60)
def test_spans_agree_with_who_is_on_duty_at_every_moment(
    rota: Rota, changes: tuple[Change, ...], who: StaffId
) -> None:
    begins, ends = MONDAY, MONDAY + 3 * WEEK
    spans = rota.spans(changes, who, begins, ends)
    assert all(a < b for a, b in spans)
    assert all(one[1] < two[0] for one, two in pairwise(spans))
    at = begins
    while at < ends:
        there = any(a <= at < b for a, b in spans)
        assert there is (who in rota.on_duty(changes, at)), at
        at += timedelta(minutes=30)  # a change of Lord Howe's clocks is half an hour


@given(rotas, changed, hours)
@settings(max_examples=100)
def test_a_shift_lies_within_its_week_and_is_duty_throughout(
    rota: Rota, changes: tuple[Change, ...], at: datetime
) -> None:
    for who in (A, B, C):
        shift = rota.shift(changes, who, at)
        assert (shift is None) is (who not in rota.on_duty(changes, at))
        if shift:
            begins, ends = rota.week(at)
            assert begins <= shift[0] <= at < shift[1] <= ends
            assert rota.spans(changes, who, *shift) == [shift]


@given(rotas, changed, hours)
@settings(max_examples=100)
def test_the_next_shift_has_not_begun_and_nothing_comes_before_it(
    rota: Rota, changes: tuple[Change, ...], at: datetime
) -> None:
    found = rota.next_shift(changes, A, at)
    assert found is not None
    begins, ends = found
    assert at < begins < ends <= rota.week(begins)[1]
    week_of_at = rota.week(at)[1]
    for start, end in rota.spans(changes, A, at, begins):
        assert start == at or start in (week_of_at,) or end == begins  # goes on over a handover


def test_who_is_never_on_duty_has_no_next_shift() -> None:
    assert Rota((A,)).next_shift((), B, MONDAY) is None
    far = change(B, Lies.ON, MONDAY + 50 * WEEK, MONDAY + 51 * WEEK)
    assert Rota((A,)).next_shift((far,), B, MONDAY) == (far.begins, far.ends)


def test_days_off_are_those_away_alone() -> None:
    away = change(A, Lies.AWAY, NEXT, NEXT + DAY)
    others = (change(A, Lies.OFF, MONDAY, NEXT), change(B, Lies.AWAY, MONDAY, NEXT))
    assert days_off((away, *others), A) == ((NEXT, NEXT + DAY),)


def test_spans_that_touch_are_one() -> None:
    assert joined([(MONDAY, NEXT), (NEXT, NEXT + DAY)]) == [(MONDAY, NEXT + DAY)]
    assert joined([(MONDAY, NEXT), (NEXT + HOUR, NEXT + DAY)]) == [
        (MONDAY, NEXT),
        (NEXT + HOUR, NEXT + DAY),
    ]


# The community ----------------------------------------------------------------------------------


def test_everybody_may_know_who_is_on_duty_and_until_when() -> None:
    harbour = community(rota=Rota((INES.id, KARIM.id)))
    (on,) = harbour.on_duty(MONDAY)
    assert harbour.on_duty_until(MONDAY + DAY) == NEXT
    off = change(on.id, Lies.OFF, MONDAY + 2 * DAY, NEXT)
    harbour = community(rota=harbour.rota, changes=(off,))
    assert harbour.on_duty_until(MONDAY + DAY) == MONDAY + 2 * DAY
    assert harbour.on_duty(MONDAY + 2 * DAY) == ()
    assert {one.name for one in harbour.hears(MONDAY + 2 * DAY)} == {"Ines", "Karim", "Greta"}


def test_the_roster_leaves_no_moment_out() -> None:
    off = change(INES.id, Lies.OFF, MONDAY + DAY, MONDAY + 2 * DAY)
    harbour = community(rota=Rota((INES.id,)), changes=(off,))
    roster = harbour.roster(MONDAY, NEXT)
    assert [(span, [one.name for one in who]) for span, who in roster] == [
        ((MONDAY, MONDAY + DAY), ["Ines"]),
        ((MONDAY + DAY, MONDAY + 2 * DAY), []),
        ((MONDAY + 2 * DAY, NEXT), ["Ines"]),
    ]


def test_only_what_somebody_covered_before_is_said_to_be_uncovered_now() -> None:
    nobody = change(INES.id, Lies.OFF, MONDAY, MONDAY + DAY)
    before = community(rota=Rota((INES.id,)), changes=(nobody,))
    away = change(INES.id, Lies.AWAY, MONDAY, MONDAY + 3 * DAY)
    after = community(rota=Rota((INES.id,)), changes=(nobody, away))
    assert after.uncovered(before, MONDAY, NEXT) == (MONDAY + DAY, MONDAY + 3 * DAY)
    assert before.uncovered(before, MONDAY, NEXT) is None


# The watch --------------------------------------------------------------------------------------


def test_the_watch_waits_for_the_next_handover_change_or_end_of_a_role() -> None:
    assert next_watch(Rota((A,)), (), (), MONDAY) == NEXT
    soon = change(A, Lies.AWAY, MONDAY + HOUR, MONDAY + 2 * HOUR)
    assert next_watch(Rota((A,)), (soon,), (), MONDAY) == MONDAY + HOUR
    assert next_watch(Rota((A,)), (soon,), (), MONDAY + HOUR) == MONDAY + 2 * HOUR
    assert next_watch(Rota(), (), (), MONDAY) is None


def test_who_goes_on_from_week_to_week_does_not_come_on_duty() -> None:
    assert came_on(Rota((A,)), (), NEXT, NEXT) == {}


@pytest.mark.parametrize("late", [timedelta(0), HOUR, 3 * DAY])
def test_who_comes_on_duty_is_found_however_late_the_look(late: timedelta) -> None:
    rota = Rota((A, B))
    new = rota.whose(NEXT)
    assert came_on(rota, (), NEXT, NEXT + late) == {new: (NEXT, NEXT + WEEK)}


def test_after_weeks_without_a_look_the_present_shift_alone_is_found() -> None:
    rota = Rota((A, B))
    now = NEXT + 4 * WEEK + DAY
    assert came_on(rota, (), NEXT, now) == {rota.whose(now): rota.week(now)}
