"""A trend shows what its waves showed, and compares no wave with one of other people."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import CommunityId
from bot.domain.polls import BANK, Poll, PollId, PulseId, ToldBy, Trend, trend
from bot.domain.privacy import Counted, Share, disclosed
from tests.unit.harbour import MONDAY

HERE = ("slack:T1", "matrix:room")


def wave(n: int, *asked: tuple[str, tuple[int, ...]], spaces: tuple[str, ...] = HERE) -> Poll:
    """The ``n``-th wave, closed: the bank's questions with how many chose each."""
    questions = tuple(BANK[name] for name, _ in asked)
    groups = {5: (2, 1, 2), 11: (7, 2, 2)}
    counts = [
        Counted(cells, sum(cells), groups=groups.get(len(cells), ()), nps=len(cells) == 11)
        for _, cells in asked
    ]
    opens = MONDAY + n * timedelta(days=7)
    return Poll(
        id=PollId(f"poll {n}"),
        community=CommunityId("c"),
        questions=questions,
        comment=False,
        opens=opens,
        closes=opens + timedelta(days=5),
        floor=5,
        eligible=60,
        told_by=ToldBy.DECLARED,
        spaces=spaces,
        public_key=b"",
        pulse=PulseId("p"),
        wave=n,
        result=disclosed(counts, floor=5, eligible=60),
    )


def values(found: Trend) -> list[Share | None]:
    return [point.value for point in found.points]


def exactly(points: int) -> Share:
    return Share(points, points)


def test_a_scale_is_followed_by_those_who_gave_it_four_or_five() -> None:
    waves = [wave(1, ("stress", (6, 6, 6, 6, 6))), wave(2, ("stress", (3, 3, 6, 9, 9)))]
    found = trend("stress", waves)
    assert values(found) == [exactly(40), exactly(60)]
    assert [point.wave.wave for point in found.points] == [1, 2]


def test_a_scale_shown_in_groups_is_followed_by_its_upper_one() -> None:
    waves = [wave(1, ("stress", (6, 6, 6, 6, 6))), wave(2, ("stress", (1, 5, 6, 9, 9)))]
    assert values(trend("stress", waves)) == [exactly(40), exactly(60)]


def test_of_quarters_it_is_from_all_lows_to_all_highs_and_never_beyond_all() -> None:
    assert values(trend("stress", [wave(1, ("stress", (3, 3, 0, 3, 3)))])) == [Share(50, 100)]
    assert values(trend("stress", [wave(1, ("stress", (4, 4, 2, 1, 1)))])) == [Share(0, 50)]


def test_sums_of_rounded_shares_are_never_beyond_all() -> None:
    steps = (3, 3, 3, 3 + 19, 3 + 19)  # 40.7 % each is rounded to 40, and 5.6 % to 5
    assert values(trend("stress", [wave(1, ("stress", steps))])) == [exactly(80)]
    quarters = (0, 0, 0, 9, 7)  # 50-75 and 25-50
    assert values(trend("stress", [wave(1, ("stress", quarters))])) == [Share(75, 100)]


def test_yes_or_no_is_followed_by_yes_and_0_to_10_by_its_score() -> None:
    steps = (0, 0, 0, 3, 0, 2, 5, 10, 5, 10, 5)
    found = wave(1, ("stay", (9, 21)), ("recommend", steps))
    assert values(trend("stay", [found])) == [exactly(30)]
    assert values(trend("recommend", [found])) == [exactly(15)]


def test_what_a_wave_did_not_show_is_a_gap() -> None:
    waves = [
        wave(1, ("stress", (6, 6, 6, 6, 6))),
        wave(2, ("stress", (1, 1, 1, 0, 1))),  # too few answers
        wave(3, ("stress", (0, 0, 0, 29, 1))),  # a clear majority
        wave(4, ("stress", (10, 10, 6, 1, 1))),  # a group is hidden
        wave(5, ("stress", (6, 6, 6, 6, 6))),
    ]
    assert values(trend("stress", waves)) == [exactly(40), None, None, None, exactly(40)]


def test_0_to_10_without_a_score_is_a_gap() -> None:
    steps = (1, 0, 0, 1, 0, 1, 1, 4, 0, 5, 0)
    assert values(trend("recommend", [wave(1, ("recommend", steps))])) == [None]


def test_waves_that_did_not_ask_it_are_not_in_its_trend() -> None:
    waves = [wave(1, ("stress", (6,) * 5)), wave(2, ("workload", (6,) * 5))]
    assert [point.wave.wave for point in trend("workload", waves).points] == [2]
    assert trend("respect", waves) == Trend("respect", ())


def test_a_change_of_spaces_leaves_out_what_was_before() -> None:
    waves = [
        wave(1, ("stress", (6,) * 5)),
        wave(2, ("stress", (6,) * 5), spaces=HERE[:1]),
        wave(3, ("workload", (6,) * 5)),
        wave(4, ("stress", (6,) * 5), spaces=HERE[::-1]),  # the same ones in another order
    ]
    found = trend("stress", waves)
    assert ([point.wave.wave for point in found.points], found.cut) == ([4], True)
    assert not trend("workload", waves).cut


def test_a_wave_that_is_still_open_is_in_no_trend() -> None:
    closed = wave(1, ("stress", (6,) * 5))
    running = replace(wave(2, ("stress", (6,) * 5)), result=None)
    assert [point.wave for point in trend("stress", [closed, running]).points] == [closed]


def test_without_waves_there_is_no_trend() -> None:
    assert trend("stress", []) == Trend("stress", ())


@given(some.lists(some.tuples(*[some.integers(0, 12)] * 5), min_size=1, max_size=6))
def test_a_trend_follows_from_what_was_shown_alone(counts: list[tuple[int, ...]]) -> None:
    """Two histories whose waves show the same have the same trend, whatever was counted."""
    waves = [wave(n, ("stress", cells)) for n, cells in enumerate(counts, 1)]
    for point, one in zip(trend("stress", waves).points, waves, strict=True):
        assert one.result is not None
        shown = one.result.questions[0]
        fours_and_fives = shown.cells[2:] if shown.groups else shown.cells[3:]
        if point.value is None:
            assert not fours_and_fives or None in fours_and_fives
        else:
            assert point.value.low == min(sum(cell.low for cell in fours_and_fives if cell), 100)
            assert point.value.high == min(sum(cell.high for cell in fours_and_fives if cell), 100)
