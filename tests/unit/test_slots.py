"""Slots come when the wall clock of the community says so, in every zone, on every day."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import Slots
from tests.unit.harbour import moments

DAYS = 365
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Zone:
    """A zone's offsets in 2026, written by hand: minutes ahead of UTC at the year's start, then
    (the change in UTC, minutes ahead from then on). Nothing of the machine's zone data is read."""

    name: str
    first: int
    changes: tuple[tuple[str, int], ...]

    def ahead(self, minute: int) -> int:
        """Minutes ahead of UTC at a minute of the year."""
        offset = self.first
        for moment, then in self.changes:
            if minute >= _minute(datetime.fromisoformat(moment)):
                offset = then
        return offset


ZONES = (
    Zone("Europe/Berlin", 60, (("2026-03-29T01:00+00:00", 120), ("2026-10-25T01:00+00:00", 60))),
    Zone(
        "America/New_York",
        -300,
        (("2026-03-08T07:00+00:00", -240), ("2026-11-01T06:00+00:00", -300)),
    ),
    # Half an hour of summer time, at the other end of the year.
    Zone(
        "Australia/Lord_Howe",
        660,
        (("2026-04-04T15:00+00:00", 630), ("2026-10-03T15:30+00:00", 660)),
    ),
    # The change comes at midnight: one Sunday begins at 01:00.
    Zone(
        "America/Santiago",
        -180,
        (("2026-04-05T03:00+00:00", -240), ("2026-09-06T04:00+00:00", -180)),
    ),
    Zone(
        "Pacific/Auckland",
        780,
        (("2026-04-04T14:00+00:00", 720), ("2026-09-26T14:00+00:00", 780)),
    ),
)
#: An ordinary hour, and hours that a change skips or repeats in one of the zones.
HOURS = (time(9), time(0, 30), time(1, 45), time(2, 15), time(2, 30), time(23, 30))
EVERY_DAY, USUAL = tuple(range(7)), (0, 2, 4)


def _minute(moment: datetime) -> int:
    return int((moment - START).total_seconds()) // 60


@cache
def _first_minutes(zone: Zone) -> dict[int, int]:
    """Wall-clock minute of the year -> the first UTC minute that shows it; by walking the year."""
    shown: dict[int, int] = {}
    for minute in range(-1440, (DAYS + 1) * 1440):
        shown.setdefault(minute + zone.ahead(minute), minute)
    return shown


@cache
def oracle(zone: Zone, weekdays: tuple[int, ...], at: time) -> tuple[datetime, ...]:
    """Every slot of the year in UTC, by counting minutes.

    A wall clock minute that is shown twice counts the first time; one that is skipped counts as
    if the clock had not been changed.
    """
    shown = _first_minutes(zone)
    found = []
    for day in range(DAYS):
        if (day + 3) % 7 not in weekdays:  # 1 January 2026 is a Thursday
            continue
        wall = day * 1440 + at.hour * 60 + at.minute
        before = zone.ahead(shown[wall - 180])
        found.append(START + timedelta(minutes=shown.get(wall, wall - before)))
    return tuple(found)


def slots(zone: Zone, weekdays: tuple[int, ...], at: time) -> Slots:
    return Slots(zone.name, weekdays, at)


@pytest.mark.parametrize("at", HOURS, ids=str)
@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.name)
@pytest.mark.parametrize("weekdays", [EVERY_DAY, USUAL], ids=["daily", "usual"])
def test_a_year_of_slots_is_what_the_wall_clock_shows(
    zone: Zone, weekdays: tuple[int, ...], at: time
) -> None:
    expected = oracle(zone, weekdays, at)
    calendar, moment = slots(zone, weekdays, at), expected[0] - timedelta(seconds=1)
    walked = []
    while len(walked) < len(expected):
        moment = calendar.after(moment)
        walked.append(moment)
    assert walked == list(expected)


def test_the_oracle_knows_both_changes_by_hand() -> None:
    berlin, usual = ZONES[0], time(9)
    slot_days = oracle(berlin, USUAL, usual)
    assert datetime(2026, 3, 27, 8, tzinfo=UTC) in slot_days  # Friday, winter: 09:00 is 08:00 UTC
    assert datetime(2026, 3, 30, 7, tzinfo=UTC) in slot_days  # Monday, summer: 09:00 is 07:00 UTC
    assert datetime(2026, 10, 23, 7, tzinfo=UTC) in slot_days
    assert datetime(2026, 10, 26, 8, tzinfo=UTC) in slot_days


@pytest.mark.parametrize(
    ("zone", "at", "moment", "slot"),
    [
        # 02:30 is skipped in Berlin on 29 March: it comes an hour later by the wall, 03:30.
        ("Europe/Berlin", time(2, 30), "2026-03-28T12:00+00:00", "2026-03-29T01:30+00:00"),
        # 02:30 comes twice in Berlin on 25 October: only the first counts.
        ("Europe/Berlin", time(2, 30), "2026-10-24T12:00+00:00", "2026-10-25T00:30+00:00"),
        ("Europe/Berlin", time(2, 30), "2026-10-25T00:30+00:00", "2026-10-26T01:30+00:00"),
        # 02:30 is skipped in New York on 8 March.
        ("America/New_York", time(2, 30), "2026-03-07T12:00+00:00", "2026-03-08T07:30+00:00"),
        # Midnight and a half is skipped in Santiago on 6 September.
        ("America/Santiago", time(0, 30), "2026-09-05T12:00+00:00", "2026-09-06T04:30+00:00"),
    ],
)
def test_skipped_and_repeated_hours_make_one_slot_each(
    zone: str, at: time, moment: str, slot: str
) -> None:
    calendar = Slots(zone, EVERY_DAY, at)
    assert calendar.after(datetime.fromisoformat(moment)) == datetime.fromisoformat(slot)


