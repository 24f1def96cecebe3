"""A pulse's waves open when the wall clock says so, ask everything equally often, never overlap."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import CommunityId, Slots
from bot.domain.errors import Invalid
from bot.domain.polls import BANK, Every, Pulse, PulseId, longest_open, read_pulse
from tests.unit.harbour import moments

NAMES = tuple(BANK)
BERLIN = ZoneInfo("Europe/Berlin")


def pulse(
    first: str = "2026-06-01T09:00",
    every: Every = Every.WEEKLY,
    *,
    zone: str = "Europe/Berlin",
    days: int = 5,
    questions: int = 3,
    comment: bool = False,
) -> Pulse:
    """``first``: by the wall clock of ``zone``."""
    begins = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    bank = NAMES[:questions]
    return Pulse(PulseId("p"), CommunityId("c"), bank, every, days, comment, begins, zone)


def walls(one: Pulse, waves: int) -> list[str]:
    """When its first waves open, by its own wall clock."""
    zone = ZoneInfo(one.zone)
    return [one.wave_at(n + 1).astimezone(zone).strftime("%m-%d %H:%M") for n in range(waves)]


pulses = some.builds(
    pulse,
    moments.map(lambda at: at.strftime("%Y-%m-%dT%H:00")),
    some.sampled_from(Every),
    zone=some.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
    ),
    days=some.integers(1, 7),
    questions=some.integers(1, 25),
    comment=some.booleans(),
)


# When -------------------------------------------------------------------------------------------


def test_waves_come_a_week_or_two_apart() -> None:
    assert walls(pulse(), 3) == ["06-01 09:00", "06-08 09:00", "06-15 09:00"]
    assert walls(pulse(every=Every.FORTNIGHTLY), 3) == ["06-01 09:00", "06-15 09:00", "06-29 09:00"]


def test_monthly_waves_come_on_the_same_day_or_the_last_of_a_shorter_month() -> None:
    found = walls(pulse("2026-10-31T09:00", Every.MONTHLY), 7)
    assert [one[:5] for one in found] == [
        "10-31",
        "11-30",
        "12-31",
        "01-31",
        "02-28",
        "03-31",
        "04-30",
    ]
    leap = pulse("2027-11-30T09:00", Every.MONTHLY).wave_at(4)
    assert (leap.month, leap.day) == (2, 29)


@pytest.mark.parametrize("begins", ["2026-03-23T09:00", "2026-10-19T09:00"])
def test_summer_time_moves_no_wave_on_the_wall(begins: str) -> None:
    assert {one[6:] for one in walls(pulse(begins), 3)} == {"09:00"}
    one = pulse(begins)
    assert one.wave_at(2) - one.wave_at(1) != timedelta(days=7)


def test_a_first_wave_in_the_hour_that_comes_twice_stays_where_it_was_put() -> None:
    second = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1).astimezone(UTC)
    one = Pulse(
        PulseId("p"), CommunityId("c"), NAMES[:1], Every.WEEKLY, 3, False, second, "Europe/Berlin"
    )
    assert one.wave_at(1) == second
    assert walls(one, 2) == ["10-25 02:30", "11-01 02:30"]
    assert walls(one, 23)[-1] == "03-28 03:30"  # skipped in spring, so an hour later, not earlier


def test_an_hour_that_summer_time_skips_comes_an_hour_later_once() -> None:
    assert walls(pulse("2026-03-22T02:30"), 3) == ["03-22 02:30", "03-29 03:30", "04-05 02:30"]


@given(pulses, some.integers(1, 120))
def test_waves_come_one_after_the_other_and_never_two_at_once(one: Pulse, n: int) -> None:
    assert one.wave_at(n) < one.wave_ends(n) <= one.wave_at(n + 1)


@pytest.mark.parametrize("every", Every)
def test_a_wave_can_stay_open_until_the_next_in_every_month(every: Every) -> None:
    days = timedelta(days=longest_open(every))
    for n in range(1, 30):
        one = pulse("2026-01-31T09:00", every, zone="UTC", days=longest_open(every))
        assert one.wave_ends(n) - one.wave_at(n) == days <= one.wave_at(n + 1) - one.wave_at(n)


def test_a_wave_ends_with_the_next_where_summer_time_makes_the_week_short() -> None:
    one = pulse("2026-03-23T09:00", days=7)
    assert one.wave_ends(1) == one.wave_at(2)


# What -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("questions", "comment"), [(1, False), (5, False), (4, True)])
def test_what_fits_one_form_is_asked_in_every_wave(questions: int, comment: bool) -> None:
    one = pulse(questions=questions, comment=comment)
    assert one.asked_in(1) == one.asked_in(2) == one.asked_in(9) == NAMES[:questions]


def test_more_take_turns_the_first_ones_first() -> None:
    one = pulse(questions=7)
    assert one.asked_in(1) == NAMES[:5]
    assert one.asked_in(2) == (*NAMES[5:7], *NAMES[:3])
    assert one.asked_in(3) == (*NAMES[3:7], NAMES[0])
    assert pulse(questions=5, comment=True).asked_in(2) == (NAMES[4], *NAMES[:3])


@given(pulses)
def test_every_question_comes_as_often_as_the_others(one: Pulse) -> None:
    waves = [one.asked_in(n) for n in range(1, len(one.bank) + 1)]
    assert len(set(Counter(name for wave in waves for name in wave).values())) == 1
    assert {name for wave in waves for name in wave} == set(one.bank)


@given(pulses, some.integers(1, 200))
def test_a_wave_fits_one_form_and_asks_nothing_twice(one: Pulse, n: int) -> None:
    wave = one.asked_in(n)
    assert 1 <= len(wave) + one.comment <= 5 or len(wave) == len(one.bank)
    assert len(set(wave)) == len(wave)


# Which ------------------------------------------------------------------------------------------


def test_before_the_first_wave_the_first_is_coming_and_none_is_latest() -> None:
    one = pulse()
    early = one.first - timedelta(days=40)
    assert one.coming(early) == (1, one.first)
    assert one.latest(early) is None


def test_at_its_moment_a_wave_is_both_coming_and_latest() -> None:
    one = pulse()
    for n in (1, 2, 7):
        assert one.coming(one.wave_at(n)) == one.latest(one.wave_at(n)) == (n, one.wave_at(n))


def test_after_days_off_only_the_latest_wave_is_opened_while_some_of_its_time_is_left() -> None:
    one = pulse(days=5)
    assert one.latest(one.wave_at(4) + timedelta(days=2)) == (4, one.wave_at(4))
    assert one.latest(one.wave_ends(4) - timedelta(seconds=1)) == (4, one.wave_at(4))
    assert one.latest(one.wave_ends(4)) is None
    assert one.coming(one.wave_ends(4)) == (5, one.wave_at(5))


@given(
    pulses, some.integers(-10 * 365 * 24, 10 * 365 * 24).map(lambda hours: timedelta(hours=hours))
)
def test_what_is_coming_is_the_first_that_is_not_past(one: Pulse, off: timedelta) -> None:
    now = one.first + off
    n, opens = one.coming(now)
    assert n >= 1
    assert opens == one.wave_at(n) >= now
    assert n == 1 or one.wave_at(n - 1) < now


@given(pulses, some.integers(0, 3 * 365 * 24).map(lambda hours: timedelta(hours=hours)))
def test_the_latest_is_open_now_and_the_only_one_that_is(one: Pulse, off: timedelta) -> None:
    now = one.first + off
    n, _ = one.coming(now)
    running = [w for w in range(1, n + 1) if one.wave_at(w) <= now < one.wave_ends(w)]
    assert [one.latest(now)] == ([(w, one.wave_at(w)) for w in running] or [None])


# The form ---------------------------------------------------------------------------------------

NOW = datetime(2026, 6, 3, 12, 20, 30, tzinfo=UTC)  # 14:20:30 in Berlin
MORNINGS = Slots("Europe/Berlin", (0,), time(9))


def read(
    start: str = "",
    *,
    bank: tuple[str, ...] = ("stress",),
    every: Every = Every.WEEKLY,
    days: str = "5",
    comment: bool = False,
    slots: Slots = MORNINGS,
) -> Pulse:
    return read_pulse(
        PulseId("p"),
        CommunityId("c"),
        bank=bank,
        every=every,
        days=days,
        start=start,
        comment=comment,
        slots=slots,
        now=NOW,
    )


def wrong(start: str = "", **fields: object) -> tuple[str, str]:
    with pytest.raises(Invalid) as refused:
        read(start, **fields)  # type: ignore[arg-type]  # as the row says
    return refused.value.field, refused.value.reason


def test_a_pulse_is_as_the_form_says() -> None:
    one = read("2026-06-08 10:30", bank=("workload", "stress"), days=" 3 ", comment=True)
    assert one == Pulse(
        PulseId("p"),
        CommunityId("c"),
        ("workload", "stress"),
        Every.WEEKLY,
        3,
        True,
        datetime(2026, 6, 8, 8, 30, tzinfo=UTC),
        "Europe/Berlin",
    )


def test_questions_come_in_the_bank_s_order_once_each() -> None:
    assert read(bank=("stress", "pay_fair", "stress")).bank == ("pay_fair", "stress")
    assert read(bank=tuple(reversed(NAMES))).bank == NAMES


def test_without_questions_or_with_others_there_is_no_pulse() -> None:
    assert wrong(bank=()) == ("bank", "invalid.choose_one")
    assert wrong(bank=("stress", "horoscope")) == ("bank", "invalid.not_an_option")


@pytest.mark.parametrize(
    ("every", "most"), [(Every.WEEKLY, 7), (Every.FORTNIGHTLY, 14), (Every.MONTHLY, 28)]
)
def test_a_wave_is_open_until_the_next_at_most(every: Every, most: int) -> None:
    assert read(every=every, days=str(most)).days == most
    assert wrong(every=every, days=str(most + 1)) == ("days", "invalid.days")
    assert wrong(every=every, days="0") == ("days", "invalid.days")


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("", "2026-06-03T12:00"),  # at once: the full hour that has begun
        ("  ", "2026-06-03T12:00"),
        ("2026-06-03", "2026-06-03T12:00"),  # today, and nine o'clock is over
        ("2026-06-04", "2026-06-04T07:00"),  # at the hour of the slots
        ("2026-06-03 15:00", "2026-06-03T13:00"),
        ("2026-06-03T18:45", "2026-06-03T16:45"),
        ("2026-12-01", "2026-12-01T08:00"),  # winter
    ],
)
def test_a_start_is_a_day_or_a_moment_by_the_community_s_clock(start: str, first: str) -> None:
    assert read(start).first.isoformat().startswith(first)


def test_a_day_alone_today_waits_for_the_hour_of_the_slots() -> None:
    late = Slots("Europe/Berlin", (0,), time(17))
    assert read("2026-06-03", slots=late).first == datetime(2026, 6, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("2026-06-02", "invalid.past"),
        ("2026-06-03 14:20", "invalid.past"),
        ("2027-06-30", "invalid.too_far"),
        ("tomorrow", "invalid.not_a_day"),
        ("2026-02-30", "invalid.not_a_day"),
        ("2026-06-08 25:00", "invalid.not_a_day"),
        ("12:00", "invalid.not_a_day"),
    ],
)
def test_a_start_that_cannot_be_is_refused(start: str, reason: str) -> None:
    assert wrong(start) == ("start", reason)
