"""The cap never refuses anyone: it decides who comes now and who comes at a later slot."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import Slots
from bot.domain.grievances.release import CAUGHT_UP, InLine, crossing, released
from tests.unit.harbour import moments

lines = some.lists(some.tuples(some.booleans(), some.booleans(), some.booleans()), max_size=80).map(
    lambda ranks: [InLine(str(n), *rank) for n, rank in enumerate(ranks)]
)


def within(n: int, **how: bool) -> list[InLine]:
    return [InLine(f"within-{i}", **how) for i in range(n)]


def beyond(n: int, **how: bool) -> list[InLine]:
    return [InLine(f"beyond-{i}", over=True, **how) for i in range(n)]


def waited(n: int, **how: bool) -> list[InLine]:
    return [InLine(f"waited-{i}", over=True, put_off=True, **how) for i in range(n)]


def ids(line: list[InLine]) -> set[str]:
    return {one.id for one in line}


def test_within_the_cap_everything_is_released() -> None:
    assert released(within(10)) == ids(within(10))
    assert released(within(300)) == ids(within(300))  # thirty hours' worth
    assert released([]) == set()


def test_beyond_the_cap_as_many_come_as_came_within_it() -> None:
    assert len(released(within(10) + beyond(190))) == 10


def test_among_equals_the_shuffled_order_decides() -> None:
    """Whoever wrote first has no better place: the line comes shuffled, and is taken as it comes."""
    assert released(beyond(5) + within(3)) == {"beyond-0", "beyond-1", "beyond-2"}


def test_an_account_s_second_gives_way_to_anybody_s_first() -> None:
    repeats = within(4, repeat=True)
    assert released(repeats + beyond(3)) == {"beyond-0", "beyond-1", "beyond-2", "within-0"}


def test_those_who_waited_come_beside_newcomers_ten_a_slot() -> None:
    assert released(waited(25) + within(10)) == ids(within(10)) | ids(waited(25)[:10])


def test_among_those_who_waited_repeats_come_last() -> None:
    line = waited(8, repeat=True) + [InLine(f"first-{n}", True, False, True) for n in range(7)]
    served = released(line)
    assert {f"first-{n}" for n in range(7)} <= served
    assert len(served) == 10


@given(lines)
def test_no_repeat_comes_before_a_first_that_came_when_it_did(line: list[InLine]) -> None:
    served = released(line)
    for put_off in (False, True):
        same = [one for one in line if one.put_off is put_off]
        if any(one.repeat and one.id in served for one in same):
            assert all(one.id in served for one in same if not one.repeat)


@given(lines)
def test_newcomers_are_served_however_many_wait(line: list[InLine]) -> None:
    fresh = [one for one in line if not one.put_off]
    assert released(line) & ids(fresh) == released(fresh)
    assert len(released(fresh)) == sum(not one.over for one in fresh)


@given(lines, some.integers(0, 40))
def test_everything_comes_out_in_the_end(line: list[InLine], newcomers: int) -> None:
    """However many more come at every slot: n that wait are through within n / 10 slots."""
    first = released(line)
    left = [InLine(o.id, o.over, o.repeat, put_off=True) for o in line if o.id not in first]
    for slot in range(-(-len(left) // CAUGHT_UP)):
        fresh = [InLine(f"new-{slot}-{n}") for n in range(newcomers)]
        served = released([*left, *fresh])
        assert ids(fresh) <= served
        left = [one for one in left if one.id not in served]
    assert left == []


@given(lines)
def test_only_those_in_line_are_released(line: list[InLine]) -> None:
    assert released(line) <= ids(line)


@pytest.mark.parametrize(
    ("said", "crosses"),
    [
        ("2026-06-01T08:59:59", "2026-06-01T09:00:00"),
        ("2026-06-01T09:00:00", "2026-06-03T09:00:00"),  # at the slot itself: the next one
        ("2026-06-04T23:00:00", "2026-06-05T09:00:00"),
        ("2026-06-05T09:00:01", "2026-06-08T09:00:00"),
    ],
)
def test_what_is_said_crosses_at_the_next_slot(said: str, crosses: str) -> None:
    moment = datetime.fromisoformat(said).replace(tzinfo=UTC)
    assert crossing(Slots(), moment) == datetime.fromisoformat(crosses).replace(tzinfo=UTC)


@given(moments)
def test_what_is_urgent_has_crossed_and_tells_only_the_hour(moment: datetime) -> None:
    crosses = crossing(Slots(), moment, urgent=True)
    assert crosses <= moment < crosses + timedelta(hours=1)
    assert (crosses.minute, crosses.second, crosses.microsecond) == (0, 0, 0)
