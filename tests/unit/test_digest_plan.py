"""When a digest is due: what an oracle that walks through the calendar says, whatever happens."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.digests import MOST_ADDRESSES, WEEK, Plan, Standing, read_addresses
from bot.domain.errors import Invalid

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
SECOND = timedelta(seconds=1)
ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
)
#: A Monday whose week holds a change of the clocks, forward or back, or stands for one that does.
CHANGES = {
    "Europe/Paris": ("2026-03-23", "2026-10-19"),
    "America/New_York": ("2026-03-02", "2026-10-26"),
    "Australia/Lord_Howe": ("2026-03-30", "2026-09-28"),
    "Africa/Casablanca": ("2026-02-09", "2026-03-16"),
    "Asia/Kathmandu": ("2026-03-23", "2026-10-19"),
}
MONDAY = date(2026, 6, 1)


def utc(words: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def walked(zone: str, week: date) -> Iterator[tuple[datetime, datetime]]:
    """Every quarter of an hour around a week: the moment, and what the wall shows."""
    at = datetime.combine(week, time(), UTC) - DAY
    while at < datetime.combine(week, time(), UTC) + 9 * DAY:
        yield at, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        at += timedelta(minutes=15)


def oracle(plan: Plan, week: date, walk: list[tuple[datetime, datetime]]) -> datetime:
    """The first moment at which the wall shows the hour; where it never does, the first moment
    that comes as long after the last one before as the hour would have."""
    shown = datetime.combine(week + plan.weekday * DAY, plan.at)
    for at, wall in walk:
        if wall == shown:
            return at
    at, wall = [(at, wall) for at, wall in walk if wall < shown][-1]
    return at + (shown - wall)


# The calendar ----------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("change", [0, 1])
def test_every_day_and_hour_of_a_week_is_where_the_wall_shows_it(zone: str, change: int) -> None:
    first = date.fromisoformat(CHANGES[zone][change])
    for week in (first - WEEK, first, first + WEEK):
        walk = list(walked(zone, week))
        for weekday in range(7):
            for hour in range(24):
                plan = Plan(weekday, time(hour), zone)
                assert plan.due(week) == oracle(plan, week, walk), (week, weekday, hour)


@pytest.mark.parametrize("zone", ZONES[:4])
def test_the_clocks_do_change_in_the_weeks_that_are_walked_through(zone: str) -> None:
    for words in CHANGES[zone]:
        begins = date.fromisoformat(words)
        offsets = {wall - at.replace(tzinfo=None) for at, wall in walked(zone, begins)}
        assert len(offsets) == 2


def test_an_hour_that_is_skipped_comes_an_hour_later_and_one_that_is_repeated_at_the_first() -> (
    None
):
    plan = Plan(6, time(2), "Europe/Paris")
    spring, autumn = date(2026, 3, 23), date(2026, 10, 19)
    assert plan.due(spring) == utc("2026-03-29T01:00")  # 03:00 on the wall
    assert plan.due(autumn) == utc("2026-10-25T00:00")  # and not 01:00, when it is 02:00 again
    assert plan.due(spring + WEEK) - plan.due(spring) == WEEK - HOUR
    assert plan.due(autumn + WEEK) - plan.due(autumn) == WEEK + HOUR


plans = some.builds(
    Plan, some.integers(0, 6), some.integers(0, 23).map(time), some.sampled_from(ZONES)
)
moments = some.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: utc("2026-01-01T00:00") + minutes * MINUTE
)


@given(plans, moments)
def test_the_latest_week_is_the_last_whose_moment_has_come(plan: Plan, now: datetime) -> None:
    week = plan.latest(now)
    assert week.weekday() == 0
    assert plan.due(week) <= now < plan.due(week + WEEK)


@given(plans)
def test_the_week_changes_at_its_very_second(plan: Plan) -> None:
    due = plan.due(MONDAY)
    assert plan.latest(due) == MONDAY
    assert plan.latest(due - SECOND) == MONDAY - WEEK


# Each row of the table ---------------------------------------------------------------------------

NINE = Plan(0, time(9), "Europe/Paris")
OPENED = utc("2026-05-27T12:00")  # a Wednesday


def begun(plan: Plan = NINE) -> Standing:
    return Standing.begun(plan, OPENED)


def sent(standing: Standing, plan: Plan, now: datetime) -> Standing:
    """What is done when somebody looks (``services/digests/sending.py``): the latest week, once."""
    week = plan.latest(now)
    if standing.due(plan) > now or week <= standing.done:
        return standing
    return standing.after(week, max(plan.due(week), standing.since))


def test_of_a_new_community_the_next_time_the_hour_comes_is_the_first() -> None:
    new = begun()
    assert (new.first, new.done, new.since) == (MONDAY, MONDAY - WEEK, OPENED)
    assert (new.due(NINE), new.serial, new.sent) == (utc("2026-06-01T07:00"), 0, None)
    assert (new.weeks(MONDAY), new.gap(MONDAY)) == (1, None)


@pytest.mark.parametrize(
    ("opened", "first"),
    [
        ("2026-06-01T08:59:59", MONDAY),
        ("2026-06-01T09:00:00", MONDAY + WEEK),
        ("2026-06-07T23:59:59", MONDAY + WEEK),
    ],
)
def test_a_community_that_opens_at_the_hour_itself_waits_a_week(opened: str, first: date) -> None:
    assert Standing.begun(NINE, utc(opened, "Europe/Paris")).first == first


def test_the_hour_comes_and_it_is_sent_once() -> None:
    due = utc("2026-06-01T07:00")
    assert sent(begun(), NINE, due - SECOND) == begun()
    once = sent(begun(), NINE, due)
    assert (once.sent, once.serial, once.done, once.since) == (MONDAY, 1, MONDAY, due)
    for later in (due, due + SECOND, due + WEEK - SECOND):
        assert sent(once, NINE, later) == once
    assert once.due(NINE) == due + WEEK


def test_after_weeks_without_a_process_the_latest_alone_comes_and_names_those_before_it() -> None:
    once = sent(begun(), NINE, utc("2026-06-01T07:00"))
    back = utc("2026-06-23T11:00")
    week = NINE.latest(back)
    assert week == date(2026, 6, 22)
    assert once.gap(week) == (date(2026, 6, 8), date(2026, 6, 15))
    after = sent(once, NINE, back)
    assert (after.serial, after.weeks(week), after.sent) == (2, 4, week)
    assert after.since == utc("2026-06-22T07:00")
    assert after.gap(week + WEEK) is None
    assert after.due(NINE) == utc("2026-06-29T07:00")


def test_a_gap_before_the_first_digest_is_named_from_the_opening_on() -> None:
    assert begun().gap(MONDAY + 2 * WEEK) == (MONDAY, MONDAY + WEEK)


def test_after_a_pause_none_is_made_up_for_and_the_first_one_names_the_weeks_between() -> None:
    once = sent(begun(), NINE, utc("2026-06-01T07:00"))
    resumed = once.passed(NINE, utc("2026-06-17T12:00"))
    assert resumed == replace(once, done=date(2026, 6, 15))
    assert resumed.due(NINE) == utc("2026-06-22T07:00")
    week = date(2026, 6, 22)
    assert resumed.gap(week) == (date(2026, 6, 8), date(2026, 6, 15))
    assert resumed.weeks(week) == 4
    assert sent(resumed, NINE, utc("2026-06-22T07:00")).since == utc("2026-06-22T07:00")


def test_a_pause_within_a_week_changes_nothing() -> None:
    once = sent(begun(), NINE, utc("2026-06-01T07:00"))
    assert once.passed(NINE, utc("2026-06-05T12:00")) == once
    assert once.passed(NINE, utc("2026-05-20T12:00")) == once  # a clock that was put back


def test_a_day_moved_back_past_today_is_due_at_once_if_the_week_had_none() -> None:
    friday = replace(NINE, weekday=4)
    once = sent(Standing.begun(friday, OPENED), friday, utc("2026-05-29T07:00"))
    wednesday = utc("2026-06-03T12:00")
    assert once.due(NINE) == utc("2026-06-01T07:00") < wednesday
    after = sent(once, NINE, wednesday)
    assert (after.sent, after.serial, after.since) == (MONDAY, 2, utc("2026-06-01T07:00"))
    assert after.due(NINE) == utc("2026-06-08T07:00")


def test_a_day_moved_back_after_the_week_had_its_own_waits_for_the_next() -> None:
    friday = replace(NINE, weekday=4)
    once = sent(Standing.begun(friday, OPENED), friday, utc("2026-05-29T07:00"))
    twice = sent(once, friday, utc("2026-06-05T07:00"))
    assert twice.due(NINE) == utc("2026-06-08T07:00")


@pytest.mark.parametrize("weekday", range(1, 7))
def test_a_day_moved_on_brings_this_weeks_then_unless_it_was_sent(weekday: int) -> None:
    later, wednesday = replace(NINE, weekday=weekday), utc("2026-06-03T12:00")
    due = utc("2026-06-01T07:00") + weekday * DAY
    assert begun().due(later) == due
    assert sent(begun(), later, wednesday).serial == (due <= wednesday)
    once = sent(begun(), NINE, utc("2026-06-01T07:00"))
    assert once.due(later) == due + WEEK
    assert sent(once, later, due) == once


def test_another_zone_moves_the_hour_and_never_sends_a_week_twice() -> None:
    west = replace(NINE, zone="America/New_York")
    once = sent(begun(), NINE, utc("2026-06-01T07:00"))
    assert sent(once, west, utc("2026-06-01T13:00")) == once
    assert once.due(west) == utc("2026-06-08T13:00")
    assert begun().due(west) == utc("2026-06-01T13:00")
    assert sent(begun(), west, utc("2026-06-01T13:00") - SECOND) == begun()


def test_a_zone_that_turns_its_moment_back_never_counts_anything_twice() -> None:
    """Sent in New York; then Kathmandu, whose moment of the same week was before."""
    west, east = replace(NINE, zone="America/New_York"), replace(NINE, zone="Asia/Kathmandu")
    once = sent(begun(), west, utc("2026-06-01T13:00"))
    sunday = replace(east, weekday=6)
    again = sent(once, sunday, sunday.due(MONDAY + WEEK))
    assert again.since >= once.since
    assert again.serial == 2


# Whatever happens --------------------------------------------------------------------------------

acts = some.lists(
    some.one_of(
        some.tuples(some.just("go"), some.integers(-3 * 24 * 60, 20 * 24 * 60)),
        some.tuples(some.just("set"), plans),
        some.tuples(some.just("pause"), some.integers(0, 30 * 24 * 60)),
    ),
    max_size=40,
)


@given(plans, moments, acts)
def test_no_week_comes_twice_none_too_early_no_number_is_left_out(
    plan: Plan, now: datetime, drawn: list[tuple[str, object]]
) -> None:
    standing = Standing.begun(plan, now)
    seen = list[date]()
    for what, how in drawn:
        if isinstance(how, Plan):
            plan = how
        elif isinstance(how, int):
            now += how * MINUTE
            if what == "pause":
                standing = standing.passed(plan, now)
        before, standing = standing, sent(standing, plan, now)
        assert standing.since >= before.since
        assert standing.done >= before.done
        if standing == before:
            continue
        assert standing.sent is not None
        seen.append(standing.sent)
        assert plan.due(standing.sent) <= now < plan.due(standing.sent + WEEK)
        gap = before.gap(standing.sent)
        missing = (gap[1] - gap[0]) // WEEK + 1 if gap else 0
        last = before.sent or before.first - WEEK
        assert standing.sent - last == (missing + 1) * WEEK
        assert standing.serial == before.serial + 1 == len(seen)
        assert standing.serial <= standing.weeks(standing.sent)
    assert seen == sorted(set(seen))
    assert sent(standing, plan, now) == standing


# Addresses ---------------------------------------------------------------------------------------

LONG = "a" * 60 + "@" + ".".join(["b" * 60] * 3) + ".org"
GOOD = [
    "name@example.org",
    "n@example.org",
    "first.last+digest@mail.example.co.uk",
    "o'neill_99@example.org",
    "UPPER@EXAMPLE.ORG",
    "!#$%&'*+/=?^_`{|}~-@example.org",
    "name@xn--bcher-kva.example",
    "name@1.example",
    "a" * 64 + "@example.org",
    LONG,
]
BAD = [
    "name",
    "@",
    "name@",
    "@example.org",
    "name@example",
    "name@localhost",
    "name@example.o",
    "name@.org",
    "name@example..org",
    "name@-example.org",
    "name@example-.org",
    "name@example.org-",
    "name@example.org.",
    "name@exa_mple.org",
    ".name@example.org",
    "name.@example.org",
    "na..me@example.org",
    "na@me@example.org",
    "name@@example.org",
    '"name"@example.org',
    "<name@example.org>",
    "Name<name@example.org>",
    "mailto:name@example.org",
    "name@[127.0.0.1]",
    "name@127.0.0.1",
    "name@example.123",
    "näme@example.org",
    "name@exämple.org",
    "name@example.orgé",
    "name(comment)@example.org",
    "name\\@example.org",
    "name:name@example.org",
    "name@example.org:25",
    "name%0abcc:other@example.org",
    "name@example.org%0d%0aBcc:other@example.org",
    "name\x00@example.org",
    "name@example.org\x00",
    "na\u200bme@example.org",
    "\u202ename@example.org",
    "name@" + "b" * 64 + ".org",
    "a" * 65 + "@example.org",
    "a" * 250 + "@example.org",
    "a" * 64 + "@" + ".".join(["b" * 63] * 3) + ".org",
    "🐈@example.org",
]


@pytest.mark.parametrize("one", GOOD)
def test_an_address_is_read_as_it_was_typed(one: str) -> None:
    assert read_addresses("addresses", one) == (one,)
    assert read_addresses("addresses", f"  {one} ,") == (one,)


@pytest.mark.parametrize("one", BAD)
def test_what_is_no_address_is_refused_beside_its_field(one: str) -> None:
    for typed in (one, f"name@example.org, {one}"):
        with pytest.raises(Invalid) as refused:
            read_addresses("addresses", typed)
        assert (refused.value.field, refused.value.reason) == ("addresses", "invalid.address")


@pytest.mark.parametrize(
    "typed",
    [
        "a@example.org\nBcc: b@example.org",
        "a@example.org\r\nBcc:b@example.org",
        "a@example.org\r\n\r\nHello",
        "a@example.org, Subject: hello",
    ],
)
def test_no_line_of_a_letters_head_comes_in_with_an_address(typed: str) -> None:
    with pytest.raises(Invalid):
        read_addresses("addresses", typed)


@pytest.mark.parametrize("typed", ["", " ", ",", " ;,\n\t ;"])
def test_nothing_typed_is_no_address(typed: str) -> None:
    assert read_addresses("addresses", typed) == ()


@pytest.mark.parametrize("between", [",", ", ", ";", " ", "\n", "\r\n", "\t", " ,\n ;"])
def test_several_stand_in_their_order_each_once(between: str) -> None:
    typed = between.join(["b@example.org", "a@example.org", "b@example.org"])
    assert read_addresses("addresses", typed) == ("b@example.org", "a@example.org")


def test_no_more_than_a_few_and_the_same_twice_is_one() -> None:
    most = [f"n{n}@example.org" for n in range(MOST_ADDRESSES)]
    assert read_addresses("addresses", ",".join(most * 3)) == tuple(most)
    with pytest.raises(Invalid) as refused:
        read_addresses("addresses", ",".join([*most, "more@example.org"]))
    assert refused.value.reason == "invalid.addresses"
    assert refused.value.facts == {"n": MOST_ADDRESSES}


@given(some.text())
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    try:
        found = read_addresses("addresses", typed)
    except Invalid:
        return
    assert all(one.isascii() and one.isprintable() and one.count("@") == 1 for one in found)
