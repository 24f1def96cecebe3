"""Flows: nothing but new fives is ever shown, and nobody is counted twice or lost."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.privacy import FIVE, Flow, flowed

carried, weeks = some.integers(0, FIVE - 1), some.lists(some.integers(0, 40), max_size=60)


def told(weeks: list[int], begins: int = 0) -> list[Flow]:
    """What is shown week after week."""
    flows, rest = list[Flow](), begins
    for came in weeks:
        flows.append(flowed(rest, came))
        rest = flows[-1].carried
    return flows


@given(carried, some.integers(0, 10_000))
def test_what_came_is_shown_in_whole_fives_and_the_rest_is_carried(rest: int, came: int) -> None:
    found = flowed(rest, came)
    assert found.shown % FIVE == 0
    assert 0 <= found.carried < FIVE
    assert found.shown + found.carried == rest + came


@given(weeks)
def test_everybody_is_shown_once_or_carried(weeks: list[int]) -> None:
    flows = told(weeks)
    rest = flows[-1].carried if flows else 0
    assert sum(one.shown for one in flows) + rest == sum(weeks)


@given(weeks)
def test_all_that_was_shown_so_far_is_what_came_rounded_down(weeks: list[int]) -> None:
    """So that no order of weeks tells more than the sum does."""
    shown = accumulate(one.shown for one in told(weeks))
    came = accumulate(weeks)
    assert [n - n % FIVE for n in came] == list(shown)


@given(weeks, some.data())
def test_one_case_more_moves_a_figure_by_a_five_or_not_at_all(
    weeks: list[int], drawn: some.DataObject
) -> None:
    at = drawn.draw(some.integers(0, len(weeks)))
    more = [*weeks, 0]
    more[at] += 1
    before = list(accumulate(one.shown for one in told([*weeks, 0])))
    after = list(accumulate(one.shown for one in told(more)))
    assert {b - a for a, b in zip(before, after, strict=True)} <= {0, FIVE}


@given(carried, some.integers(0, FIVE - 1))
def test_fewer_than_five_new_ones_show_nothing_but_with_what_was_carried(
    rest: int, came: int
) -> None:
    assert flowed(rest, came).shown == (FIVE if rest + came >= FIVE else 0)


@pytest.mark.parametrize(("rest", "came"), [(-1, 0), (0, -1), (-1, 1), (4, -4)])
def test_less_than_nothing_is_a_bug(rest: int, came: int) -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        flowed(rest, came)