calendars = some.tuples(
    some.sampled_from(ZONES),
    some.sets(some.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    some.sampled_from(HOURS),
)


@given(calendars, moments)
def test_after_upto_and_not_before_agree_with_the_oracle(
    calendar: tuple[Zone, tuple[int, ...], time], moment: datetime
) -> None:
    known, asked = oracle(*calendar), slots(*calendar)
    assert asked.after(moment) == known[bisect_right(known, moment)]
    assert asked.upto(moment) == known[bisect_right(known, moment) - 1]
    assert asked.not_before(moment) == known[bisect_left(known, moment)]


@given(calendars, some.integers(20, 40))
def test_at_a_slot_itself_after_goes_on_and_the_others_stay(
    calendar: tuple[Zone, tuple[int, ...], time], n: int
) -> None:
    known, asked = oracle(*calendar), slots(*calendar)
    slot = known[n]
    assert (asked.upto(slot), asked.not_before(slot), asked.after(slot)) == (
        slot,
        slot,
        known[n + 1],
    )
    just_before = slot - timedelta(seconds=1)
    assert asked.upto(just_before) == known[n - 1]
    assert asked.not_before(just_before) == slot


@given(calendars)
def test_only_the_first_slot_from_monday_on_opens_the_week(
    calendar: tuple[Zone, tuple[int, ...], time],
) -> None:
    zone, weekdays, _ = calendar
    known, asked = oracle(*calendar), slots(*calendar)
    for slot in known[10:60]:
        minute = _minute(slot)
        day = (minute + zone.ahead(minute)) // 1440
        assert asked.opens_week(slot) == ((day + 3) % 7 == weekdays[0])


def test_a_week_may_open_across_the_turn_of_the_year() -> None:
    usual = Slots()
    assert not usual.opens_week(datetime(2027, 1, 1, 9, tzinfo=UTC))  # a Friday
    assert usual.opens_week(datetime(2027, 1, 4, 9, tzinfo=UTC))
    assert Slots(weekdays=(4,)).opens_week(datetime(2027, 1, 1, 9, tzinfo=UTC))


@given(calendars)
def test_slots_are_a_day_apart_but_for_summer_time(
    calendar: tuple[Zone, tuple[int, ...], time],
) -> None:
    asked, moment = slots(*calendar), datetime(2026, 3, 1, tzinfo=UTC)
    for _ in range(60):
        following = asked.after(asked.after(moment))
        assert following - asked.after(moment) >= timedelta(hours=23)
        moment = asked.after(moment)


@pytest.mark.parametrize("weekdays", [(), (7,), (-1,), (0, 2, 9)])
def test_slots_need_weekdays_that_exist(weekdays: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="weekday"):
        Slots(weekdays=weekdays)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../UTC", "Berlin"])
def test_slots_need_a_zone_that_exists(zone: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        Slots(zone)


# One calendar after another -------------------------------------------------------------------------


@given(calendars, calendars, moments)
def test_what_was_told_still_comes_and_the_new_calendar_begins_a_day_behind_it(
    old: tuple[Zone, tuple[int, ...], time],
    new: tuple[Zone, tuple[int, ...], time],
    now: datetime,
) -> None:
    before = slots(*old)
    after = slots(*new).since(before, now)
    told = before.after(now)
    assert after.after(now) == told
    assert after.upto(now) == before.upto(now)
    assert after.not_before(now + timedelta(seconds=1)) == told
    if not after.same_as(before):
        day_behind = told + timedelta(hours=23) - timedelta(seconds=1)
        assert after.after(told) == slots(*new).after(day_behind)


@given(some.lists(calendars, min_size=2, max_size=6), some.lists(some.integers(0, 200), max_size=6))
def test_however_often_it_is_changed_slots_stay_a_day_apart_and_no_told_one_is_lost(
    chosen: list[tuple[Zone, tuple[int, ...], time]], hours: list[int]
) -> None:
    now, calendar = datetime(2026, 3, 1, tzinfo=UTC), slots(*chosen[0])
    happened = [calendar.upto(now)]
    for new, wait in zip(chosen[1:], [*hours, *[30] * len(chosen)], strict=False):
        until = now + timedelta(hours=wait)
        while (slot := calendar.after(happened[-1])) <= until:
            happened.append(slot)
        now, told = until, calendar.after(until)
        calendar = slots(*new).since(calendar, now)
        assert calendar.after(now) == told
    for _ in range(10):
        happened.append(calendar.after(happened[-1]))
        assert calendar.upto(happened[-1]) == happened[-1]
        assert calendar.upto(happened[-1] - timedelta(seconds=1)) == happened[-2]
    apart = [b - a for a, b in pairwise(happened)]
    assert min(apart) >= timedelta(hours=23)


def test_a_week_has_its_opening_slot_when_the_calendar_changes() -> None:
    wednesday = datetime(2026, 6, 3, 10, tzinfo=UTC)
    calendar = Slots(weekdays=(1,)).since(Slots(), wednesday)
    friday = datetime(2026, 6, 5, 9, tzinfo=UTC)
    tuesday = datetime(2026, 6, 9, 9, tzinfo=UTC)
    assert (calendar.after(wednesday), calendar.after(friday)) == (friday, tuesday)
    assert (calendar.opens_week(friday), calendar.opens_week(tuesday)) == (False, True)
