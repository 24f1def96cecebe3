"""Quiet hours and days off, and the days, moments and hours that staff type."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import Account, Grant, Hours, Role, Staff, roles_at
from bot.domain.communities.times import read_hours, read_span, read_zone
from bot.domain.errors import Invalid
from tests.unit.harbour import DAY, HOUR, INES, MONDAY, moments

NIGHT = Hours("Europe/Berlin", time(22), time(7))
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
NOW = datetime(2026, 6, 2, 12, 30, 17, tzinfo=UTC)


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


# Quiet hours ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        ("2026-06-01 21:59", "2026-06-01 21:59"),
        ("2026-06-01 22:00", "2026-06-02 07:00"),
        ("2026-06-01 23:59", "2026-06-02 07:00"),
        ("2026-06-02 00:00", "2026-06-02 07:00"),
        ("2026-06-02 06:59", "2026-06-02 07:00"),
        ("2026-06-02 07:00", "2026-06-02 07:00"),
    ],
)
def test_a_night_reaches_across_midnight(moment: str, over: str) -> None:
    assert NIGHT.over(at(moment)) == at(over)


@pytest.mark.parametrize(
    ("eve", "length"), [("2026-03-28 23:00", 7), ("2026-10-24 23:00", 9), ("2026-06-01 23:00", 8)]
)
def test_a_night_in_which_the_clocks_change_ends_at_seven_on_the_wall(
    eve: str, length: int
) -> None:
    assert NIGHT.over(at(eve)) - at(eve) == length * HOUR


def test_an_hour_that_comes_twice_is_quiet_from_its_first_to_its_end() -> None:
    quiet = Hours("Europe/Berlin", time(2, 30), time(4))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, for the first time
    for later in (timedelta(0), HOUR, 2 * HOUR):
        assert quiet.over(first + later) == datetime(2026, 10, 25, 3, tzinfo=UTC)
    assert quiet.over(first - HOUR) == first - HOUR


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = Hours("UTC", time(12), time(13))
    assert noon.over(MONDAY.replace(hour=12, minute=30)) == MONDAY.replace(hour=13)
    assert noon.over(MONDAY) == MONDAY
    assert Hours().over(MONDAY) == MONDAY
    assert (Hours().length, noon.length, NIGHT.length) == (timedelta(0), HOUR, 9 * HOUR)


@given(
    moments,
    some.sampled_from(ZONES),
    some.times(),
    some.times(),
)
def test_the_end_of_quiet_hours_is_never_quiet_nor_earlier(
    moment: datetime, zone: str, begins: time, ends: time
) -> None:
    quiet = Hours(zone, begins.replace(microsecond=0), ends.replace(microsecond=0))
    over = quiet.over(moment)
    assert moment <= over <= moment + 26 * HOUR
    assert quiet.over(over) == over


def test_days_off_and_quiet_hours_follow_each_other() -> None:
    off = (at("2026-06-01 12:00"), at("2026-06-03 23:00"))
    someone = Staff(INES.id, "Ines", INES.roles, True, hours=NIGHT, days_off=(off,))
    assert someone.disturbed_from(at("2026-06-02 12:00")) == at("2026-06-04 07:00")
    assert someone.disturbed_from(at("2026-06-01 11:00")) == at("2026-06-01 11:00")
    assert someone.is_away(off[0])
    assert not someone.is_away(off[1])


# Grants and accounts ----------------------------------------------------------------------------


def test_a_role_holds_from_its_first_second_until_before_its_last() -> None:
    grant = Grant(Role.REP, MONDAY, MONDAY + 30 * DAY)
    assert roles_at([grant], MONDAY) == {Role.REP}
    assert roles_at([grant], grant.ends - timedelta(seconds=1)) == {Role.REP}
    assert roles_at([grant], grant.ends) == frozenset()
    assert roles_at([grant], MONDAY - timedelta(seconds=1)) == frozenset()
    assert grant.warned == MONDAY + 16 * DAY


def test_only_where_accounts_live_in_a_space_is_the_space_kept() -> None:
    assert Account.of("slack", "U1", "T1").space == "T1"
    for platform in ("discord", "matrix", "sandbox"):
        assert Account.of(platform, "1", "here").space == ""
    assert "U1" not in repr(Account.of("slack", "U1", "T1"))


# What is typed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "ends", "span"),
    [
        ("2026-06-03", "2026-06-03", ("2026-06-03 00:00", "2026-06-04 00:00")),
        ("2026-06-03", "2026-06-05", ("2026-06-03 00:00", "2026-06-06 00:00")),
        (" 2026-06-03 14:00 ", "2026-06-03  18:30", ("2026-06-03 14:00", "2026-06-03 18:30")),
        ("2026-06-03T9:00", "2026-06-04", ("2026-06-03 09:00", "2026-06-05 00:00")),
        ("2026-10-25", "2026-10-25", ("2026-10-25 00:00", "2026-10-26 00:00")),
    ],
)
def test_days_and_moments_are_read_by_the_clock_of_the_zone(
    begins: str, ends: str, span: tuple[str, str]
) -> None:
    read = read_span(begins, ends, "Europe/Berlin", NOW)
    assert read == (at(span[0]), at(span[1]))


def test_a_day_has_as_many_hours_as_it_has() -> None:
    begins, ends = read_span("2026-10-25", "2026-10-25", "Europe/Berlin", NOW)
    assert ends - begins == 25 * HOUR
    begins, ends = read_span("2027-03-28", "2027-03-28", "Europe/Berlin", NOW)
    assert ends - begins == 23 * HOUR


def test_today_begins_now() -> None:
    assert read_span("2026-06-02", "2026-06-02", "UTC", NOW) == (NOW, at("2026-06-03", "UTC"))


WRONG = [
    ("june 3rd", "2026-06-05", "from", "invalid.not_a_day"),
    ("2026-06-03", "", "until", "invalid.not_a_day"),
    ("2026-02-30", "2026-06-05", "from", "invalid.not_a_day"),
    ("2026-06-03 25:00", "2026-06-05", "from", "invalid.not_a_day"),
    ("2026-06-03 14:00:00", "2026-06-05", "from", "invalid.not_a_day"),
    ("03.06.2026", "2026-06-05", "from", "invalid.not_a_day"),
    ("0001-01-01", "2026-06-05", "from", "invalid.past"),
    ("2026-06-03", "9999-12-31", "until", "invalid.not_a_day"),
    ("２０２６-06-03", "2026-06-05", "from", "invalid.not_a_day"),
    ("2026-06-01", "2026-06-05", "from", "invalid.past"),
    ("2026-06-02 00:00", "2026-06-05", "from", "invalid.past"),
    ("2026-06-05", "2026-06-03", "until", "invalid.until_first"),
    ("2026-06-03 14:00", "2026-06-03 14:00", "until", "invalid.until_first"),
    ("2026-06-02", "2026-06-01", "until", "invalid.until_first"),
    ("2026-06-03", "2027-06-05", "until", "invalid.too_far"),
    ("2028-06-03", "2028-06-05", "from", "invalid.too_far"),
]


@pytest.mark.parametrize(("begins", "ends", "field", "reason"), WRONG)
def test_each_wrong_day_has_its_sentence(begins: str, ends: str, field: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_span(begins, ends, "UTC", NOW)
    assert (refused.value.field, refused.value.reason) == (field, reason)


@given(some.text(max_size=40), some.text(max_size=40), some.sampled_from(ZONES))
def test_whatever_is_typed_is_a_span_or_a_sentence(begins: str, ends: str, zone: str) -> None:
    with pytest.raises(Invalid):
        read_span(begins, ends, zone, NOW)


def test_quiet_hours_are_read() -> None:
    assert read_hours("22:00", " 7:00 ", "europe/berlin") == NIGHT
    assert read_hours("", " ", "UTC") == Hours("UTC")
    assert read_hours("", "", "America/New York") == Hours("America/New_York")


@pytest.mark.parametrize(
    ("begins", "ends", "zone", "field", "reason"),
    [
        ("22:00", "07:00", "Europe/Atlantis", "zone", "invalid.no_such_zone"),
        ("22:00", "07:00", "", "zone", "invalid.no_such_zone"),
        ("22:00", "07:00", "../../etc/passwd", "zone", "invalid.no_such_zone"),
        ("22:00", "07:00", "Europe", "zone", "invalid.no_such_zone"),
        ("ten", "07:00", "UTC", "from", "invalid.not_a_time"),
        ("22:00", "", "UTC", "until", "invalid.not_a_time"),
        ("", "07:00", "UTC", "from", "invalid.not_a_time"),
        ("24:00", "07:00", "UTC", "from", "invalid.not_a_time"),
        ("22:00", "07:60", "UTC", "until", "invalid.not_a_time"),
        ("22:00", "22:00", "UTC", "until", "invalid.quiet_same"),
        ("00:00", "23:59", "UTC", "until", "invalid.quiet_too_long"),
        ("07:00", "23:01", "UTC", "until", "invalid.quiet_too_long"),
    ],
)
def test_each_wrong_hour_or_zone_has_its_sentence(
    begins: str, ends: str, zone: str, field: str, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_hours(begins, ends, zone)
    assert (refused.value.field, refused.value.reason) == (field, reason)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "america/argentina/buenos_aires"])
def test_a_zone_is_told_as_the_tz_database_writes_it(zone: str) -> None:
    assert read_zone(f" {zone} ").casefold() == zone.casefold()
    assert ZoneInfo(read_zone(zone)).key == read_zone(zone)
